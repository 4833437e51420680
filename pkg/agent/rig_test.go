package agent

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testClock runs with the bubble's time; the time of day and the boot can be
// changed under it.
type testClock struct {
	started time.Time
	boot    string
	moved   atomic.Int64 // how far somebody has set the time of day
	slept   atomic.Int64 // suspension that Refresh has noticed
}

func newTestClock() *testClock { return &testClock{started: time.Now(), boot: "boot-1"} }

func (c *testClock) Now() time.Duration {
	return time.Since(c.started) + time.Duration(c.slept.Load())
}

func (c *testClock) Boot() string { return c.boot }

func (c *testClock) Wall() time.Time { return time.Now().Add(time.Duration(c.moved.Load())) }

func (c *testClock) Refresh() {}

// rig is an agent and its service, in a bubble of their own time.
type rig struct {
	*Agent
	t       *testing.T
	service *agenttest.Service
	clock   *testClock
	dir     string
	log     *logBuffer
	stop    func()
}

// logBuffer may be written and read at the same time.
type logBuffer struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// allowing is an allow list of targets as text.
func allowing(t testing.TB, targets ...string) *Allow {
	t.Helper()
	var list [][]block.Criterion
	for _, text := range targets {
		criteria, err := block.ParseCriteria(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, criteria)
	}
	allow, err := NewAllow(list...)
	if err != nil {
		t.Fatal(err)
	}
	return allow
}

func newRig(t *testing.T, service *agenttest.Service, clock *testClock, dir string, allow ...string) *rig {
	t.Helper()
	log := new(logBuffer)
	a, err := New(Options{
		Name: "edge", Software: "test", Dir: dir, Link: service, Clock: clock, Metrics: prometheus.NewRegistry(),
		Log: slog.New(slog.NewTextHandler(log, nil)), Policy: Policy{Allow: allowing(t, allow...)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Agent: a, t: t, service: service, clock: clock, dir: dir, log: log, stop: func() {}}
}

// start runs the agent until stop, or the end of the test.
func (r *rig) start() *rig {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("run: %v", err)
		}
	}
	r.t.Cleanup(r.stop)
	synctest.Wait()
	return r
}

// decide decides about a request of which nothing is known but its client.
func (r *rig) decide(client string) block.Verdict {
	return r.Decide(&block.Request{Client: netip.MustParseAddr(client)})
}

func (r *rig) denied(client string) bool {
	v := r.decide(client)
	return v.Refused
}

func (r *rig) want(client string, denied bool) {
	r.t.Helper()
	if got := r.denied(client); got != denied {
		r.t.Errorf("%s denied: %v, want %v", client, got, denied)
	}
}

// logged tells whether something was said just so many times.
func (r *rig) logged(what string, times int) {
	r.t.Helper()
	if n := strings.Count(r.log.String(), `msg="`+what); n != times {
		r.t.Errorf("%q was said %d times:\n%s", what, n, r.log)
	}
}

// pass lets time pass and everything that is due then happen.
func pass(d time.Duration) {
	time.Sleep(d) // of the bubble: takes no time
	synctest.Wait()
}

func touchBy(client string) finding.Finding {
	actor := finding.ActorOf(netip.MustParseAddr(client))
	return finding.Finding{
		ID: finding.NewID("decoy", client), Rule: "decoy.env", Family: finding.Decoy, Tier: finding.Log, Actor: actor,
		Wanted: finding.Wanted{LifetimeSeconds: 3600},
	}
}
