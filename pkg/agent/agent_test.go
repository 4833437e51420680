package agent

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

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
