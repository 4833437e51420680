package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

func TestShipsEveryLineOnce(t *testing.T) {
	var bus ingesttest.Bus
	f := newFile("a", numbered(0, 30_000))
	p := pipeline(t, quick(), &bus, f)
	finish(t, p, f)
	checkOnce(t, &bus, 30_000)
	if f.Start() != (event.Position{Offset: f.Size(), Line: 30_001}) {
		t.Errorf("committed up to %v of %d", f.Start(), f.Size())
	}
	st := p.Stats().Sources["edge"]
	if st.Lines != 30_000 || st.Bytes != uint64(f.Size()) || st.Files != 0 || st.Lag != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestHalfALineWaitsForItsEnd(t *testing.T) {
	var bus ingesttest.Bus
	f := newFile("a", "")
	p := pipeline(t, quick(), &bus, f)
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	line := ingesttest.Line("/0")
	f.write(line[:20])
	f.write(line[20:] + "\n" + ingesttest.Line("/1")[:30])
	eventually(t, "the first line", func() bool { return bus.Len() == 1 })
	if lag := p.Stats().Sources["edge"].Lag; lag != 30 {
		t.Errorf("a lag of %d bytes, want 30", lag)
	}
	f.write(ingesttest.Line("/1")[30:])
	f.end(io.EOF)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkOnce(t, &bus, 2)
}

func TestFaultsLoseAndRepeatNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	bus := ingesttest.Bus{MaxRecords: 300, Fail: func(int) ingesttest.Fault {
		return []ingesttest.Fault{ingesttest.None, ingesttest.Refuse, ingesttest.LoseAck, ingesttest.Full, ingesttest.None}[r.IntN(5)]
	}}
	o := quick()
	o.BatchBytes = 1
	f, g := newFile("a", numbered(0, 9000)), newFile("b", numbered(9000, 6000))
	p := pipeline(t, o, &bus, f, g)
	finish(t, p, f, g)
	checkOnce(t, &bus, 15_000)
	st := p.Stats()
	if st.Full == 0 || st.Retries == 0 || st.Split == 0 || st.Blocked {
		t.Errorf("stats %+v", st)
	}
}

func TestRestartsLoseAndRepeatNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	text, saved := numbered(0, 20_000), event.Position{Line: 1}
	var bus ingesttest.Bus
	for round := 0; bus.Len() < 20_000; round++ {
		ctx, kill := context.WithCancel(t.Context())
		calls := r.IntN(4)
		bus.Fail = func(int) ingesttest.Fault {
			if calls--; calls < 0 {
				kill()
				return []ingesttest.Fault{ingesttest.LoseAck, ingesttest.Refuse}[r.IntN(2)]
			}
			return ingesttest.None
		}
		o := quick()
		o.BatchBytes = int64(1 + r.IntN(100_000))
		f := newFile("a", text)
		f.committed, f.ended = saved, io.EOF
		if err := pipeline(t, o, &bus, f).Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		kill()
		if r.IntN(2) == 0 {
			saved = f.Start() // the position file was written in time
		}
	}
	checkOnce(t, &bus, 20_000)
}

func TestAnotherPublisherIsNotRepeated(t *testing.T) {
	var bus ingesttest.Bus
	text := numbered(0, 1000)
	first := newFile("a", text[:len(numbered(0, 400))])
	finish(t, pipeline(t, quick(), &bus, first), first)
	last, _ := bus.Last(t.Context(), "edge", "a")
	// What looks like the bus of a moment ago fences the publisher.
	behind := &forgetful{Bus: &bus}
	f := newFile("a", text)
	p := pipeline(t, quick(), behind, f)
	finish(t, p, f)
	checkOnce(t, &bus, 1000)
	if last.Sequence == 0 || p.Stats().Fenced != 1 {
		t.Errorf("fenced %d times after sequence %d", p.Stats().Fenced, last.Sequence)
	}
}

// forgetful does not remember at first how far it has a file.
type forgetful struct {
	*ingesttest.Bus
	asked bool
}

func (b *forgetful) Last(ctx context.Context, source, file string) (ingest.Mark, error) {
	if !b.asked {
		b.asked = true
		return ingest.Mark{}, nil
	}
	return b.Bus.Last(ctx, source, file)
}

