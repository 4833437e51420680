package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// file is a log file in memory.
type file struct {
	id        string
	mu        sync.Mutex
	data      []byte
	committed event.Position
	ended     error // io.EOF, ErrTruncated or ErrPaused: what Wait says at the end
	changed   chan struct{}
}

func newFile(id, text string) *file {
	return &file{id: id, data: []byte(text), committed: event.Position{Line: 1}, changed: make(chan struct{})}
}

func (f *file) Source() string { return "edge" }
func (f *file) ID() string     { return f.id }
func (f *file) Path() string   { return "/logs/" + f.id }

func (f *file) Start() event.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.committed
}

func (f *file) Size() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.data))
}

func (f *file) Commit(at event.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.committed = at
}

func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if offset > int64(len(f.data)) {
		return 0, ingest.ErrTruncated
	}
	return copy(p, f.data[offset:]), nil
}

func (f *file) Wait(ctx context.Context, size int64, patience time.Duration) error {
	if patience > 0 {
		timed, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := f.Wait(timed, size, 0); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return ctx.Err()
	}
	for {
		f.mu.Lock()
		more, ended, changed := int64(len(f.data)) > size, f.ended, f.changed
		f.mu.Unlock()
		if more || ended != nil {
			if more {
				return nil
			}
			return ended
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *file) write(text string) { f.change(func() { f.data = append(f.data, text...) }) }
func (f *file) end(how error)     { f.change(func() { f.ended = how }) }

func (f *file) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.changed)
	f.changed = make(chan struct{})
}

// files hands out its files and waits for them.
type files []*file

func (fs files) Run(ctx context.Context, follow ingest.Follow) error {
	var wg sync.WaitGroup
	errs := make([]error, len(fs))
	for i, f := range fs {
		wg.Go(func() { errs[i] = follow(ctx, f) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// quick are options that do not wait.
func quick() ingest.Options {
	return ingest.Options{Linger: time.Microsecond, MinPatience: time.Microsecond, MaxPatience: time.Millisecond}
}

func pipeline(t testing.TB, o ingest.Options, bus ingest.Publisher, fs ...*file) *ingest.Pipeline {
	t.Helper()
	p, err := ingest.New(o, []ingest.Source{{Name: "edge", Gateway: "gw"}}, files(fs), bus, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// numbered is n lines of a log that ask for /from, /from+1 and so on.
func numbered(from, n int) string {
	var s strings.Builder
	for i := from; i < from+n; i++ {
		s.WriteString(ingesttest.Line(fmt.Sprintf("/%d", i)) + "\n")
	}
	return s.String()
}

// checkOnce fails unless the bus has each of the n numbered lines once and
// nothing else, with places that fit together in every file.
func checkOnce(t testing.TB, bus *ingesttest.Bus, n int) {
	t.Helper()
	paths := bus.Paths()
	for i := range n {
		if got := paths[fmt.Sprintf("/%d", i)]; got != 1 {
			t.Errorf("line %d is there %d times", i, got)
		}
	}
	if bus.Len() != n {
		t.Errorf("%d records, want %d", bus.Len(), n)
	}
	ends := map[string]event.Position{}
	for _, r := range bus.Records() {
		at, known := ends[r.File]
		if !known {
			at.Line = 1
		}
		if r.Offset != at.Offset || r.Line != at.Line {
			t.Errorf("%s of %s is at %d line %d, want %d line %d", r.Path, r.File, r.Offset, r.Line, at.Offset, at.Line)
		}
		ends[r.File] = event.Position{Offset: r.Offset + r.Length, Line: r.Line + 1}
	}
}

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

func finish(t testing.TB, p *ingest.Pipeline, fs ...*file) {
	t.Helper()
	for _, f := range fs {
		f.end(io.EOF)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}
