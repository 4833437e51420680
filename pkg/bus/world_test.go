package bus

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
	"github.com/honeymoat/honeymoat/pkg/bus/embedded"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		os.Exit(publishUntilKilled(dir))
	}
	goleak.VerifyTestMain(m)
}

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// eventually polls until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// world is a running service: server and bus.
type world struct {
	*Bus
	server  *bustest.Server
	url     string
	touches sync.Map      // finding id → agent
	gate    chan struct{} // closed: touches that are stuck go on
	stop    func()
}

// where is what the streams are kept by.
type where struct {
	dir  string
	leaf *embedded.Leaf
}

// everywhere runs a test against the embedded server and against an external
// one that the embedded server joins.
func everywhere(t *testing.T, test func(t *testing.T, at where)) {
	t.Run("embedded", func(t *testing.T) { test(t, where{dir: t.TempDir()}) })
	t.Run("external", func(t *testing.T) {
		leaf := bustest.External(t, filepath.Join(t.TempDir(), "external"))
		test(t, where{leaf: leaf})
	})
}

// start runs a service; opts may be changed before.
func start(t testing.TB, at where, change ...func(*Options)) *world {
	t.Helper()
	w := &world{server: bustest.Start(t, at.dir, at.leaf), gate: make(chan struct{})}
	opts := Options{InProcess: w.server, Connected: w.server.Connected, Disconnect: w.server.Disconnect, Patience: 50 * time.Millisecond}
	opts.User, opts.Password = w.server.Login()
	if at.leaf != nil {
		opts.Domain = bustest.Domain
	}
	for _, c := range change {
		c(&opts)
	}
	ctx, cancel := context.WithCancel(context.Background())
	connecting, done := context.WithTimeout(ctx, patience)
	defer done()
	b, err := Connect(connecting, opts)
	if err != nil {
		t.Fatal(err)
	}
	w.Bus = b
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, w.touch) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("bus: %v", err)
		}
		b.Close()
		w.server.Stop(t)
	})
	t.Cleanup(w.stop)
	select {
	case <-b.Ready():
	case err := <-ended:
		t.Fatalf("bus: %v", err)
	}
	addr, err := w.server.Listen(b.Agents().Lookup)
	if err != nil {
		t.Fatal(err)
	}
	w.url = "tls://" + addr.String()
	return w
}

func (w *world) touch(ctx context.Context, agent string, f finding.Finding) error {
	switch f.ID {
	case "refused":
		return fmt.Errorf("no finding %q", f.ID)
	case "stuck":
		select {
		case <-w.gate:
		case <-ctx.Done():
		}
	}
	w.touches.Store(f.ID, agent)
	return nil
}

// enrol makes an agent with a secret that is its name.
func (w *world) enrol(t testing.TB, name string, segments ...string) {
	t.Helper()
	token := auth.DigestOf("token of " + name + t.Name())
	e := Enrolment{Name: name, Gateway: "gw-" + name, Segments: segments, By: "token:test", ExpiresAt: time.Now().Add(time.Minute)}
	if err := w.Agents().CreateEnrolment(t.Context(), token, e); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Agents().Enrol(t.Context(), token, auth.DigestOf(name), ""); err != nil {
		t.Fatal(err)
	}
}

// gateway is an agent with its replica.
type gateway struct {
	*Agent
	mu       sync.Mutex
	replica  *block.Replica
	epoch    time.Time
	linked   int
	loaded   int // snapshots
	lost     error
	withdrew []block.ID
	asked    atomic.Uint64 // last retry that was heard of
	spared   atomic.Pointer[[]netip.Prefix]
	ended    chan error
}

// follow connects an agent and lets it follow until the end of the test.
func (w *world) follow(t testing.TB, name string) *gateway {
	t.Helper()
	a, err := NewAgent(AgentOptions{URLs: []string{w.url}, TLS: w.server.ClientTLS, Name: name, Secret: name})
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{Agent: a, replica: block.NewReplica(), epoch: time.Now(), ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { g.ended <- a.Follow(ctx, g) }()
	t.Cleanup(func() {
		cancel()
		<-g.ended
		g.ended <- nil
	})
	return g
}

func (g *gateway) now() time.Duration { return time.Since(g.epoch) }

func (g *gateway) Linked(segments []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.linked++
	keep := map[string]bool{}
	for _, s := range segments {
		keep[s] = true
	}
	g.replica.Forget(func(name string) bool { return keep[name] })
}

func (g *gateway) Lost(reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lost = reason
}

func (g *gateway) Keys(segment string, keys []block.MatchKey) { g.replica.SetKeys(segment, keys) }

func (g *gateway) Expect(segment string) { g.replica.Expect(segment) }

func (g *gateway) Load(segment string, data []byte) error {
	g.mu.Lock()
	g.loaded++
	g.mu.Unlock()
	set, err := block.ReadSnapshot(data, g.now(), 0)
	if err == nil {
		g.replica.Load(segment, set, g.now())
	}
	return err
}

func (g *gateway) Apply(segment string, d block.Delta) { g.replica.Apply(segment, d, g.now()) }

func (g *gateway) Heartbeat(segment string, v block.Version) bool {
	return g.replica.Heartbeat(segment, v)
}

func (g *gateway) Withdraw(id block.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.withdrew = append(g.withdrew, id)
}

func (g *gateway) denies(addr string) bool {
	return g.replica.Decide(&block.Request{Client: netip.MustParseAddr(addr)}, g.now()).Denied()
}

// inStep tells whether the agent has what the service has in a segment.
func (g *gateway) inStep(w *world, segment string) bool {
	return g.replica.Versions()[segment] == w.Blocks().Versions()[segment]
}

// blockOn makes a block of an hour.
func blockOn(segment, target string) block.Block {
	t, err := block.ParseTarget(target)
	if err != nil {
		panic(err)
	}
	return block.Block{
		ID: block.NewID(segment, target), Segment: segment, Target: t, LifetimeSeconds: 3600,
		CreatedAt: time.Now(), Reason: "a reason that is not for agents", By: "token:test",
	}
}

func (w *world) put(t testing.TB, b block.Block) block.Block {
	t.Helper()
	stored, err := w.Blocks().Put(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

const testFile = "00000000000000aa"

// batch makes a batch of one row that covers bytes of the test's file.
func batch(start, end int64) *event.Batch {
	b := &event.Batch{Header: event.Header{
		Source: "web", File: testFile, Start: start, End: end, FirstLine: start + 1, NextLine: end + 1,
	}}
	b.SetString(event.Path, "/plain/text/in/the/clear")
	b.EndRow()
	return b
}

func (g *gateway) isLinked() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.linked > 0
}
