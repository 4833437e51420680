package agent

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// slow is a gateway that takes a while to take a batch, or does not take it.
type slow struct {
	takes time.Duration
	why   atomic.Pointer[error]
}

// keep has the gateway follow the agent until the test ends.
func (s *slow) keep(r *rig, name string) {
	m := mirror.New(mirror.Options{Source: r.Agent, Now: r.Agent.clock.Now, Way: r.Way(name, time.Second)})
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := m.Next(ctx); err != nil || !pause(ctx, s.takes) {
				return
			}
			if why := s.why.Load(); why != nil {
				m.Failed(*why)
			} else {
				m.Done()
			}
		}
	}()
	r.t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
}

// told is the last report, and which revisions the agent decides by in it.
func (r *rig) told() (ways []block.Way, own map[string]uint64) {
	r.t.Helper()
	synctest.Wait()
	all := r.service.Reports()
	if len(all) == 0 {
		r.t.Fatal("nothing was reported")
	}
	own = map[string]uint64{}
	for segment, v := range all[len(all)-1].Enforcing {
		own[segment] = v.Revision
	}
	return all[len(all)-1].Ways, own
}

func TestReportsTellWhatGatewaysHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New("shop"), newTestClock(), t.TempDir()).start()
		(&slow{takes: 5 * time.Second}).keep(r, "nginx-maps")
		(&slow{}).keep(r, "haproxy")
		pass(time.Minute)
		r.service.Put("192.0.2.7", time.Hour)
		pass(time.Second)
		ways, own := r.told()
		if len(ways) != 2 || ways[0].Name != "haproxy" || !maps.Equal(ways[0].Holds, own) {
			t.Fatalf("ways %+v, the agent is at %v", ways, own)
		}
		if ways[1].Holds[block.All] >= own[block.All] || ways[1].BoundMillis != 1000 {
			t.Fatalf("told before nginx has it: %+v", ways[1])
		}
		pass(4*time.Second + 10*time.Millisecond)
		if ways, _ = r.told(); !maps.Equal(ways[1].Holds, own) {
			t.Errorf("not told once nginx has it: %+v, want %v", ways[1], own)
		}
	})
}

func TestReportsTellOfGatewaysThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New(), newTestClock(), t.TempDir()).start()
		s := &slow{}
		s.keep(r, "wso2")
		why := errors.New(strings.Repeat("no ", 1000))
		s.why.Store(&why)
		r.service.Put("192.0.2.7", time.Hour)
		pass(time.Minute)
		ways, own := r.told()
		if w := ways[0]; w.Holds[block.All] >= own[block.All] || w.FailingMillis < 40_000 || len(w.Why) != maxWhy {
			t.Fatalf("while it fails: %+v", w)
		}
		s.why.Store(nil)
		r.service.Put("192.0.2.8", time.Hour)
		pass(time.Second)
		ways, own = r.told()
		if w := ways[0]; !maps.Equal(w.Holds, own) || w.FailingMillis != 0 || w.Why != "" {
			t.Errorf("once it does not: %+v", w)
		}
	})
}

// What came and went while the service was away changes nothing in a gateway,
// but what it holds is that of the newer revision.
func TestGatewaysCatchUpWithWhatChangedNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New("shop"), newTestClock(), t.TempDir()).start()
		r.service.Put("192.0.2.1", time.Hour)
		(&slow{}).keep(r, "haproxy")
		r.service.Cut()
		synctest.Wait()
		r.service.Put("192.0.2.7", time.Hour)
		r.service.Remove("192.0.2.7")
		r.service.Mend()
		pass(time.Minute)
		ways, own := r.told()
		if !maps.Equal(ways[0].Holds, own) || own[block.All] < 3 {
			t.Errorf("ways %+v, the agent is at %v", ways, own)
		}
	})
}

// An alarm is told while it lasts, and no block waits for it.
func TestAlarmsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New(), newTestClock(), t.TempDir()).start()
		alarm := r.Alarm("asked")
		pass(time.Minute)
		if ways, _ := r.told(); len(ways) != 0 {
			t.Errorf("without an alarm: %+v", ways)
		}
		alarm.Fails(errors.New("nobody asks"))
		r.service.Put("192.0.2.7", time.Hour)
		pass(time.Minute)
		ways, own := r.told()
		if len(ways) != 1 || ways[0].Why != "nobody asks" || ways[0].FailingMillis < 40_000 || !maps.Equal(ways[0].Holds, own) {
			t.Errorf("%+v; the agent has %v", ways, own)
		}
		alarm.Holds(nil)
		pass(time.Second)
		if ways, _ := r.told(); len(ways) != 0 {
			t.Errorf("after it: %+v", ways)
		}
	})
}