// What comes while a batch is on its way leaves together after it: a line waits
// for one answer of the bus before its own, and not for a queue of batches.
func TestLinesThatComeWhilePublishingLeaveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		bus := ingesttest.Bus{Fail: func(int) ingesttest.Fault {
			<-held
			return ingesttest.None
		}}
		f := newFile("a", "")
		p := pipeline(t, ingest.Options{}, &bus, f)
		done := make(chan error, 1)
		go func() { done <- p.Run(t.Context()) }()
		for i := range 10 {
			f.write(numbered(i, 1))
			time.Sleep(time.Second) // of the bubble
		}
		close(held)
		time.Sleep(time.Second)
		f.end(io.EOF)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		checkOnce(t, &bus, 10)
		if n := p.Stats().Batches; n != 2 {
			t.Errorf("%d batches, want 2", n)
		}
	})
}

func TestFullBusStopsReadingWithinBounds(t *testing.T) {
	full := make(chan struct{})
	bus := ingesttest.Bus{Fail: func(int) ingesttest.Fault {
		select {
		case <-full:
			return ingesttest.None
		default:
			return ingesttest.Full
		}
	}}
	var fs []*file
	for i := range 10 {
		fs = append(fs, newFile(fmt.Sprint(i), numbered(i*500, 500)))
		fs[i].end(io.EOF)
	}
	o := quick()
	o.Workspaces = 3
	p := pipeline(t, o, &bus, fs...)
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	eventually(t, "the bus refuses", func() bool { st := p.Stats(); return st.Full > 10 && st.Blocked })
	if bus.Len() != 0 {
		t.Errorf("%d records on a full bus", bus.Len())
	}
	close(full)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkOnce(t, &bus, 5000)
}

func TestOneRecordTooLargeIsQuarantined(t *testing.T) {
	picky := &picky{}
	f := newFile("a", numbered(0, 10)+ingesttest.Line("/large")+"\n"+numbered(10, 10))
	p := pipeline(t, quick(), picky, f)
	finish(t, p, f)
	paths, reasons := picky.Paths(), ""
	for _, r := range picky.Records() {
		reasons += r.Reason
	}
	if picky.Len() != 21 || paths["/large"] != 0 || paths["/19"] != 1 || reasons != string(accesslog.TooLargeForBus) {
		t.Errorf("%d records, reasons %q", picky.Len(), reasons)
	}
	if n := p.Stats().Sources["edge"].Rejected[string(accesslog.TooLargeForBus)]; n != 1 {
		t.Errorf("%d counted", n)
	}
}

// One record must not have the rest of its file shipped record by record: each
// batch is synced to disk.
func TestBatchesAreLargeAgainAfterARecordTooLarge(t *testing.T) {
	picky := &picky{}
	f := newFile("a", numbered(0, 1000)+ingesttest.Line("/large")+"\n"+numbered(1000, 20_000))
	finish(t, pipeline(t, quick(), picky, f), f)
	if picky.Len() != 21_001 {
		t.Errorf("%d records, want 21001", picky.Len())
	}
	// Halving finds the record within 13 steps, each of at most two batches.
	if n := picky.Batches(); n > 40 {
		t.Errorf("%d batches for 21,001 lines", n)
	}
}

// picky finds every batch with a certain row too large.
type picky struct{ ingesttest.Bus }

func (b *picky) Publish(ctx context.Context, batch *event.Batch, after uint64) (uint64, error) {
	for row := range batch.Rows() {
		if bytes.Equal(batch.Text(event.Path, row), []byte("/large")) {
			return 0, ingest.ErrTooLarge
		}
	}
	return b.Bus.Publish(ctx, batch, after)
}

func TestGarbageIsCountedAndPassed(t *testing.T) {
	var bus ingesttest.Bus
	endless := strings.Repeat("x", 3<<20)
	f := newFile("a", "garbage\n"+numbered(0, 2)+endless+"\n\n"+numbered(2, 1)+"last words")
	p := pipeline(t, quick(), &bus, f)
	finish(t, p, f)
	got := fmt.Sprint(p.Stats().Sources["edge"].Rejected)
	if want := "map[longer than the limit:1 no time in brackets:2]"; got != want {
		t.Errorf("rejected %s, want %s", got, want)
	}
	for i := range 3 {
		if bus.Paths()[fmt.Sprintf("/%d", i)] != 1 {
			t.Errorf("line %d is missing", i)
		}
	}
	for _, r := range bus.Records() {
		if r.Reason == string(accesslog.TooLong) && (r.Length != int64(len(endless))+1 || r.Line != 4) {
			t.Errorf("the long line came out as %+v", r)
		}
	}
}

