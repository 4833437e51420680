package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
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
func (c *testClock) Boot() string    { return c.boot }
func (c *testClock) Wall() time.Time { return time.Now().Add(time.Duration(c.moved.Load())) }
func (c *testClock) Refresh()        {}

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

func TestBlocksArriveAndAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New("eu")
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		r.want("192.0.2.7", false)
		id := service.PutIn("eu", "192.0.2.0/24", time.Hour, block.Enforce)
		synctest.Wait()
		d := r.decide("192.0.2.7")
		if !d.Denied() || d.ID != id || d.Segment != "eu" {
			t.Errorf("decision %+v", d)
		}
		pass(reportGap)
		reports := service.Reports()
		if last := reports[len(reports)-1]; last.Enforcing["eu"] != service.Version("eu") || last.Denied != 1 || last.Software != "test" {
			t.Errorf("reported %+v", last)
		}
		service.Remove("192.0.2.0/24")
		service.PutIn("eu", "192.0.2.0/24", time.Hour, block.Shadow)
		synctest.Wait()
		if d := r.decide("192.0.2.7"); !d.Found || d.Denied() {
			t.Errorf("a block in shadow: %+v", d)
		}
	})
}

func TestReportsOfABurstAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		newRig(t, service, newTestClock(), t.TempDir()).start()
		pass(time.Second)
		before := len(service.Reports())
		for i := range 1000 {
			service.Put(fmt.Sprintf("198.51.%d.%d", i/250, i%250), time.Hour)
			pass(100 * time.Microsecond)
		}
		pass(time.Second)
		reports := service.Reports()
		if n := len(reports) - before; n > 30 {
			t.Errorf("%d reports of changes within 100 ms", n)
		}
		if last := reports[len(reports)-1]; last.Enforcing[block.All].Count != 1000 {
			t.Errorf("the last report is not of the last state: %+v", last)
		}
	})
}

func TestAgentCutOffGoesOnAndConverges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		service.Put("192.0.2.1", time.Minute)
		service.Put("192.0.2.2", time.Hour)
		synctest.Wait()
		service.Cut()
		service.Put("192.0.2.3", time.Hour)
		pass(30 * time.Second)
		r.want("192.0.2.1", true)
		r.want("192.0.2.3", false)
		if r.InSync() {
			t.Error("in sync with a service that is away")
		}
		pass(31 * time.Second)
		r.want("192.0.2.1", false) // ended by the agent's own clock
		r.want("192.0.2.2", true)
		service.Remove("192.0.2.2")
		service.Mend()
		pass(time.Second)
		r.want("192.0.2.2", false)
		r.want("192.0.2.3", true)
		if !r.InSync() || r.Versions()[block.All] != service.Version(block.All) {
			t.Errorf("has %+v, the service %+v", r.Versions(), service.Version(block.All))
		}
	})
}

// What was held before a connection says nothing about what is missing.
func TestInSyncIsShownAnew(t *testing.T) {
	a := newRig(t, agenttest.New(), newTestClock(), t.TempDir())
	now, later := block.Version{}, block.Version{Revision: 5, Count: 1, Hash: 7}
	f := func(want bool, when string) {
		t.Helper()
		if a.InSync() != want {
			t.Errorf("in sync is %v, want %v, %s", !want, want, when)
		}
	}
	link := func() { a.Linked([]string{block.All, "edge"}) }
	link()
	a.Heartbeat(block.All, now)
	f(false, "with one of two segments")
	a.Heartbeat("edge", now)
	f(true, "with both")
	a.Heartbeat("edge", later)
	f(true, "with a heartbeat that may have come early")
	a.Lost(errLinkEnded)
	f(false, "without the service")
	link()
	f(false, "before anything was shown")
	a.Heartbeat(block.All, now)
	a.Heartbeat("edge", later)
	a.Heartbeat("edge", later)
	f(false, "with a gap")
}

func TestMissedChangeIsHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		service.PutUnseen("192.0.2.9", time.Hour)
		pass(3 * time.Second)
		r.want("192.0.2.9", true)
	})
}

