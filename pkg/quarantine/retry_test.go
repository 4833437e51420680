package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// desk hands out orders and remembers the results.
type desk struct {
	mu      sync.Mutex
	list    []block.RetryOrder
	results map[uint64]block.RetryResult // that are done
	away    bool
	told    chan uint64
}

func newDesk(orders ...block.RetryOrder) *desk {
	return &desk{list: orders, results: map[uint64]block.RetryResult{}, told: make(chan uint64, 100)}
}

func (d *desk) Orders(_ context.Context, after uint64) ([]block.RetryOrder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return nil, errors.New("the desk is away")
	}
	return slices.DeleteFunc(slices.Clone(d.list), func(o block.RetryOrder) bool { return o.Number <= after }), nil
}

func (d *desk) Retried(_ context.Context, r block.RetryResult) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return errors.New("the desk is away")
	}
	if r.Done {
		d.results[r.Number] = r
		d.told <- r.Number
	}
	return nil
}

func (d *desk) set(away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = away
}

func (d *desk) result(t testing.TB, number uint64) block.RetryResult {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		d.mu.Lock()
		r, ok := d.results[number]
		d.mu.Unlock()
		if ok {
			return r
		}
		select {
		case <-d.told:
		case <-deadline:
			t.Fatalf("order %d was never done", number)
		}
	}
}

// combined is a source with the parser that reads ingesttest's lines.
func combined() ingest.Source {
	return ingest.Source{Name: "edge", Gateway: "other", Log: accesslog.Options{Format: "combined"}}
}

func broken() ingest.Source {
	return ingest.Source{Name: "edge", Gateway: "gw", Log: accesslog.Options{Format: "json"}}
}

// requests is a log of numbered requests, all of them rejected, as a wrong
// format does; every tenth line is no request in any format.
func requests(file string, from, lines int) (memory, *event.Batch) {
	b := &event.Batch{Header: event.Header{Source: "edge", Gateway: "gw", File: file, Path: "/logs/" + file, Received: 7}}
	var text memory
	for i := from; i < from+lines; i++ {
		line := ingesttest.Line(fmt.Sprintf("/%d", i)) + "\n"
		if i%10 == 9 {
			line = "hopeless\n"
		}
		b.Reject(event.Position{Offset: int64(len(text)), Line: int64(i - from + 1)}, int64(len(line)), string(accesslog.NotJSONObject), nil)
		text = append(text, line...)
	}
	b.End, b.FirstLine, b.NextLine = int64(len(text)), 1, int64(lines+1)
	return text, b
}

// ship does what the pipeline does with a batch.
func ship(t testing.TB, s *Spool, bus ingest.Publisher, text memory, b *event.Batch) {
	t.Helper()
	s.Keep(b, text)
	if _, err := bus.Publish(t.Context(), b, 0); err != nil {
		t.Fatal(err)
	}
}

// run lets a retrier carry out what the desk has until it has the result of an
// order.
func run(t testing.TB, s *Spool, bus ingest.Publisher, d *desk, number uint64, sources ...ingest.Source) block.RetryResult {
	t.Helper()
	stop := goRun(s, bus, d, sources...)
	defer stop()
	return d.result(t, number)
}

func goRun(s *Spool, bus ingest.Publisher, d Desk, sources ...ingest.Source) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := NewRetrier(RetrierOptions{Spool: s, Bus: bus, Desk: d, Sources: sources, Log: slog.New(slog.DiscardHandler)})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// events gives the rows on the bus by path, and how often each reason was
// told.
func events(bus *ingesttest.Bus) (paths, reasons map[string]int) {
	paths, reasons = map[string]int{}, map[string]int{}
	for _, r := range bus.Records() {
		if r.Path != "" {
			paths[r.Path]++
			continue
		}
		reasons[r.Reason]++
	}
	return paths, reasons
}

// wantOnce checks that all requests of a log are events, once each.
func wantOnce(t testing.TB, bus *ingesttest.Bus, lines int) {
	t.Helper()
	paths, _ := events(bus)
	for i := range lines {
		want := 1
		if i%10 == 9 {
			want = 0
		}
		if got := paths[fmt.Sprintf("/%d", i)]; got != want {
			t.Errorf("line %d is there %d times", i, got)
		}
	}
}

