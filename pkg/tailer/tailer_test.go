package tailer

import (
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
)

func TestGlobThatGrows(t *testing.T) {
	h := newHost(t, "*.log", "sub/*/access.log")
	h.write("a.log", 10)
	h.start()
	h.shipped()
	h.write("b.log", 10)
	h.must(os.MkdirAll(h.path("sub/x"), 0o700))
	h.write("sub/x/access.log", 10)
	h.append("c.log.gz", "not a plain log\n")
	h.write("a.log", 10)
	h.check()
	h.write("b.log", 10)
	h.check()
}

func TestMissingFileIsWaitedForAndToldOnce(t *testing.T) {
	h := newHost(t, "access.log")
	h.start()
	h.eventually("the file is missed", func() bool { return h.metric("honeymoat_tailer_missing_paths") == 1 })
	h.write("access.log", 5)
	h.check()
	h.eventually("the file is no longer missed", func() bool { return h.metric("honeymoat_tailer_missing_paths") == 0 })
	if n := strings.Count(h.log.String(), "there is no log file at this path"); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestEventsComeWithoutPolling(t *testing.T) {
	h := newHost(t, "access.log")
	h.opts.Scan, h.opts.Poll = time.Hour, time.Hour
	h.write("access.log", 1)
	h.start()
	h.shipped()
	for range 50 {
		h.write("access.log", 1)
		h.shipped()
	}
	h.check()
}

func TestPollingAloneWorks(t *testing.T) {
	h := newHost(t, "access.log")
	h.opts.PollOnly = true
	h.write("access.log", 5)
	h.start()
	h.shipped()
	h.write("access.log", 5)
	h.shipped()
	h.rename("access.log", "access.log.1")
	h.write("access.log", 5)
	h.check()
}

func TestLinksAreFollowed(t *testing.T) {
	h := newHost(t, "link.log")
	h.must(os.Mkdir(h.path("elsewhere"), 0o700))
	h.write("elsewhere/a.log", 2)
	h.must(os.Symlink(h.path("elsewhere/a.log"), h.path("elsewhere/b.log")))
	h.must(os.Symlink(h.path("elsewhere/b.log"), h.path("link.log")))
	h.start()
	h.shipped()
	h.write("elsewhere/a.log", 2)
	h.check()
}

func TestFromEndSkipsOnlyWhatWasThere(t *testing.T) {
	h := newHost(t, "*.log")
	h.opts.Sources[0].From = End
	old := h.lines(10)
	h.append("a.log", old+"half a li")
	h.next = 0
	h.start()
	h.eventually("the file is followed", func() bool { return h.metric("honeymoat_tailer_open_files") == 1 })
	h.append("a.log", "ne\n")
	h.eventually("the line that was half", func() bool { return h.bus.Len() == 1 })
	if r := h.bus.Records()[0]; r.Line != 11 || r.Offset != int64(len(old)) {
		t.Errorf("went on at %+v", r)
	}
	h.end()
	h.append("b.log", h.lines(5))
	h.start()
	h.eventually("a file that came later, from its beginning", func() bool { return h.bus.Len() == 6 })
}

func TestKillsLoseAndRepeatNothing(t *testing.T) {
	h := newHost(t, "access.log")
	for range 10 {
		h.start()
		h.write("access.log", 2000)
		h.eventually("something is shipped", func() bool { return h.bus.Len() > h.next-1500 })
		h.kill()
	}
	h.start()
	h.check()
}

func TestMoreFilesThanMayBeOpen(t *testing.T) {
	h := newHost(t, "*.log")
	h.opts.MaxFiles = 3
	for i := range 12 {
		h.write(fmt.Sprintf("%02d.log", i), 5)
	}
	h.start()
	h.shipped()
	if n := h.metric("honeymoat_tailer_open_files"); n > 3 {
		t.Errorf("%v files open", n)
	}
	h.write("00.log", 5)
	h.write("11.log", 5)
	h.check()
}

func TestOneProcessClaimsTheFiles(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 1)
	h.start()
	h.shipped()
	other, err := New(h.opts, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	h.must(err)
	if err := other.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "another process reads these logs") {
		t.Errorf("got %v", err)
	}
	h.end()
	h.write("access.log", 1)
	h.start()
	h.check()
}

func TestDamagedPositionsAreRefused(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "positions.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openBook(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(`{"version":1,"fi`, "is damaged")
	f(``, "is damaged")
	f(`{"version":9}`, "version 9")
}

func TestMistakesInOptions(t *testing.T) {
	f := func(o Options, want string) {
		t.Helper()
		_, err := New(o, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(Options{}, "without a positions file")
	f(Options{Positions: "x", Sources: []Source{{Name: "a"}}}, "log source a: no paths")
	f(Options{Positions: "x", Sources: []Source{{Name: "a", Paths: []string{"[x"}}}}, `log source a: path "[x"`)
	if _, err := ParseFrom("middle"); err == nil {
		t.Error("a wrong beginning was taken")
	}
}

func TestEntriesAreForgottenWhenManyAreGone(t *testing.T) {
	b := &book{turn: 1000, entries: map[string]*entry{}}
	for i := range 2 * absentEntries {
		id := fmt.Sprint(i)
		b.entries[id] = &entry{ID: id, Turn: uint64(i)}
	}
	b.entries["here"] = &entry{Turn: 1000}
	b.next()
	if len(b.entries) != absentEntries+1 || b.entries["here"] == nil || b.entries["0"] != nil || !b.dirty {
		t.Errorf("%d are left", len(b.entries))
	}
}

func TestRelatedNames(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		if related(a, b) != want || related(b, a) != want {
			t.Errorf("%s and %s: want %v", a, b, want)
		}
	}
	f("/l/access.log", "/l/access.log.1", true)
	f("/l/access.log", "/l/access.log-20240101", true)
	f("/l/access.log", "/l/access-20240101.log", true)
	f("/l/access.log.1", "/l/access.log.2", true)
	f("/l/access.log", "/m/access.log.1", false)
	f("/l/access.log", "/l/error.log", false)
	f("/l/1", "/l/2", false)
}

func TestOpenFinished(t *testing.T) {
	dir, text := t.TempDir(), strings.Repeat("a line\n", 10_000)
	f := func(name string, pack func(io.Writer) io.WriteCloser) {
		t.Helper()
		path := filepath.Join(dir, name)
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := pack(file)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		_ = file.Close()
		read := 0
		r, err := OpenFinished(path, func(n int) { read += n })
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != text || r.Close() != nil {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if info, err := os.Stat(path); err != nil || int64(read) != info.Size() {
			t.Errorf("%s: progress tells %d of %d bytes", name, read, info.Size())
		}
	}
	f("plain", func(w io.Writer) io.WriteCloser { return &finishedWriter{w} })
	f("gzip", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	f("zstd", func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	})
	if _, err := OpenFinished(filepath.Join(dir, "nothing"), nil); err == nil {
		t.Error("a missing file was opened")
	}
}

type finishedWriter struct{ io.Writer }

func (finishedWriter) Close() error { return nil }