func TestRestartWhileTheServiceIsAway(t *testing.T) {
	f := func(name string, meanwhile func(c *testClock), short, long bool) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
				r := newRig(t, service, clock, dir).start()
				service.Put("192.0.2.1", time.Minute)
				service.Put("192.0.2.2", time.Hour)
				pass(2 * time.Second)
				r.stop()
				service.Cut()
				meanwhile(clock)
				r = newRig(t, service, clock, dir)
				r.want("192.0.2.1", short) // before it even runs
				r.want("192.0.2.2", long)
				r.start()
				r.want("192.0.2.1", short)
				r.want("192.0.2.2", long)
			})
		})
	}
	f("at once", func(*testClock) {}, true, true)
	f("later", func(*testClock) { time.Sleep(2 * time.Minute) }, false, true)
	f("much later", func(*testClock) { time.Sleep(2 * time.Hour) }, false, false)
	f("time of day set forward", func(c *testClock) { c.moved.Store(int64(9 * time.Hour)) }, true, true)
	f("time of day set back, later", func(c *testClock) {
		c.moved.Store(-int64(9 * time.Hour))
		time.Sleep(2 * time.Minute)
	}, false, true)
	reboot := func(c *testClock) { c.boot, c.started = "boot-2", time.Now() }
	f("rebooted, later", func(c *testClock) {
		time.Sleep(2 * time.Minute)
		reboot(c)
	}, false, true)
	f("rebooted, time of day set back", func(c *testClock) {
		reboot(c)
		c.moved.Store(-int64(time.Hour))
	}, true, true)
}

func TestSettingTheTimeEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock := agenttest.New(), newTestClock()
		r := newRig(t, service, clock, t.TempDir()).start()
		service.Put("192.0.2.1", time.Minute)
		synctest.Wait()
		clock.moved.Store(int64(24 * time.Hour))
		r.want("192.0.2.1", true)
		clock.moved.Store(-int64(24 * time.Hour))
		pass(61 * time.Second)
		r.want("192.0.2.1", false)
	})
}

func TestSuspensionCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock := agenttest.New(), newTestClock()
		r := newRig(t, service, clock, t.TempDir()).start()
		service.Put("192.0.2.1", time.Minute)
		synctest.Wait()
		clock.slept.Store(int64(time.Hour))
		r.want("192.0.2.1", false)
	})
}

func TestAllowlistWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir(), "192.0.2.16/28").start()
		service.Put("192.0.2.0/24", time.Hour)
		service.Put("192.0.2.17", time.Hour)
		service.Put("127.0.0.0/8", time.Hour)
		service.Put("::1", time.Hour)
		r.Touch(touchBy("192.0.2.18"))
		synctest.Wait()
		for _, allowed := range []string{"192.0.2.17", "192.0.2.18", "::ffff:192.0.2.17", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"} {
			r.want(allowed, false)
		}
		r.want("192.0.2.1", true)
		r.want("::ffff:192.0.2.1", true)
		if r.Decide(&block.Request{}).Found {
			t.Error("an address that is none was found")
		}
		r.SetPolicy(Policy{Allow: allowing(t, "192.0.2.1")})
		r.want("192.0.2.1", false)
		r.want("192.0.2.17", true)
	})
}

func TestProvisionalRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		f := touchBy("192.0.2.7")
		id := r.Touch(f)
		if want := block.NewID("provisional", "edge", f.ID); id != want {
			t.Errorf("id %s, want %s", id, want)
		}
		if d := r.decide("192.0.2.7"); !d.Denied() || d.ID != id {
			t.Errorf("after the touch: %+v", d)
		}
		r.want("192.0.2.8", false)
		synctest.Wait()
		if touches := service.Touches(); len(touches) != 1 || touches[0].ID != f.ID {
			t.Errorf("the service has touches %+v", touches)
		}
		pass(30 * time.Second)
		r.Touch(f) // the same touch again does not extend it
		pass(31 * time.Second)
		r.want("192.0.2.7", false)
		r.Touch(f)
		r.want("192.0.2.7", true) // new evidence, after it was forgotten
	})
}

func TestProvisionalRefusalOfAnIPv6Network(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New(), newTestClock(), t.TempDir()).start()
		r.Touch(touchBy("2001:db8::7"))
		r.want("2001:db8::8", true)
		r.want("2001:db8:0:1::7", false)
	})
}

func TestServiceConfirmsOrWithdraws(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		confirmed, withdrawn := touchBy("192.0.2.1"), touchBy("192.0.2.2")
		service.OnTouch(func(f finding.Finding) {
			if f.ID == confirmed.ID {
				service.Put(f.Actor.Value, time.Hour)
			} else {
				service.Withdraw(block.NewID("provisional", "edge", f.ID))
			}
		})
		r.Touch(confirmed)
		r.Touch(withdrawn)
		synctest.Wait()
		r.want("192.0.2.2", false)
		pass(2 * time.Minute)
		r.want("192.0.2.1", true)
		r.want("192.0.2.2", false)
	})
}

func TestTouchInShadowRefusesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		f := touchBy("192.0.2.7")
		f.Wanted.Shadow = true
		r.Touch(f)
		g := touchBy("192.0.2.8")
		g.Wanted = finding.Wanted{}
		r.Touch(g)
		r.want("192.0.2.7", false)
		r.want("192.0.2.8", false)
		synctest.Wait()
		if n := len(service.Touches()); n != 2 {
			t.Errorf("the service was told of %d touches", n)
		}
	})
}

func TestTouchesWaitForTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
		service.Cut()
		r := newRig(t, service, clock, dir).start()
		r.Touch(touchBy("192.0.2.1"))
		r.Touch(touchBy("192.0.2.2"))
		r.want("192.0.2.1", true)
		pass(20 * time.Second)
		r.stop()
		r = newRig(t, service, clock, dir).start()
		r.Touch(touchBy("192.0.2.3"))
		pass(20 * time.Second)
		service.Mend()
		pass(maxBackoff * 4)
		if n := len(service.Touches()); n != 3 {
			t.Errorf("the service has %d touches, want 3", n)
		}
		pass(2 * time.Second)
		r.stop()
		if n := newRig(t, service, clock, dir).touches.len(); n != 0 {
			t.Errorf("%d touches wait after all were delivered", n)
		}
	})
}

func TestWaitingTouchesAreBounded(t *testing.T) {
	q := newTouchQueue(filepath.Join(t.TempDir(), touchesFile))
	for i := range maxTouches + 10 {
		f := touchBy("192.0.2.1")
		f.ID = fmt.Sprint(i)
		if dropped := q.push(f); dropped != (i >= maxTouches) {
			t.Fatalf("touch %d dropped another: %v", i, dropped)
		}
	}
	if first, _ := q.first(); q.len() != maxTouches || first.ID != "10" {
		t.Errorf("%d wait, the first is %s", q.len(), first.ID)
	}
}

func TestProvisionalRefusalsAreBounded(t *testing.T) {
	p := newProvisional(newFeed())
	refuse := func(i int) bool {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		return p.add(block.ID(i+1), block.AddressTarget(a), 0)
	}
	for i := range maxProvisional {
		if !refuse(i) {
			t.Fatalf("refusal %d was not taken", i)
		}
	}
	if refuse(maxProvisional) {
		t.Error("one too many was taken")
	}
	p.expire(time.Hour)
	if p.len() != 0 || !refuse(maxProvisional) {
		t.Errorf("%d are left after their end", p.len())
	}
}

func TestRefusedAgentGoesOnEnforcing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		service.Put("192.0.2.1", time.Hour)
		synctest.Wait()
		service.Refuse(errors.New("revoked"))
		pass(10 * time.Minute)
		r.want("192.0.2.1", true)
		if !strings.Contains(r.log.String(), "honeymoat-agent enroll") {
			t.Errorf("no hint in the log: %s", r.log)
		}
		service.Refuse(nil)
		service.Put("192.0.2.2", time.Hour)
		pass(refusedRetry + time.Second)
		r.want("192.0.2.2", true)
	})
}

func TestSegmentTakenAwayIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, dir := newTestClock(), t.TempDir()
		wide := agenttest.New("eu")
		r := newRig(t, wide, clock, dir).start()
		wide.PutIn("eu", "192.0.2.1", time.Hour, block.Enforce)
		synctest.Wait()
		r.stop()
		r = newRig(t, agenttest.New(), clock, dir)
		r.want("192.0.2.1", true)
		r.start()
		r.want("192.0.2.1", false)
	})
}

func TestDamagedStateIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
		r := newRig(t, service, clock, dir).start()
		service.Put("192.0.2.1", time.Hour)
		pass(2 * time.Second)
		r.stop()
		path := filepath.Join(dir, StateFile)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.WriteFile(filepath.Join(dir, touchesFile), []byte("{"), 0o600)); err != nil {
			t.Fatal(err)
		}
		r = newRig(t, service, clock, dir)
		r.want("192.0.2.1", false)
		r.start()
		r.want("192.0.2.1", true)
		for _, name := range []string{StateFile, touchesFile} {
			if _, err := os.Stat(filepath.Join(dir, name+".corrupt")); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(r.log.String(), "cannot be read") {
			t.Errorf("log: %s", r.log)
		}
	})
}

func TestStateThatCannotBeSavedIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, dir := agenttest.New(), t.TempDir()
		r := newRig(t, service, newTestClock(), dir).start()
		aside := dir + "-aside"
		if err := os.Rename(dir, aside); err != nil {
			t.Fatal(err)
		}
		service.Put("192.0.2.1", time.Hour)
		pass(time.Minute)
		r.want("192.0.2.1", true)
		if n := strings.Count(r.log.String(), "cannot be saved"); n != 1 {
			t.Errorf("told %d times: %s", n, r.log)
		}
		if err := os.Rename(aside, dir); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		if !strings.Contains(r.log.String(), "can be saved again") {
			t.Errorf("log: %s", r.log)
		}
	})
}