func TestMendedParserMakesEventsOfTheRecords(t *testing.T) {
	var bus ingesttest.Bus
	s := openSpool(t, t.TempDir(), 8<<20)
	text, b := requests(fileA, 0, 5000)
	ship(t, s, &bus, text, b)
	d := newDesk(block.RetryOrder{Number: 1}, block.RetryOrder{Number: 2})
	if r := run(t, s, &bus, d, 1, broken()); r.Tried != 5000 || r.Parsed != 0 || r.Failed != 5000 || r.Reasons["not a JSON object"] != 5000 {
		t.Errorf("with the broken parser: %+v", r)
	}
	before := bus.Batches()
	if before != 1 {
		t.Errorf("%d batches, although nothing is new", before)
	}
	r := run(t, s, &bus, newDesk(block.RetryOrder{Number: 4}), 4, combined())
	if r.Tried != 5000 || r.Parsed != 4500 || r.Failed != 500 || len(r.Reasons) != 1 {
		t.Errorf("with the mended parser: %+v", r)
	}
	wantOnce(t, &bus, 5000)
	if st := s.Stats(); st.Records != 500 {
		t.Errorf("stats %+v", st)
	}
	checkPlaces(t, &bus, b)
	// What stays has its new reason, which was told once.
	reason := slices.Collect(func(yield func(string) bool) {
		for reason := range r.Reasons {
			yield(reason)
		}
	})[0]
	if _, reasons := events(&bus); reasons[reason] != 500 {
		t.Errorf("reasons told: %v", reasons)
	}
	if c, _ := s.choose(fileA, reason); len(c.records) != 500 {
		t.Errorf("%d records have the new reason", len(c.records))
	}
}

// checkPlaces holds the events against where their lines are.
func checkPlaces(t *testing.T, bus *ingesttest.Bus, b *event.Batch) {
	t.Helper()
	lines := map[int64]int64{}
	for _, rej := range b.Rejected {
		lines[rej.Offset] = rej.Line
	}
	for _, r := range bus.Records() {
		if r.File != fileA || lines[r.Offset] != r.Line || r.Line == 0 {
			t.Fatalf("an event at %d, line %d of %s", r.Offset, r.Line, r.File)
		}
	}
}

func TestRetriedBatchesAreOfTheirOwnLaneAndTheOldSource(t *testing.T) {
	var heads []event.Header
	bus := ingesttest.Bus{Stored: func(b *event.Batch) { heads = append(heads, b.Header) }}
	s := openSpool(t, t.TempDir(), 8<<20)
	text, b := requests(fileA, 0, 3)
	ship(t, s, &bus, text, b)
	began := time.Now().UnixNano()
	run(t, s, &bus, newDesk(block.RetryOrder{Number: 1}), 1, combined())
	if len(heads) != 2 {
		t.Fatalf("%d batches", len(heads))
	}
	h := heads[1]
	if h.Lane == "" || h.Lane == fileA || h.File != fileA || h.Source != "edge" || h.Gateway != "gw" ||
		h.Path != b.Path || h.Received < began || h.Format != "combined" || h.End != h.Start+1 {
		t.Errorf("header %+v", h)
	}
}

func TestOrdersChooseBySourceAndReason(t *testing.T) {
	var bus ingesttest.Bus
	s := openSpool(t, t.TempDir(), 8<<20)
	text, b := requests(fileA, 0, 5)
	ship(t, s, &bus, text, b)
	text, b = requests(fileB, 5, 4)
	b.Source = "side"
	b.Rejected[0].Reason = "rare"
	ship(t, s, &bus, text, b)
	side := combined()
	side.Name = "side"
	d := newDesk(block.RetryOrder{Number: 1, Source: "none"}, block.RetryOrder{Number: 2, Source: "side", Reason: "rare"}, block.RetryOrder{Number: 3, Source: "side"}, block.RetryOrder{Number: 4})
	last := run(t, s, &bus, d, 4, side)
	for n, want := range map[uint64]int{1: 0, 2: 1, 3: 3} {
		if r := d.result(t, n); r.Parsed != want || r.Failed != 0 {
			t.Errorf("order %d: %+v", n, r)
		}
	}
	if last.Parsed != 0 || last.Failed != 5 || last.Reasons[NotConfigured] != 5 {
		t.Errorf("without its source: %+v", last)
	}
}

func TestUnacknowledgedRecordsAreLeftAlone(t *testing.T) {
	var bus ingesttest.Bus
	s := openSpool(t, t.TempDir(), 8<<20)
	text, b := requests(fileA, 0, 5)
	s.Keep(b, text)
	if r := run(t, s, &bus, newDesk(block.RetryOrder{Number: 1}), 1, combined()); r.Tried != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := bus.Publish(t.Context(), b, 0); err != nil {
		t.Fatal(err)
	}
	if r := run(t, s, &bus, newDesk(block.RetryOrder{Number: 2}), 2, combined()); r.Parsed != 5 {
		t.Errorf("once it is acknowledged: %+v", r)
	}
}

