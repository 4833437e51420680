package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// post is an inbox at work.
type post struct {
	*ingest.Inbox
	testing.TB
	stop func() // ends Run and waits for it
}

func quickInbox() ingest.InboxOptions { return ingest.InboxOptions{Options: quick()} }

func newPost(t testing.TB, o ingest.InboxOptions, bus ingest.Publisher, log accesslog.Options) *post {
	t.Helper()
	i, err := ingest.NewInbox(o, []ingest.Source{{Name: "edge", Gateway: "gw", Log: log}}, bus, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &post{Inbox: i, TB: t, stop: func() {}}
}

func (p *post) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			p.Errorf("run: %v", err)
		}
	})
	p.Cleanup(p.stop)
}

func (p *post) letter(text string) *ingest.Letter {
	p.Helper()
	l, err := p.Letter("edge")
	if err == nil {
		err = l.AddLines([]byte(text))
	}
	if err != nil {
		p.Fatal(err)
	}
	return l
}

// send pushes lines and wants them to be on the bus.
func (p *post) send(text string, received, rejected int) {
	p.Helper()
	got, err := p.letter(text).Send(p.Context())
	if want := (ingest.Receipt{Received: received, Rejected: rejected}); err != nil || got != want {
		p.Errorf("%v, %v; want %v", got, err, want)
	}
}

func TestManySendersShareBatches(t *testing.T) {
	var bus ingesttest.Bus
	o := quickInbox()
	o.Linger = 5 * time.Millisecond
	p := newPost(t, o, &bus, accesslog.Options{})
	p.run()
	const senders, pushes, lines = 40, 20, 7
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range pushes {
				p.send(numbered((s*pushes+n)*lines, lines), lines, 0)
			}
		})
	}
	wg.Wait()
	checkOnce(t, &bus, senders*pushes*lines)
	st := p.Stats()
	edge := st.Sources["edge"]
	if edge.Received != senders*pushes*lines || edge.Lines != edge.Received || edge.Lag != 0 || edge.Rejected == nil {
		t.Errorf("%+v", edge)
	}
	if st.Batches >= senders*pushes/2 {
		t.Errorf("%d batches for %d pushes: nobody waited for another", st.Batches, senders*pushes)
	}
}

func TestPushedFaultsLoseAndRepeatNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	faults := []ingesttest.Fault{ingesttest.None, ingesttest.Refuse, ingesttest.LoseAck, ingesttest.Full, ingesttest.None}
	bus := ingesttest.Bus{MaxRecords: 50, Fail: func(int) ingesttest.Fault { return faults[r.IntN(len(faults))] }}
	p := newPost(t, quickInbox(), &bus, accesslog.Options{Format: "combined"})
	p.run()
	var wg sync.WaitGroup
	for s := range 10 {
		wg.Go(func() {
			for n := range 5 {
				p.send(numbered((s*5+n)*100, 100), 100, 0)
			}
		})
	}
	wg.Wait()
	checkOnce(t, &bus, 10*5*100)
}

func TestWhatCannotBeParsedIsCountedForItsSender(t *testing.T) {
	bus := ingesttest.Bus{}
	p := newPost(t, quickInbox(), &bus, accesslog.Options{Format: "combined", MaxLine: 500})
	p.run()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { p.send(numbered(0, 3), 3, 0) })
		wg.Go(func() { p.send("garbage\r\n\n"+numbered(3, 1)+strings.Repeat("x", 2000), 3, 2) })
	}
	wg.Wait()
	if r := p.Stats().Sources["edge"].Rejected; r["no time in brackets"] != 20 || r["longer than the limit"] != 20 {
		t.Errorf("%v", r)
	}
}

func TestOneRecordTooLargeForTheBus(t *testing.T) {
	var bus ingesttest.Bus
	p := newPost(t, quickInbox(), tooLargeFor{&bus, "/big"}, accesslog.Options{Format: "combined"})
	p.run()
	p.send(numbered(0, 5)+ingesttest.Line("/big")+"\n"+numbered(5, 5), 11, 1)
	paths := bus.Paths()
	if bus.Len() != 11 || paths["/0"] != 1 || paths["/9"] != 1 || paths["/big"] != 0 {
		t.Errorf("%v", paths)
	}
}

