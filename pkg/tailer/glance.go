package tailer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// errElsewhere: a path leads to another file than a moment ago.
var errElsewhere = errors.New("the file was replaced just now")

// glanced is how a file began when it was looked at.
type glanced struct {
	look
	beginning
	broken bool // it is compressed, and what could be unpacked ends too early
	err    error
	since  time.Time // when it was first seen like this
	turn   uint64    // the last scan that asked
	told   bool      // the operator knows that it cannot be read
}

// glance tells how a file begins that is the home of no stream on record. It
// looks into it only if it has changed since the last time.
func (t *Tailer) glance(c sighting) *glanced {
	g := t.glances[c.path]
	if g == nil || !g.same(c.look) || g.err != nil && !os.IsPermission(g.err) {
		g = &glanced{look: c.look, since: time.Now()}
		g.peek(c)
		t.glances[c.path] = g
	}
	g.turn = t.book.turn
	return g
}

func (g *glanced) peek(c sighting) {
	handle, err := os.Open(c.path)
	if err != nil {
		g.err = err
		return
	}
	defer handle.Close()
	if now, ok := lookHandle(handle); !ok || now.key != c.key {
		g.err = errElsewhere
		return
	}
	g.beginning, g.broken, g.err = begins(c, handle)
}

// begins tells how the stream in an open file begins; one that cannot be
// unpacked so far has no beginning yet.
func begins(c sighting, handle *os.File) (b beginning, broken bool, err error) {
	if !c.packed {
		b, err = readBeginning(handle)
		return b, false, err
	}
	r, err := unpack(io.NewSectionReader(handle, 0, c.size))
	if err != nil {
		return b, true, nil
	}
	defer r.Close()
	data, cause := io.ReadAll(io.LimitReader(r, headBytes))
	return beginningOf(data), cause != nil, nil
}

// tellUnreadable tells once of a log that cannot be opened, or not be unpacked
// although nobody writes to it any more.
func (t *Tailer) tellUnreadable(s Source, c sighting, g *glanced) {
	switch {
	case g.told || !c.matched && !c.rotated:
	case os.IsPermission(g.err):
		g.told = true
		t.metrics.failures.WithLabelValues("open").Inc()
		t.log.Error("a log file cannot be opened: let the service read it", "source", s.Name, "file", c.path, "error", g.err)
	case g.broken && time.Since(g.since) >= t.opts.Drain:
		g.told = true
		t.tellDamaged(s.Name, c.path, errNoBeginning)
	}
}

// errNoBeginning: not even the first line of a compressed file can be read.
var errNoBeginning = errors.New("it has no beginning that can be unpacked")

// tellDamaged tells of a compressed file of which something is lost unless it
// is written anew.
func (t *Tailer) tellDamaged(source, path string, err error) {
	t.metrics.failures.WithLabelValues("unpack").Inc()
	t.log.Error("a compressed log is damaged or was never finished: what can be read of it is shipped, the rest when it is replaced",
		"source", source, "file", path, "error", err)
}

// endOf finds the end of the last whole line.
func endOf(ctx context.Context, path string) (event.Position, error) {
	at, buf := event.Position{Line: 1}, make([]byte, 1<<20)
	r, err := os.Open(path)
	if err != nil {
		return at, err
	}
	defer r.Close()
	for offset := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return at, err
		}
		n, err := r.ReadAt(buf, offset)
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			at.Offset = offset + int64(i) + 1
			at.Line += int64(bytes.Count(buf[:n], []byte{'\n'}))
		}
		offset += int64(n)
		if err == io.EOF {
			return at, nil
		}
		if err != nil {
			return at, fmt.Errorf("count lines: %w", err)
		}
	}
}