func TestAutoReadsALogThatChangesItsFormat(t *testing.T) {
	var bus ingesttest.Bus
	s := openSpool(t, t.TempDir(), 8<<20)
	text, b := requests(fileA, 0, 5)
	at := int64(len(text))
	line := `{"time":"2026-08-01T12:00:00Z","client_address":"192.0.2.7","method":"GET","path":"/json","status":200}` + "\n"
	b.Reject(event.Position{Offset: at, Line: 6}, int64(len(line)), "not in this format", nil)
	text = append(text, line...)
	b.End = int64(len(text))
	ship(t, s, &bus, text, b)
	auto := combined()
	auto.Log.Format = accesslog.Auto
	if r := run(t, s, &bus, newDesk(block.RetryOrder{Number: 1}), 1, auto); r.Parsed != 6 {
		t.Errorf("%+v", r)
	}
}

func TestBatchesThatAreTooLargeAreSplit(t *testing.T) {
	bus := ingesttest.Bus{MaxRecords: 700}
	s := openSpool(t, t.TempDir(), 8<<20)
	for n := range 4 {
		text, b := requests(fmt.Sprintf("%016x", n), 500*n, 500)
		ship(t, s, &bus, text, b)
	}
	bus.MaxRecords = 90
	r := run(t, s, &bus, newDesk(block.RetryOrder{Number: 1}), 1, combined())
	if r.Parsed != 1800 || r.Failed != 200 {
		t.Errorf("%+v", r)
	}
	wantOnce(t, &bus, 2000)
}

func TestFaultsLoseAndRepeatNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var faults bool
	bus := ingesttest.Bus{Fail: func(int) ingesttest.Fault {
		if !faults {
			return ingesttest.None
		}
		return []ingesttest.Fault{ingesttest.None, ingesttest.Refuse, ingesttest.LoseAck, ingesttest.Full, ingesttest.None}[random.IntN(5)]
	}}
	s := openSpool(t, t.TempDir(), 8<<20)
	for n := range 10 {
		text, b := requests(fmt.Sprintf("%016x", n), 100*n, 100)
		ship(t, s, &bus, text, b)
	}
	faults = true
	if r := run(t, s, &bus, newDesk(block.RetryOrder{Number: 1}), 1, combined()); r.Parsed != 900 || r.Failed != 100 {
		t.Errorf("%+v", r)
	}
	wantOnce(t, &bus, 1000)
}

func TestResultsWaitForTheDesk(t *testing.T) {
	var bus ingesttest.Bus
	dir := t.TempDir()
	s := openSpool(t, dir, 8<<20)
	text, b := requests(fileA, 0, 5)
	ship(t, s, &bus, text, b)
	d := newDesk(block.RetryOrder{Number: 1})
	s.state.Told = &block.RetryResult{Number: 7, Done: true, Parsed: 3}
	if err := s.state.save(); err != nil {
		t.Fatal(err)
	}
	d.set(true)
	goRun(s, &bus, d, combined())()
	d.set(false)
	if r := run(t, openSpool(t, dir, 8<<20), &bus, d, 1, combined()); r.Parsed != 5 {
		t.Errorf("%+v", r)
	}
	if r := d.result(t, 7); r.Parsed != 3 {
		t.Errorf("%+v", r)
	}
}

