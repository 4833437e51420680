package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// blocklist is one in memory.
type blocklist struct {
	mu      sync.Mutex // for all below
	edits   []block.Edit
	floor   uint64 // edits up to it are forgotten
	over    []Over
	changed chan struct{}
}

func newBlocklist() *blocklist { return &blocklist{changed: make(chan struct{})} }

func testBlock(n int) *block.Block {
	return &block.Block{
		ID: block.ID(n), Segment: block.All, Target: block.AddressTarget(netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)})),
		LifetimeSeconds: 3600, CreatedAt: time.Now(), Reason: "probe", By: "token:ana",
	}
}

func (l *blocklist) edit(is, was *block.Block) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.edits = append(l.edits, block.Edit{Cursor: uint64(len(l.edits) + 1), Block: is, Old: was})
	if is == nil {
		l.over = append(l.over, Over{*was, time.Now()})
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *blocklist) add(numbers ...int) {
	for _, n := range numbers {
		l.edit(testBlock(n), nil)
	}
}

// forget has readers of before start over, as a restart does.
func (l *blocklist) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.floor = uint64(len(l.edits))
}

func (l *blocklist) Since(cursor uint64) (edits []block.Edit, next uint64, reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := uint64(len(l.edits))
	if cursor >= l.floor && cursor > 0 {
		return slices.Clone(l.edits[cursor:]), last, false
	}
	live := map[string]block.Edit{}
	for _, e := range l.edits {
		if e.Block == nil {
			delete(live, e.Old.Key())
		} else {
			live[e.Block.Key()] = block.Edit{Cursor: e.Cursor, Block: e.Block}
		}
	}
	for _, e := range live {
		edits = append(edits, e)
	}
	slices.SortFunc(edits, func(a, b block.Edit) int { return int(a.Cursor) - int(b.Cursor) })
	return edits, last, true
}

func (l *blocklist) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *blocklist) ended(after time.Time) []Over {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.over), func(o Over) bool { return !o.At.After(after) })
}

// checkpoints are kept in memory.
type checkpoints struct {
	mu   sync.Mutex
	data map[string][]byte
}

func (c *checkpoints) Save(_ context.Context, name string, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data[name] = data
	return nil
}

func (c *checkpoints) Load(_ context.Context, name string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if data, ok := c.data[name]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("load %s: %w", name, respond.ErrNotFound)
}

// endpoint is a receiver.
type endpoint struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex // for all below
	events []string   // those that were taken: kind and block
	taken  map[string]bool
	ids    []string // of deliveries, taken or not
	sizes  []int
	answer func(w http.ResponseWriter, attempt int) (taken bool) // nil = takes all
}

func receive(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{t: t, taken: map[string]bool{}}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender has gone
	}
	if err := Verify(r.Header.Get(Header), body, "first", time.Minute, time.Now()); err != nil {
		e.t.Error(err)
	}
	var d Delivery
	if err := json.Unmarshal(body, &d); err != nil || d.ID != r.Header.Get("X-Honeymoat-Delivery") {
		e.t.Errorf("%s: %v", body, err)
	}
	e.mu.Lock()
	e.ids, e.sizes = append(e.ids, d.ID), append(e.sizes, len(d.Events))
	attempt, answer := len(e.ids), e.answer
	e.mu.Unlock()
	if answer != nil && !answer(w, attempt) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.taken[d.ID] {
		return // its answer came too late, or not at all
	}
	e.taken[d.ID] = true
	for _, event := range d.Events {
		e.events = append(e.events, fmt.Sprintf("%s %d", event.Event, event.Block.ID))
	}
}

// got waits until the endpoint has taken exactly these events, in this order.
func (e *endpoint) got(want ...string) {
	e.t.Helper()
	var got []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(time.Millisecond) {
		e.mu.Lock()
		got = slices.Clone(e.events)
		e.mu.Unlock()
		if len(got) >= len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		e.t.Fatalf("got %v, want %v", got, want)
	}
}

// rig is webhooks with an endpoint.
type rig struct {
	t    *testing.T
	list *blocklist
	kept *checkpoints
	hook Hook
}

func newRig(t *testing.T, e *endpoint) *rig {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("next\nfirst\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &rig{t, newBlocklist(), &checkpoints{data: map[string][]byte{}}, Hook{Name: "soc", URL: e.URL, SecretFile: secret}}
}

// run runs the webhooks until the function that it gives is called.
func (r *rig) run() (stop func()) {
	r.t.Helper()
	transport := &http.Transport{}
	w, err := New(Options{
		Hooks: []Hook{r.hook}, Feed: r.list, Ended: r.list.ended, Checkpoints: r.kept, HTTP: &http.Client{Transport: transport},
		Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Pause: time.Millisecond, LongestPause: 5 * time.Millisecond,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
		transport.CloseIdleConnections()
	})
	r.t.Cleanup(stop)
	return stop
}

// begun waits until a new endpoint's position is kept.
func (r *rig) begun() { r.told(0) }

// told waits until it is kept that an endpoint was told up to a cursor.
func (r *rig) told(cursor uint64) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(time.Millisecond) {
		var at position
		if data, err := r.kept.Load(r.t.Context(), "webhook.soc"); err == nil && json.Unmarshal(data, &at) == nil && at.Cursor >= cursor {
			return
		}
	}
	r.t.Fatalf("the webhook does not come to %d", cursor)
}

