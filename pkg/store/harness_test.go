package store

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// deadline is how long a test waits for what must come.
const deadline = 3 * time.Minute

// openStore opens a store on an engine.
func openStore(t testing.TB, h *enginetest.Handle, change ...func(*Options)) *Store {
	t.Helper()
	opts := Options{
		Addresses: []string{h.Addr}, User: h.User, Password: h.Password, Software: "test",
		Logger: slog.New(slog.NewTextHandler(testLog{t}, nil)),
	}
	for _, c := range change {
		c(&opts)
	}
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// migrated is a store with all migrations, on an engine of its own.
func migrated(t testing.TB) (*Store, *enginetest.Handle) {
	t.Helper()
	h := enginetest.Start(t)
	s := openStore(t, h)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, h
}

type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	if testing.Verbose() {
		_, _ = os.Stderr.Write(p)
	}
	return len(p), nil
}

// eventually polls until a condition holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); ; {
		if cond() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("did not happen within %v: %s", deadline, what)
		}
		_ = pause(t.Context(), 10*time.Millisecond)
	}
}

func wantNumber(t testing.TB, s *Store, sql string, want int64) {
	t.Helper()
	var n int64
	if err := s.conn.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if n != want {
		t.Errorf("%s = %d, want %d", sql, n, want)
	}
}

// memory is a stream in memory: messages have the sequences from 1 on.
type memory[M any] struct {
	mu       sync.Mutex
	messages []M
	more     chan struct{}
}

func newMemory[M any]() *memory[M] { return &memory[M]{more: make(chan struct{})} }

func (m *memory[M]) publish(messages ...M) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, messages...)
	close(m.more)
	m.more = make(chan struct{})
	return uint64(len(m.messages))
}

func (m *memory[M]) Consume(ctx context.Context, after uint64, fn func(uint64, M) error) error {
	for {
		m.mu.Lock()
		pending, more := m.messages[min(after, uint64(len(m.messages))):], m.more
		m.mu.Unlock()
		for _, v := range pending {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			after++
			if err := fn(after, v); err != nil {
				return err
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// checkpoints keeps progress in memory, and may be told to fail.
type checkpoints struct {
	mu   sync.Mutex
	data map[string][]byte
	// save is called before data is kept; its error fails the call.
	save func(name string, data []byte) error
	// saved is called after data was kept.
	saved func(name string, data []byte)
}

func newCheckpoints() *checkpoints { return &checkpoints{data: map[string][]byte{}} }

func (c *checkpoints) Save(ctx context.Context, name string, data []byte) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.save != nil {
		if err := c.save(name, data); err != nil {
			return err
		}
	}
	c.data[name] = data
	if c.saved != nil {
		c.saved(name, data)
	}
	return nil
}

func (c *checkpoints) Load(_ context.Context, name string) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, found := c.data[name]
	return data, found, nil
}

// rig is a writer between streams in memory and a store.
type rig struct {
	lines       *memory[*event.Batch]
	records     *memory[Record]
	checkpoints *checkpoints
	kill        context.CancelFunc // ends the writer at once, without waiting for it
	mu          sync.Mutex
	dead        []string
}

func newRig() *rig {
	return &rig{lines: newMemory[*event.Batch](), records: newMemory[Record](), checkpoints: newCheckpoints()}
}

// start runs a writer until stop, which waits for it.
func (r *rig) start(t testing.TB, s *Store) (w *Writer, stop func()) {
	t.Helper()
	w, err := s.NewWriter(WriterOptions{
		Lines: r.lines, Records: r.records, Checkpoints: r.checkpoints,
		DeadLines: r.bury("lines"), DeadRecords: r.bury("records"),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.kill = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return w, stop
}

func (r *rig) bury(stream string) DeadLetter {
	return func(_ context.Context, seq uint64, reason string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.dead = append(r.dead, fmt.Sprintf("%s %d %s", stream, seq, reason))
		return nil
	}
}

func (r *rig) buried() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.dead...)
}

// today is noon of a fixed day, so that no test crosses midnight by chance.
var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// makeBatch makes a batch of realistic rows, numbered from first on.
func makeBatch(file int, first, rows int) *event.Batch {
	b := &event.Batch{Header: event.Header{
		Source: "nginx", Gateway: fmt.Sprintf("gw%d", file), Format: "combined", FormatVersion: 1,
		File: fmt.Sprintf("%016x", file+1), Path: "/var/log/nginx/access.log",
		Start: int64(first) * 200, End: int64(first+rows) * 200, FirstLine: int64(first + 1), NextLine: int64(first + rows + 1),
		Received: today.Add(time.Duration(first) * time.Millisecond).UnixNano(),
	}}
	for i := first; i < first+rows; i++ {
		addRow(b, i)
	}
	return b
}

func addRow(b *event.Batch, i int) {
	b.SetNumber(event.Time, today.Add(time.Duration(i)*time.Millisecond).UnixNano())
	b.SetNumber(event.Offset, int64(i)*200)
	b.SetNumber(event.Line, int64(i+1))
	b.SetNumber(event.Length, 200)
	b.SetAddr(event.PeerAddress, netip.AddrFrom4([4]byte{10, 0, 0, 1}))
	b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}))
	b.SetString(event.Method, "GET")
	b.SetString(event.Host, "shop.example.com")
	b.SetString(event.Path, fmt.Sprintf("/products/%d/reviews", i))
	b.SetString(event.Query, "page=2&sort=newest")
	b.SetString(event.Protocol, "HTTP/1.1")
	b.SetNumber(event.Status, int64(200+100*(i%4)))
	b.SetNumber(event.ResponseBytes, int64(1000+i%5000))
	b.SetString(event.Referer, "https://shop.example.com/products")
	b.SetString(event.UserAgent, agents[i%len(agents)])
	b.EndRow()
}

var agents = []string{
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
	"curl/8.5.0", "Go-http-client/2.0",
}

// publishBatches publishes lines numbered from 0 as batches of some size.
func (r *rig) publishBatches(lines, size int) (last uint64) {
	for first := 0; first < lines; first += size {
		last = r.lines.publish(makeBatch(0, first, min(size, lines-first)))
	}
	return last
}

// wantExactly checks that each of the lines numbered from 0 is stored once, in
// the events and in the counts by the minute.
func wantExactly(t testing.TB, s *Store, lines int) {
	t.Helper()
	n := int64(lines)
	wantNumber(t, s, "SELECT toInt64(count()) FROM events", n)
	wantNumber(t, s, "SELECT toInt64(uniqExact(file, offset)) FROM events", n)
	wantNumber(t, s, "SELECT toInt64(sum(offset)) FROM events", n*(n-1)/2*200)
	wantNumber(t, s, "SELECT toInt64(sum(requests)) FROM traffic_1m", n)
}

func contains(list []string, part string) bool {
	for _, s := range list {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// gauge is the value of a gauge.
func gauge(t testing.TB, g prometheus.Gauge) float64 {
	t.Helper()
	var m dto.Metric
	if err := g.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetGauge().GetValue()
}