func TestALongLineThatGrowsSlowly(t *testing.T) {
	var bus ingesttest.Bus
	f := newFile("a", "")
	p := pipeline(t, quick(), &bus, f)
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	for range 20 {
		f.write(strings.Repeat("y", 50_000))
	}
	f.write("\n" + numbered(0, 3))
	eventually(t, "the lines after it", func() bool { return bus.Len() == 4 })
	f.end(ingest.ErrPaused)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, r := range bus.Records() {
		if r.Reason != "" && (r.Length != 1_000_001 || r.Offset != 0) || r.Reason == "" && r.Line < 2 {
			t.Errorf("came out as %+v", r)
		}
	}
}

// late is a file that is written to after it was told to have ended.
type late struct {
	*file
	reads int // since then; -1 before
	text  string
}

func (f *late) Wait(ctx context.Context, size int64, patience time.Duration) error {
	err := f.file.Wait(ctx, size, patience)
	if errors.Is(err, io.EOF) && f.reads < 0 {
		f.reads = 0
	}
	return err
}

func (f *late) ReadAt(p []byte, offset int64) (int, error) {
	if f.reads >= 0 {
		f.reads++
	}
	if f.reads == 2 { // after the last look at its lines, before the last words are taken
		f.write(f.text)
	}
	return f.file.ReadAt(p, offset)
}

type one struct{ ingest.File }

func (o one) Run(ctx context.Context, follow ingest.Follow) error { return follow(ctx, o.File) }

func TestWhatIsWrittenLateIsNotJoinedToTheLastWords(t *testing.T) {
	var bus ingesttest.Bus
	f := &late{file: newFile("a", numbered(0, 1)+ingesttest.Line("/1")), reads: -1, text: "\n" + numbered(2, 1)}
	f.end(io.EOF)
	for range 2 {
		p, err := ingest.New(quick(), []ingest.Source{{Name: "edge"}}, one{f}, &bus, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(bus.Paths()); got != "map[/0:1 /1:1 /2:1]" {
		t.Errorf("came out as %s", got)
	}
}

func TestTruncationAndPauseKeepWhatWasRead(t *testing.T) {
	for _, how := range []error{ingest.ErrTruncated, ingest.ErrPaused} {
		var bus ingesttest.Bus
		f := newFile("a", numbered(0, 100)+"half a li")
		f.end(how)
		if err := pipeline(t, quick(), &bus, f).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkOnce(t, &bus, 100)
		if f.Start().Line != 101 {
			t.Errorf("%v: committed up to %v", how, f.Start())
		}
	}
}

func TestMistakesInSources(t *testing.T) {
	f := func(want string, sources ...ingest.Source) {
		t.Helper()
		_, err := ingest.New(ingest.Options{}, sources, files{}, &ingesttest.Bus{}, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("without a name", ingest.Source{})
	f("two log sources are called a", ingest.Source{Name: "a"}, ingest.Source{Name: "a"})
	f(`log source a: log format "x"`, ingest.Source{Name: "a", Log: accesslog.Options{Format: "x"}})
}

func TestReadAll(t *testing.T) {
	text := "garbage\n" + numbered(0, 9000) + strings.Repeat("z", 2<<20) + "\n" + numbered(9000, 5) + "last words"
	var rows, rejected int
	end := event.Position{Line: 1}
	read := func(emit func(*event.Batch) error) error {
		return ingest.ReadAll(&trickle{strings.NewReader(text)}, event.Header{Source: "replay", Path: "x.log", File: "f"}, accesslog.Options{}, emit)
	}
	err := read(func(b *event.Batch) error {
		if b.Start != end.Offset || b.FirstLine != end.Line || b.Path != "x.log" {
			t.Errorf("a batch from %d line %d after %v", b.Start, b.FirstLine, end)
		}
		end = event.Position{Offset: b.End, Line: b.NextLine}
		rows, rejected = rows+b.Rows(), rejected+len(b.Rejected)
		return nil
	})
	if err != nil || rows != 9005 || rejected != 3 || end != (event.Position{Offset: int64(len(text)), Line: 9009}) {
		t.Errorf("%d rows, %d rejected, end %v, %v", rows, rejected, end, err)
	}
	broken := errors.New("broken")
	if err := read(func(*event.Batch) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// trickle gives at most 10,000 bytes a read.
type trickle struct{ r *strings.Reader }

func (r *trickle) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 10_000)]) }

func BenchmarkPipeline(b *testing.B) {
	text := strings.Repeat(numbered(0, 1000), 200)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		bus := ingesttest.Bus{Stored: func(*event.Batch) {}}
		f := newFile("a", text)
		finish(b, pipeline(b, ingest.Options{}, &bus, f), f)
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