// tooLargeFor refuses batches that hold a path.
type tooLargeFor struct {
	ingest.Publisher
	path string
}

func (p tooLargeFor) Publish(ctx context.Context, b *event.Batch, after uint64) (uint64, error) {
	for row := range b.Rows() {
		if string(b.Text(event.Path, row)) == p.path {
			return 0, fmt.Errorf("publish: %w", ingest.ErrTooLarge)
		}
	}
	return p.Publisher.Publish(ctx, b, after)
}

// TestWhoGivesUpIsForgotten: while the bus is full nothing is stored; what
// was not waited for is not stored later either.
func TestWhoGivesUpIsForgotten(t *testing.T) {
	var full atomic.Bool
	full.Store(true)
	bus := ingesttest.Bus{Fail: func(int) ingesttest.Fault {
		if full.Load() {
			return ingesttest.Full
		}
		return ingesttest.None
	}}
	o := quickInbox()
	o.Linger = 2 * time.Second // so that both are in one batch
	p := newPost(t, o, &bus, accesslog.Options{})
	p.run()
	impatient, give := context.WithCancel(t.Context())
	gaveUp, patient := make(chan error), make(chan error)
	go func() {
		_, err := p.letter(numbered(100, 2)).Send(impatient)
		gaveUp <- err
	}()
	go func() {
		_, err := p.letter(numbered(0, 2)).Send(t.Context())
		patient <- err
	}()
	eventually(t, "both wait for the bus", func() bool { return p.Stats().Sources["edge"].Received == 4 && p.Stats().Blocked })
	give()
	if err := <-gaveUp; !errors.Is(err, ingest.ErrBusy) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	eventually(t, "the lane has noticed", func() bool { return p.Stats().Sources["edge"].Lag == int64(2*len(ingesttest.Line("/0"))) })
	full.Store(false)
	if err := <-patient; err != nil {
		t.Error(err)
	}
	if paths := bus.Paths(); len(paths) != 2 || paths["/0"] != 1 || paths["/1"] != 1 {
		t.Errorf("%v", paths)
	}
	if p.Stats().Blocked {
		t.Error("still blocked")
	}
}

