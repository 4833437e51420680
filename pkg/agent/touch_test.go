package agent

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

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