func TestChangesAreToldInOrderAndInBatches(t *testing.T) {
	e := receive(t)
	r := newRig(t, e)
	r.hook.Batch = 3
	r.list.add(1) // from before: not told
	r.run()
	r.begun()
	var want []string
	for n := 2; n < 12; n++ {
		r.list.add(n)
		want = append(want, fmt.Sprintf("added %d", n))
	}
	e.got(want...)
	r.list.edit(testBlock(77), testBlock(2))
	r.list.edit(nil, testBlock(3))
	e.got(append(want, "replaced 77", "ended 3")...)
	if most := slices.Max(e.sizes); most > 3 {
		t.Errorf("%d events in a delivery", most)
	}
}

func TestOnlyWhatIsWantedIsTold(t *testing.T) {
	e := receive(t)
	r := newRig(t, e)
	r.hook.Segments, r.hook.Events = []string{"eu"}, []Kind{Ended}
	r.run()
	r.begun()
	eu := testBlock(2)
	eu.Segment = "eu"
	r.list.add(1)
	r.list.edit(eu, nil)
	r.list.edit(nil, testBlock(1))
	r.list.edit(nil, eu)
	e.got("ended 2")
}

// TestAnEndpointThatFailsHearsEverything: it refuses, hangs, hangs up, sends
// elsewhere, and then takes all, once and in order.
func TestAnEndpointThatFailsHearsEverything(t *testing.T) {
	e := receive(t)
	r := newRig(t, e)
	r.hook.Batch, r.hook.Timeout = 4, 100*time.Millisecond
	hang := make(chan struct{})
	defer close(hang)
	e.answer = func(w http.ResponseWriter, attempt int) bool {
		switch attempt {
		case 1, 2:
			w.WriteHeader(http.StatusInternalServerError)
		case 3:
			<-hang
		case 4:
			panic(http.ErrAbortHandler)
		case 5:
			w.Header().Set("Location", e.URL+"/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			return true
		}
		return false
	}
	r.run()
	r.begun()
	r.list.add(1, 2, 3, 4, 5, 6)
	e.got("added 1", "added 2", "added 3", "added 4", "added 5", "added 6")
	e.mu.Lock()
	defer e.mu.Unlock()
	if first := e.ids[:6]; len(slices.Compact(slices.Clone(first))) != 1 {
		t.Errorf("a repeated delivery has other ids: %v", first)
	}
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	e := receive(t)
	r := newRig(t, e)
	stop := r.run()
	r.begun()
	r.list.add(1, 2)
	e.got("added 1", "added 2")
	r.told(2) // what is not known to have come is told again
	stop()
	r.list.add(3, 4)
	r.list.edit(nil, testBlock(1))
	r.list.edit(nil, testBlock(4))
	r.list.forget()
	r.run()
	e.got("added 1", "added 2", "ended 1", "ended 4", "added 3")
	r.list.add(5)
	e.got("added 1", "added 2", "ended 1", "ended 4", "added 3", "added 5")
}

// TestAnEndpointThatDiesHoldsNothing: what waits for it is bounded, and it
// hears of all of it when it is back.
func TestAnEndpointThatDiesHoldsNothing(t *testing.T) {
	e := receive(t)
	r := newRig(t, e)
	for n := range 2*maxPending + 10 {
		r.list.edits = append(r.list.edits, block.Edit{Cursor: uint64(n + 1), Block: testBlock(n)})
	}
	w := newWorker(&r.hook, &Options{Feed: r.list, Ended: r.list.ended, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, nil)
	total, at := 0, position{Cursor: 1}
	for {
		changes, end := w.next(at)
		if len(changes) > maxPending {
			t.Fatalf("%d changes wait", len(changes))
		}
		if len(changes) == 0 {
			if end.Cursor != uint64(len(r.list.edits)) {
				t.Errorf("it ends at %d", end.Cursor)
			}
			break
		}
		total, at = total+len(changes), changes[len(changes)-1].after
	}
	if total != 2*maxPending+9 {
		t.Errorf("%d changes were told", total)
	}
}

func TestWithoutASecretNothingIsSent(t *testing.T) {
	e := receive(t)
	r := newRig(t, e)
	if err := os.WriteFile(r.hook.SecretFile, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.begun()
	r.list.add(1)
	w := newWorker(&r.hook, &Options{Log: slog.New(slog.DiscardHandler)}, nil)
	if err := w.send(t.Context(), "1", nil); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Error(err)
	}
	if err := os.WriteFile(r.hook.SecretFile, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.got("added 1") // the file is read anew for each attempt
}

func TestVerify(t *testing.T) {
	now, body := time.Unix(1795262400, 0), []byte(`{"id":"1"}`)
	header := sign(body, []string{"old", "new"}, now)
	f := func(header, body, secret string, at time.Time, good bool) {
		t.Helper()
		if err := Verify(header, []byte(body), secret, 5*time.Minute, at); (err == nil) != good {
			t.Errorf("%s: %v, want good: %t", header, err, good)
		}
	}
	f(header, string(body), "old", now, true)
	f(header, string(body), "new", now.Add(time.Minute), true)
	f(header, string(body), "other", now, false)
	f(header, `{"id":"2"}`, "new", now, false)
	f(header, string(body), "new", now.Add(6*time.Minute), false) // sent again later
	f(strings.Replace(header, "t=1", "t=2", 1), string(body), "new", now, false)
	f("", string(body), "new", now, false)
	f("t=1795262400,v1=zz", string(body), "new", now, false)
	f("t=1795262400", string(body), "new", now, false)
}

// TestTheSignatureIsAsDocumented holds the example of deploy/LISTS.md.
func TestTheSignatureIsAsDocumented(t *testing.T) {
	got := sign([]byte(`{"id":"1"}`), []string{"secret"}, time.Unix(1795262400, 0))
	if want := "t=1795262400,v1=be89b677238ad8599569795181f871acb1229faf5a3c2fbd5d0d054ef3ebfeda"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
