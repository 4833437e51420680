package rollout

import (
	"fmt"
	"testing"
	"time"
)

// serve tells of a gateway's requests of ten minutes.
func (w *world) serve(gateway string, requests, errors int, latency time.Duration) *world {
	h := Health{Gateway: gateway}
	for i := range requests {
		status := int64(200)
		if i < errors {
			status = 502
		}
		h.Add(status, latency)
	}
	w.Gateways(h, w.now)
	return w.wait(slotTime)
}

func TestGatewaysThatGetWorse(t *testing.T) {
	const ms = time.Millisecond
	f := func(want string, before, after func(w *world)) {
		t.Helper()
		w := newWorld(t).climb("v1", Flag)
		w.observe("v1", enough()).wait(12*time.Hour - slotTime)
		before(w)
		w.want("promote", w.step(), "v1 promoted flag>canary-5").wait(slotTime)
		after(w)
		changes, quiet := w.fleet.changes(w.find("r", "v1").Before, w.at("v1").Since, w.now, 1)
		w.want(fmt.Sprintf("after %+v, quiet %q", changes, quiet), w.step(), want)
	}
	well := func(w *world) { w.serve("a", 5000, 50, 80*ms) }
	const held, back = "v1 held canary-5>canary-5", "v1 rolled back canary-5>shadow"
	f("", well, well)
	f("", well, func(w *world) { w.serve("a", 5000, 100, 80*ms) })
	f(held, well, func(w *world) { w.serve("a", 5000, 200, 80*ms) })
	f(back, well, func(w *world) { w.serve("a", 5000, 300, 80*ms) })
	f(held, well, func(w *world) { w.serve("a", 5000, 50, 160*ms) })
	f(back, well, func(w *world) { w.serve("a", 5000, 50, 400*ms) })
	f("", well, func(w *world) { w.serve("a", 900, 900, time.Second) }) // too few to judge
	f("", well, func(w *world) { w.serve("new", 5000, 5000, time.Second) })
	f("", func(w *world) { w.serve("a", 5000, 0, ms) }, func(w *world) { w.serve("a", 5000, 0, 4*ms) }) // nobody notices
	f(back, func(w *world) { w.serve("a", 5000, 0, ms).wait(-slotTime).serve("b", 5000, 0, ms) },
		func(w *world) { w.serve("a", 5000, 0, ms).wait(-slotTime).serve("b", 5000, 999, ms) })
}

// Errors are seen as soon as there are enough requests, and a gateway that has
// fallen silent since the promotion is none that does well.
func TestGatewaysAreJudgedSoonAndWhenSilent(t *testing.T) {
	const ms = time.Millisecond
	begin := func() *world {
		w := newWorld(t).climb("v1", Flag)
		w.observe("v1", enough()).wait(12*time.Hour-slotTime).serve("a", 5000, 0, ms)
		return w.want("promote", w.step(), "v1 promoted flag>canary-5")
	}
	w := begin().wait(slotTime + time.Second)
	var h Health
	for range 1500 {
		h.Add(503, ms)
	}
	w.Gateways(h.named("a"), w.now)
	w.want("in the same minutes", w.step(), "v1 rolled back canary-5>shadow")

	w = begin().observe("v1", enough()).wait(12 * time.Hour)
	w.want("a silent gateway", w.step(), "")
	for _, g := range w.at("v1").Gates {
		if want := map[bool]Color{true: Measuring, false: Green}[g.Name == "errors"]; g.Color != want {
			t.Errorf("gate %+v, want %s", g, want)
		}
	}
	w.serve("a", 5000, 0, ms)
	w.want("it is back", w.step(), "v1 promoted canary-5>canary-25")
}

func (h Health) named(gateway string) Health { h.Gateway = gateway; return h }

// What swings around a limit is told once, and goes on when it is over.
func TestASwingingGateIsToldOnce(t *testing.T) {
	w := newWorld(t).climb("v1", Flag).observe("v1", enough())
	told := w.observe("v1", Measure{Complaints: 1}).step()
	for range 20 { // a share that others' findings push over the limit and back
		w.find("r", "v1").Tally.Complaints ^= 1
		told += w.wait(time.Minute).step()
	}
	w.find("r", "v1").Tally.Complaints = 0
	w.want("while it swings", told, "v1 held flag>flag")
	w.want("when it is over", w.wait(settled).step(), "v1 resumed flag>flag")
}

func TestP95(t *testing.T) {
	f := func(want time.Duration, latencies ...time.Duration) {
		t.Helper()
		var h Health
		for _, l := range latencies {
			h.Add(200, l)
		}
		if got := h.Latency.p95(); got < want || float64(got) > 1.26*float64(want)+65_536 {
			t.Errorf("%v has the 95th percentile %v, want %v", latencies, got, want)
		}
	}
	f(0)
	f(0, 0)
	f(time.Millisecond, time.Millisecond)
	f(30*time.Microsecond, 30*time.Microsecond)
	many := make([]time.Duration, 100)
	for i := range many {
		many[i] = time.Duration(i+1) * 10 * time.Millisecond
	}
	f(950*time.Millisecond, many...)
	var h Health
	h.Add(200, time.Hour)
	if h.Latency.p95() < time.Minute {
		t.Error("an hour is not long")
	}
	for i := 1; i < len(h.Latency); i++ {
		if upper(i) <= upper(i-1) || bucketOf(upper(i)-1) != i || bucketOf(upper(i-1)) != i {
			t.Fatalf("bucket %d ends at %v", i, upper(i))
		}
	}
}

func TestGatewaysAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 200 {
		w.Gateways(Health{Gateway: fmt.Sprint(i), Requests: 1}, w.now)
	}
	if n := len(w.fleet.Gateways); n > maxGateways+1 || w.fleet.Gateways[otherOnes] == nil || w.fleet.Requests != 200 {
		t.Errorf("%d gateways, %d requests", n, w.fleet.Requests)
	}
	for range 100 {
		w.serve("0", 1, 0, 0)
	}
	if n := len(w.fleet.Gateways["0"].Slots); n != slotsKept {
		t.Errorf("%d slots", n)
	}
}