func TestHeardWakesARetrierThatHasNothingToDo(t *testing.T) {
	var bus ingesttest.Bus
	s := openSpool(t, t.TempDir(), 8<<20)
	d := newDesk()
	ctx, cancel := context.WithCancel(t.Context())
	r := NewRetrier(RetrierOptions{Spool: s, Bus: &bus, Desk: d, Log: slog.New(slog.DiscardHandler)})
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	d.mu.Lock()
	d.list = []block.RetryOrder{{Number: 3}}
	d.mu.Unlock()
	r.Heard(3)
	if res := d.result(t, 3); res.Tried != 0 || !res.Done {
		t.Errorf("%+v", res)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// mortal kills whoever publishes, the first few always and later ones at random:
// before the batch is stored or after it, or while it is still on its way. What
// is on its way arrives with a later call, of whoever comes next.
type mortal struct {
	*ingesttest.Bus
	random *rand.Rand
	die    func()
	late   func()
	deaths int
}

// surely is how many of its calls die whatever the dice say: with fewer a test
// shows little.
const surely = 5

func (m *mortal) Publish(ctx context.Context, b *event.Batch, after uint64) (uint64, error) {
	if m.late != nil && m.random.IntN(2) == 0 {
		m.late()
		m.late = nil
	}
	fate := m.random.IntN(5)
	if m.deaths < surely {
		fate = m.random.IntN(3)
	}
	if fate > 2 {
		return m.Bus.Publish(ctx, b, after)
	}
	m.deaths++
	defer m.die()
	switch fate {
	case 0: // killed before the batch left
	case 1: // killed after it was stored
		_, _ = m.Bus.Publish(context.Background(), b, after)
	case 2:
		stray := cloned(b)
		m.late = func() { _, _ = m.Bus.Publish(context.Background(), stray, after) }
	}
	return 0, context.Canceled
}

// cloned copies a batch as the wire does.
func cloned(b *event.Batch) *event.Batch {
	codec, err := event.NewCodec()
	if err != nil {
		panic(err)
	}
	defer codec.Close()
	var c event.Batch
	if err := codec.Decode(codec.Append(nil, b), &c); err != nil {
		panic(err)
	}
	return &c
}

// TestKilledAtAnyMoment: the retrier dies again and again, with batches stored
// that it does not know of and others still on their way; between two lives
// the parser changes. Every request becomes an event once.
func TestKilledAtAnyMoment(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	bus := &mortal{Bus: &ingesttest.Bus{}, random: rand.New(rand.NewPCG(seed, 1))}
	dir := t.TempDir()
	first := openSpool(t, dir, 8<<20)
	for n := range 12 {
		text, b := requests(fmt.Sprintf("%016x", n), 50*n, 50)
		ship(t, first, bus.Bus, text, b)
	}
	d := newDesk(block.RetryOrder{Number: 1})
	for life := 0; life < 1000 && len(d.results) == 0; life++ {
		liveOnce(t, dir, bus, d)
	}
	if bus.deaths < surely {
		t.Errorf("only %d deaths: this test shows little", bus.deaths)
	}
	if bus.late != nil {
		bus.late()
	}
	wantOnce(t, bus.Bus, 600)
	if r := d.results[1]; r.Parsed != 540 || r.Failed != 60 || r.Tried != 600 {
		t.Errorf("%+v", r)
	}
}

// liveOnce runs a retrier until it dies or is done. Nothing is closed before
// the next one opens the directory.
func liveOnce(t *testing.T, dir string, bus *mortal, d *desk) {
	t.Helper()
	s := openSpool(t, dir, 8<<20)
	ctx, die := context.WithCancel(t.Context())
	defer die()
	bus.die = die
	source := combined()
	if bus.random.IntN(3) == 0 {
		source.Log.Format = accesslog.Auto // another parser, which reads the same
	}
	r := NewRetrier(RetrierOptions{Spool: s, Bus: bus, Desk: d, Sources: []ingest.Source{source}, Log: slog.New(slog.DiscardHandler)})
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	select {
	case <-d.told:
		die()
		<-done
	case <-done:
	}
}

func TestWhatIsMaskedOnTheHostIsMaskedAgain(t *testing.T) {
	var bus ingesttest.Bus
	s := openSpool(t, t.TempDir(), 8<<20)
	text, b := requests(fileA, 0, 5)
	ship(t, s, &bus, text, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d := newDesk(block.RetryOrder{Number: 1})
	source := combined()
	source.Mask = func(b *event.Batch) {
		b.MapText(event.Path, func(_ int, dst, _ []byte) ([]byte, bool) { return append(dst, "/masked"...), true })
	}
	r := NewRetrier(RetrierOptions{Spool: s, Bus: &bus, Desk: d, Sources: []ingest.Source{source}, Log: slog.New(slog.DiscardHandler)})
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	d.result(t, 1)
	if paths, _ := events(&bus); paths["/masked"] != 5 {
		t.Errorf("paths %v", paths)
	}
	if st := r.Stats(); st.Parsed != 5 || st.Failed != 0 {
		t.Errorf("stats %+v", st)
	}
	cancel()
	<-done
}

// crashDir tells the test binary to be the process that is killed.
const crashDir = "HONEYMOAT_TEST_QUARANTINE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		keepUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// keepUntilKilled keeps one record after the other and says so.
func keepUntilKilled(dir string) {
	s, err := Open(Options{Dir: dir, MaxBytes: 64 << 20, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := s.Stats().Records; ; n++ {
		line := fmt.Sprintf("%d %s\n", n, strings.Repeat("x", n%3000))
		b := &event.Batch{Header: event.Header{Source: "edge", File: fileA, Start: int64(n) << 20, End: int64(n+1) << 20}}
		b.Reject(event.Position{Offset: b.Start, Line: int64(n)}, int64(len(line)), "no time", nil)
		s.Keep(b, shifted{at: b.Start, text: line})
		fmt.Println(n)
	}
}

// shifted is a log of which only one line is there.
type shifted struct {
	at   int64
	text string
}

func (s shifted) ReadAt(p []byte, offset int64) (int, error) {
	if offset != s.at {
		return 0, errors.New("not there")
	}
	return copy(p, s.text), nil
}
