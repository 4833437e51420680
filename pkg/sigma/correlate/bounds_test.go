package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// firstHit feeds one event after the other and gives the number of the one
// that completed something.
func firstHit(b *bench, most int, event func(i int) *line) int {
	for i := range most {
		l := event(i)
		l.file, l.offset = "f", int64(i)
		b.feed(l, "a")
		if len(b.found) > 0 {
			return i + 1
		}
	}
	return -1
}

func TestCountsBeyondWhatIsExact(t *testing.T) {
	f := func(need int, within float64, correlation string) {
		t.Helper()
		b := newBench(t, correlation, Options{})
		got := firstHit(b, 2*need, func(i int) *line {
			return &line{at: int64(i) * second / 1000, values: map[string]string{"user": fmt.Sprint(i), "bytes": "3"}}
		})
		if math.Abs(float64(got-need)) > within*float64(need) {
			t.Errorf("%s: completed by event %d, want %d within %g", correlation, got, need, within)
		}
	}
	f(512, 0, `x: type: event_count, rules: [a], timespan: 1h, condition: {gte: 512}`)
	f(100_000, 0, `x: type: event_count, rules: [a], timespan: 1h, condition: {gte: 100000}`)
	f(10_000, 0, `x: type: value_sum, rules: [a], timespan: 1h, condition: {field: bytes, gte: 30000}`)
	f(1024, 0, `x: type: value_count, rules: [a], timespan: 1h, condition: {field: user, gte: 1024}`)
	f(50_000, 5*0.045, `x: type: value_count, rules: [a], timespan: 1h, condition: {field: user, gte: 50000}`)
}

// A timespan is wrong by no more than a 512th.
func TestTimespansBeyondWhatIsExact(t *testing.T) {
	f := func(timespan float64, want bool) {
		t.Helper()
		b := newBench(t, `x: type: event_count, rules: [a], timespan: 1h, condition: {gte: 1000}`, Options{})
		got := firstHit(b, 1000, func(i int) *line {
			return &line{at: 1800*second + int64(float64(i)/999*timespan*3600*float64(second))}
		}) == 1000
		if got != want {
			t.Errorf("in %g timespans 1000 events are found: %t", timespan, got)
		}
	}
	f(1-1.0/512, true)
	f(1+1.0/512, false)
}

// What a window keeps is bounded, whatever is in it.
func TestWindowsAreBounded(t *testing.T) {
	b := newBench(t, everything, Options{})
	for i := range int64(8_000) {
		b.feed(&line{at: i * second / 200, file: "f", offset: i, values: map[string]string{"ip": "1", "user": fmt.Sprint(i), "bytes": fmt.Sprint(i)}}, "a", "b", "c", "d")
		b.Advance(i*second/200, func(Match) {})
	}
	for _, l := range b.memory.lists {
		for g := l.oldest; g != nil; g = g.next {
			for i := range g.windows {
				if n := len(g.windows[i].cells) + len(g.windows[i].instants()); n > exactValues+maxTimes {
					t.Errorf("a window of %s keeps %d", g.watch.rule.Title, n)
				}
			}
			if len(g.windows) > 64 {
				t.Errorf("%s has %d windows", g.watch.rule.Title, len(g.windows))
			}
		}
	}
}

// However often its rules match, an order is found.
func TestOrderAmongMany(t *testing.T) {
	b := newBench(t, `x: type: temporal_ordered, rules: [a, b], timespan: 1h`, Options{})
	for i := range int64(5000) {
		b.feed(&line{at: 1800*second + i, file: "f", offset: i}, "a")
	}
	b.feed(&line{at: 1810 * second, file: "f", offset: 5000}, "b")
	if b.seen() != "x[]0" {
		t.Errorf("found %q", b.seen())
	}
}

func TestPercentileOfMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		p, n := 1+98*rng.Float64(), 1000+rng.IntN(3000)
		var w window
		all, m := make([]float64, n), percentile{p: p}
		for i := range all {
			all[i] = math.Round(math.Exp(rng.NormFloat64()*3)*1000) / 10 * float64(rng.IntN(8)-1)
			w.events++
			m.add(&w, &occurrence{number: all[i]})
		}
		slices.Sort(all)
		want := all[int(p/100*float64(n-1))]
		got, _ := m.judge(&w, []sigma.Bound{{Op: sigma.GT, Value: 0}})
		if math.Abs(got-want) > 1.0001*accuracy*math.Abs(want) {
			t.Errorf("percentile %g of %d numbers: %g, want %g", p, n, got, want)
		}
	}
}

func TestBins(t *testing.T) {
	numbers := []float64{-math.MaxFloat64, -1e9, -1, -1e-9, -math.SmallestNonzeroFloat64, 0, math.SmallestNonzeroFloat64, 1e-300, 1, 1.03, 1e9, math.MaxFloat64}
	for i := 1; i < len(numbers); i++ {
		if binOf(numbers[i-1]) >= binOf(numbers[i]) || sortable(numbers[i-1]) >= sortable(numbers[i]) {
			t.Errorf("%g does not come before %g", numbers[i-1], numbers[i])
		}
	}
	for _, x := range numbers {
		if number(sortable(x)) != x {
			t.Errorf("%g became %g", x, number(sortable(x)))
		}
	}
	if sortable(0) != sortable(math.Copysign(0, -1)) {
		t.Error("there are two zeros")
	}
}

// What a sample of the values says of their shares does not depend on the order.
func TestSharesOfMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	k := secret{1, 2}
	events := make([]uint64, 20_000)
	for i := range events {
		events[i] = k.hash(fmt.Appendf(nil, "%d", int(math.Exp(rng.Float64()*10))))
	}
	tally := func() (w window) {
		for _, v := range events {
			w.events++
			shares{}.add(&w, &occurrence{value: v})
		}
		return w
	}
	a := tally()
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	b := tally()
	if !slices.Equal(a.cells, b.cells) || a.coarse != b.coarse || a.coarse == 0 || len(a.cells) < exactValues/4 {
		t.Errorf("%d values at %d, and %d at %d", len(a.cells), a.coarse, len(b.cells), b.coarse)
	}
}
