package series

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestDifferentValuesAreCounted(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	countsDifferent(t, random, sketches{}, 0.035, 0.2)
	countsDifferent(t, random, sketches{isCoarse: true}, 0.07, 0.4)
}

// countsDifferent has values counted: on average, and each time, not to be off
// by more than such a part of them.
func countsDifferent(t *testing.T, random *rand.Rand, s sketches, average, most float64) {
	t.Helper()
	worst := 0.0
	for _, n := range []int{0, 1, 2, 4, 5, 16, 17, 40, 100, 500, 1000, 1500, 3000, 10_000, 100_000} {
		bias := 0.0
		const runs = 20
		for range runs {
			s.reset()
			var d distinct
			for range n {
				v := random.Uint32()
				s.add(&d, v)
				s.add(&d, v)
			}
			got := s.count(d)
			if n <= someValues && got != float64(n) {
				t.Errorf("%d values are counted as %v", n, got)
			}
			bias += (got - float64(n)) / float64(max(n, 1)) / runs
			worst = max(worst, math.Abs(got-float64(n))/float64(max(n, 1)))
		}
		if math.Abs(bias) > average {
			t.Errorf("%d values are counted as %.3f more on average", n, bias)
		}
	}
	if worst > most {
		t.Errorf("a count was off by %.2f", worst)
	}
}

func TestMergedSketchesAreThoseOfAllValues(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		var parts, whole, sum sketches
		var a, b, all, merged distinct
		var ha, hb, hall, hmerged histogram
		for range random.IntN(60) {
			v, half := random.Uint32N(40)*0x9e3779b9, random.IntN(2) == 0
			one, h := &a, &ha
			if half {
				one, h = &b, &hb
			}
			parts.add(one, v)
			whole.add(&all, v)
			bucket := bucketOf(int64(v))
			parts.measure(h, bucket)
			whole.measure(&hall, bucket)
		}
		sum.merge(&merged, &parts, a)
		sum.merge(&merged, &parts, b)
		sum.mergeLatency(&hmerged, &parts, ha)
		sum.mergeLatency(&hmerged, &parts, hb)
		if got, want := sum.count(merged), whole.count(all); got != want {
			t.Fatalf("merged they are %v, want %v", got, want)
		}
		n, p, q := sum.quantiles(hmerged, 0.5, 0.95)
		wantN, wantP, wantQ := whole.quantiles(hall, 0.5, 0.95)
		if n != wantN || p != wantP || q != wantQ {
			t.Fatalf("merged quantiles are %v %v of %v, want %v %v of %v", p, q, n, wantP, wantQ, wantN)
		}
	}
}

func TestRegistersAreBounded(t *testing.T) {
	var s sketches
	for i := range mostRegisters + 10 {
		var d distinct
		for v := range uint32(20) {
			s.add(&d, v*0x9e3779b9+uint32(i))
		}
		if got := s.count(d); got < someValues {
			t.Fatalf("counter %d counted %v", i, got)
		}
	}
	if len(s.registers) > mostRegisters {
		t.Errorf("%d counters have registers", len(s.registers))
	}
}

func TestQuantilesAreRightToATwentieth(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{1, 2, 5, 16, 17, 100, 10_000} {
		for _, scale := range []float64{0.2e-3, 0.01, 1, 100} {
			var s sketches
			var h histogram
			values := make([]float64, n)
			for i := range values {
				values[i] = scale * math.Exp(0.7*random.NormFloat64())
				s.measure(&h, bucketOf(int64(values[i]*1e9)))
			}
			slices.Sort(values)
			_, median, slow := s.quantiles(h, 0.5, 0.95)
			for _, q := range []struct{ at, got float64 }{{0.5, median}, {0.95, slow}} {
				rank := max(0, int(math.Ceil(q.at*float64(n)))-1)
				low, high := values[rank], values[min(rank+1, n-1)]
				if q.got < low/1.09 || q.got > high*1.09 {
					t.Errorf("quantile %v of %d around %v s is %v, want %v to %v", q.at, n, scale, q.got, low, high)
				}
			}
		}
	}
}

func TestBucketsAreInOrder(t *testing.T) {
	for _, d := range []time.Duration{-1, 0, time.Microsecond, 70 * time.Microsecond, time.Millisecond, time.Second, time.Minute, 20 * time.Minute, 100 * time.Hour, math.MaxInt64} {
		b := int(bucketOf(int64(d)))
		seconds := min(max(d.Seconds(), lowest), edge(bucketCount-1, 0.5))
		if begin, end := edge(b, 0), edge(b, 1); seconds < begin*0.999 || seconds > end*1.001 || end/begin > 1.1 {
			t.Errorf("%v is in bucket %d of %v to %v s", d, b, begin, end)
		}
	}
}

func TestCarriersAreFound(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	var l ledger
	var c carriers
	const n = 20_000
	for range n {
		key := random.Uint64() // most of them are there once
		switch random.IntN(10) {
		case 0, 1, 2:
			key = 4711
		case 3:
			key = 815
		}
		one := l.at(&c, key)
		one.count++
		one.weight++
	}
	found := map[uint64]float64{}
	l.of(c, func(one *counter) { found[one.key] = float64(one.count) / n })
	if a, b := found[4711], found[815]; a < 0.28 || a > 0.31 || b < 0.07 || b > 0.11 {
		t.Errorf("a carrier of 0.3 has %v, one of 0.1 has %v", a, b)
	}
	for key, share := range found {
		if share > 0.01 && key != 4711 && key != 815 {
			t.Errorf("%d has a share of %v", key, share)
		}
	}
}

func TestFewCarriersAreExact(t *testing.T) {
	var l ledger
	var c carriers
	for i := range uint64(100) {
		one := l.at(&c, i%5)
		one.count++
		one.weight++
	}
	l.of(c, func(one *counter) {
		if one.count != 20 || one.weight != 20 {
			t.Errorf("%d has %d", one.key, one.count)
		}
	})
	if c.n != inSets || len(l.free) != 1 {
		t.Errorf("five carriers are in %+v, %d are free", c, len(l.free))
	}
}

func TestNamesAreKeptOnceAndBounded(t *testing.T) {
	n := newNames()
	a := n.tell(1, "user", []byte("alice"))
	if n.tell(1, "user", []byte("alice")) != a || string(n.at(a)) != "user:alice" || n.at(0) != nil {
		t.Errorf("the name is %q", n.at(a))
	}
	for key := range uint64(100_000) {
		n.tell(key, "", make([]byte, 300))
	}
	if len(n.data) > maxNameBytes+2*maxName || n.tell(1<<40, "", []byte("x")) != 0 {
		t.Errorf("names take %d bytes", len(n.data))
	}
}