func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "."+StateFile+"123456")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newRig(t, agenttest.New(), newTestClock(), dir)
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed process left is still there")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Options{Name: "a.b"}); !errors.Is(err, block.ErrName) {
		t.Error(err)
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	r := newRig(t, agenttest.New(), newTestClock(), t.TempDir())
	r.Touch(touchBy("192.0.2.7"))
	for _, client := range []string{"192.0.2.7", "192.0.2.8", "2001:db8::1"} {
		a := netip.MustParseAddr(client)
		if n := testing.AllocsPerRun(100, func() { r.Decide(&block.Request{Client: a, Path: "/a/b"}) }); n != 0 {
			t.Errorf("%s: %v allocations a decision", client, n)
		}
	}
}

func TestSystemClock(t *testing.T) {
	c, err := NewSystemClock()
	if err != nil {
		t.Fatal(err)
	}
	before := c.Now()
	c.Refresh()
	if after := c.Now(); after < before || c.Boot() == "" || c.asleep.Load() != 0 {
		t.Errorf("%v, then %v; boot %q, asleep %v", before, after, c.Boot(), c.asleep.Load())
	}
	c.uptime -= time.Hour // as if an hour had gone by unseen
	c.Refresh()
	if woken := c.Now(); woken < before {
		t.Errorf("a suspension was not noticed: %v", woken)
	}
}

func FuzzDecodeState(f *testing.F) {
	clock := newTestClock()
	var b block.Builder
	b.Add(block.Delta{Revision: 1, Target: block.AddressTarget(netip.MustParseAddr("192.0.2.7")), ID: 1, Left: time.Hour}, 0)
	good, err := encodeState(savedState{sets: map[string]*block.Set{block.All: b.Set(1)}}, clock)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte(stateMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := decodeState(data, clock); err != nil && !errors.Is(err, block.ErrCorrupt) {
			t.Errorf("an error that is not of damage: %v", err)
		}
	})
}

// mixed is a set of n blocks: most on addresses, some on prefixes, users,
// conjunctions and others.
func mixed(n int, now time.Duration) *block.Set {
	key := block.NewMatchKey([32]byte{1})
	var build block.Builder
	for i := range n {
		t := block.AddressTarget(address(i))
		criteria := []block.Criterion{{Scope: block.ScopeUser, Value: strconv.Itoa(i)}}
		switch i % 20 {
		case 14, 15:
			t = block.PrefixTarget(netip.PrefixFrom(address(i), 24+i%8))
		case 18:
			criteria = append(criteria, block.Criterion{Scope: block.ScopePrefix, Value: "192.0.2.0/24"})
			fallthrough
		case 16, 17:
			t, _ = key.Target(criteria)
		case 19:
			t, _ = block.NewTarget(block.Criterion{Scope: block.ScopeUserAgent, Value: "probe/" + strconv.Itoa(i)})
		}
		build.Add(block.Delta{Revision: uint64(i + 1), Target: t, ID: block.ID(i + 1), Left: time.Hour}, now)
	}
	return build.Set(uint64(n))
}

func BenchmarkState(b *testing.B) {
	clock := newTestClock()
	state := savedState{sets: map[string]*block.Set{block.All: mixed(1_000_000, clock.Now())}}
	file := stateFile{filepath.Join(b.TempDir(), StateFile)}
	b.Run("save a million", func(b *testing.B) {
		for b.Loop() {
			if _, err := file.save(state, clock); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("start with a million", func(b *testing.B) {
		if _, err := file.save(state, clock); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := New(Options{Name: "edge", Dir: filepath.Dir(file.path), Clock: clock, Log: slog.New(slog.DiscardHandler)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			clock, err := NewSystemClock()
			if err != nil {
				b.Fatal(err)
			}
			a, err := New(Options{Name: "edge", Dir: b.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler), Link: agenttest.New()})
			if err != nil {
				b.Fatal(err)
			}
			var build block.Builder
			for i := range n {
				build.Add(block.Delta{Revision: uint64(i + 1), Target: block.AddressTarget(address(i)), ID: block.ID(i + 1), Left: time.Hour}, clock.Now())
			}
			a.replica.Load(block.All, build.Set(uint64(n)), clock.Now())
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i += 7919
				a.Decide(&block.Request{Client: netip.AddrFrom4([4]byte{byte(i>>16)%20 + 11, byte(i >> 8), byte(i), byte(i * 7)}), Path: "/a"})
			}
		})
	}
}