func TestRunEndsWithWhatWasAccepted(t *testing.T) {
	hold := make(chan struct{})
	bus := ingesttest.Bus{Fail: func(int) ingesttest.Fault { <-hold; return ingesttest.None }}
	p := newPost(t, quickInbox(), &bus, accesslog.Options{})
	p.run()
	var wg sync.WaitGroup
	for n := range 5 {
		wg.Go(func() { p.send(numbered(n, 1), 1, 0) })
	}
	eventually(t, "the first are on their way", func() bool { return p.Stats().Sources["edge"].Received > 0 })
	ended := make(chan struct{})
	go func() { p.stop(); close(ended) }()
	close(hold)
	<-ended
	p.run() // who came too late is served by the next one
	wg.Wait()
	paths := bus.Paths()
	if len(paths) != 5 || bus.Len() != 5 {
		t.Errorf("%v", paths)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	o := quickInbox()
	o.MaxBytes = 100 << 10
	p := newPost(t, o, &ingesttest.Bus{}, accesslog.Options{})
	fill := func(n int) (*ingest.Letter, error) {
		l, err := p.Letter("edge")
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.ReadFrom(io.LimitReader(endless{}, int64(n)))
		return l, err
	}
	first, err := fill(60 << 10)
	if err != nil || len(first.Bytes()) != 60<<10 {
		t.Fatalf("%d bytes: %v", len(first.Bytes()), err)
	}
	second, err := fill(60 << 10)
	if !errors.Is(err, ingest.ErrBusy) {
		t.Errorf("%v", err)
	}
	second.Drop()
	second.Drop()
	first.Drop()
	if third, err := fill(60 << 10); err != nil {
		t.Errorf("after all was given back: %v", err)
	} else {
		third.Drop()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := p.letter(strings.Repeat("x", 300<<10)).Send(ctx); !errors.Is(err, ingest.ErrBusy) {
		t.Errorf("nobody takes it: %v", err)
	}
	if l, err := fill(60 << 10); err != nil {
		t.Errorf("a letter that nobody took holds memory: %v", err)
	} else {
		l.Drop()
	}
}

// Letters that hold all the memory there is must not wait for each other.
func TestWhoHoldsMemoryDoesNotWaitForMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quickInbox()
		o.MaxBytes = 64 << 10
		p := newPost(t, o, &ingesttest.Bus{}, accesslog.Options{})
		p.run()
		var letters []*ingest.Letter
		for range 2 {
			l, err := p.Letter("edge")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.ReadFrom(strings.NewReader(numbered(0, 10))); err != nil {
				t.Fatal(err)
			}
			if err := l.AddLines(l.Bytes()); err != nil {
				t.Fatal(err)
			}
			letters = append(letters, l)
		}
		if _, err := letters[0].Send(t.Context()); !errors.Is(err, ingest.ErrBusy) {
			t.Errorf("%v", err)
		}
		if got, err := letters[1].Send(t.Context()); err != nil || got.Received != 10 {
			t.Errorf("%v, %v", got, err)
		}
		p.stop()
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestAFileIsOfOneStart(t *testing.T) {
	var bus ingesttest.Bus
	for n := range 3 {
		p := newPost(t, quickInbox(), &bus, accesslog.Options{})
		p.run()
		p.send(numbered(n, 1), 1, 0)
		p.stop()
	}
	files := map[string]bool{}
	for _, r := range bus.Records() {
		files[r.File] = true
	}
	if len(files) != 3 {
		t.Errorf("%v", files)
	}
}

func TestInboxMistakes(t *testing.T) {
	p := newPost(t, quickInbox(), &ingesttest.Bus{}, accesslog.Options{})
	if _, err := p.Letter("other"); !errors.Is(err, ingest.ErrNoSource) {
		t.Errorf("%v", err)
	}
	p.Dropped("other", 1)
	p.Dropped("edge", 2)
	if n := p.Stats().Sources["edge"].Dropped; n != 2 {
		t.Errorf("%d dropped", n)
	}
	l := p.letter("")
	if got, err := l.Send(t.Context()); err != nil || got != (ingest.Receipt{}) {
		t.Errorf("nothing was sent: %v, %v", got, err)
	}
	if err := l.AddLines([]byte(strings.Repeat("x\n", 100_000))); !errors.Is(err, ingest.ErrTooMany) {
		t.Errorf("%v", err)
	}
	bad := []ingest.Source{{Name: "a"}, {Name: "a"}}
	for _, sources := range [][]ingest.Source{bad, {{}}, {{Name: "a", Log: accesslog.Options{Format: "none"}}}} {
		if _, err := ingest.NewInbox(quickInbox(), sources, &ingesttest.Bus{}, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%+v was taken", sources)
		}
	}
}

// keeper remembers the raw bytes of rejected records.
type keeper struct {
	mu   sync.Mutex
	kept map[string]bool
}

func (k *keeper) Keep(b *event.Batch, raw ingest.Raw) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range b.Rejected {
		record := make([]byte, r.Length)
		n, err := raw.ReadAt(record, r.Offset)
		k.kept[fmt.Sprintf("%s %v", record[:n], err)] = true
	}
}

func TestRawBytesOfPushedRecords(t *testing.T) {
	k := &keeper{kept: map[string]bool{}}
	o := quickInbox()
	o.Keeper = k
	p := newPost(t, o, &ingesttest.Bus{}, accesslog.Options{Format: "combined"})
	p.run()
	p.send("first\n"+numbered(0, 2)+"second", 4, 2)
	p.send("third", 1, 1)
	if len(k.kept) != 3 || !k.kept["first <nil>"] || !k.kept["second <nil>"] || !k.kept["third <nil>"] {
		t.Errorf("%v", k.kept)
	}
}

func BenchmarkInbox(b *testing.B) {
	bus := ingesttest.Bus{Stored: func(*event.Batch) {}}
	p := newPost(b, ingest.InboxOptions{}, &bus, accesslog.Options{Format: "combined"})
	p.run()
	text := numbered(0, 1000)
	b.SetBytes(int64(len(text)))
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.send(text, 1000, 0)
		}
	})
}
