package tailer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// writer is a process that writes a log, and the cron job that rotates it.
type writer struct {
	*host
	r      *rand.Rand
	shifts bool     // every rotation renames the files of those before it
	old    []string // rotated files, the youngest first
	serial int
	half   string // what the last line still lacks
	finish func() // of the compression that is under way
	steps  []string
}

func (w *writer) note(step string) { w.steps = append(w.steps, step) }

func (w *writer) finishLine() {
	if w.half != "" {
		w.append("access.log", w.half)
		w.half = ""
	}
}

func (w *writer) finishCompression() {
	if w.finish != nil {
		w.finish()
		w.finish = nil
	}
}

// rotate has the log moved away, after the files that were rotated before.
func (w *writer) rotate(how func(from, to string)) {
	w.finishLine()
	w.finishCompression()
	if _, err := os.Stat(w.path("access.log")); err != nil {
		return
	}
	w.serial++
	to := fmt.Sprintf("access.log-%04d", w.serial)
	if w.shifts {
		w.shift()
		to = "access.log.1"
	}
	w.old = slices.Insert(w.old, 0, to)
	how("access.log", to)
	if w.r.IntN(3) == 0 {
		w.write(to, w.r.IntN(20)) // whoever writes has not noticed yet
	}
}

func (w *writer) shift() {
	for i, name := range slices.Backward(w.old) {
		to := fmt.Sprintf("access.log.%d", i+2)
		if ext := filepath.Ext(name); ext == ".gz" || ext == ".zst" {
			to += ext
		}
		w.rename(name, to)
		w.old[i] = to
	}
}

// compress begins to compress a rotated log; what is left to do is done before
// the next rotation.
func (w *writer) compress() {
	w.finishCompression()
	plain := slices.IndexFunc(w.old, func(name string) bool { return !strings.HasSuffix(name, "z") && !strings.HasSuffix(name, "st") })
	if plain < 0 {
		return
	}
	from := w.old[plain]
	to, data := w.pack(from)
	out, err := os.OpenFile(w.path(to), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	w.must(err)
	written := w.r.IntN(len(data) + 1)
	_, err = out.Write(data[:written])
	w.must(err)
	w.finish = func() {
		_, err := out.Write(data[written:])
		w.must(errors.Join(err, out.Close(), os.Remove(w.path(from))))
		w.old[plain] = to
	}
	if w.r.IntN(2) == 0 {
		w.finishCompression()
	}
}

// pack compresses a log in memory.
func (w *writer) pack(from string) (to string, data []byte) {
	plain, err := os.ReadFile(w.path(from))
	w.must(err)
	if w.r.IntN(2) == 0 {
		return from + ".gz", gzipped(w.host, plain)
	}
	return from + ".zst", zstandard(w.host, plain)
}

func gzipped(h *host, plain []byte) []byte {
	h.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	return packedBy(h, &out, z, plain)
}

func zstandard(h *host, plain []byte) []byte {
	h.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out)
	h.must(err)
	return packedBy(h, &out, z, plain)
}

func packedBy(h *host, out *bytes.Buffer, z io.WriteCloser, plain []byte) []byte {
	h.Helper()
	_, err := z.Write(plain)
	h.must(errors.Join(err, z.Close()))
	return out.Bytes()
}

// touch sets the time of a file to any: the clock of its host has jumped.
func (w *writer) touch() {
	names := append([]string{"access.log"}, w.old...)
	at := time.Unix(w.r.Int64N(4e9), 0)
	err := os.Chtimes(w.path(names[w.r.IntN(len(names))]), at, at)
	if !errors.Is(err, fs.ErrNotExist) {
		w.must(err)
	}
}

// tidy does what only harms lines that were not read yet: it deletes the
// oldest files, or the log itself, or writes the log anew, with less in it.
func (w *writer) tidy() {
	w.finishCompression()
	switch w.r.IntN(3) {
	case 0:
		w.note("delete the oldest")
		for range w.r.IntN(len(w.old) + 1) {
			last := len(w.old) - 1
			w.must(os.Remove(w.path(w.old[last])))
			w.old = w.old[:last]
		}
	case 1:
		w.note("delete the log")
		_ = os.Remove(w.path("access.log"))
	case 2:
		w.note("write the log anew")
		w.must(os.WriteFile(w.path("access.log"), []byte(w.lines(1+w.r.IntN(3))), 0o600))
	}
}
