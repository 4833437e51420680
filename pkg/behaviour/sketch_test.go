package behaviour

import (
	"math"
	"testing"

	"github.com/zeebo/xxh3"
)

func hashOf(i int) uint64 {
	return xxh3.Hash([]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)})
}

func TestSketchCountsDifferentThings(t *testing.T) {
	f := func(n int, off float64) {
		t.Helper()
		sum, worst := 0.0, 0.0
		const trials = 40
		for trial := range trials {
			var s sketch
			for range 2 { // again changes nothing
				for i := range n {
					s.add(hashOf(trial*1_000_000 + i))
				}
			}
			sum += float64(s.count)
			worst = max(worst, math.Abs(float64(s.count)/float64(n)-1))
		}
		if mean := sum / trials; math.Abs(mean/float64(n)-1) > off/2 || worst > 3*off {
			t.Errorf("%d counted as %.1f on average, off by %.0f %% at worst", n, mean, 100*worst)
		}
	}
	f(1, 0.001)
	f(10, 0.1)
	f(100, 0.12)
	f(5000, 0.15)
}

func TestCrowdSketch(t *testing.T) {
	f := func(n int, low, high float64) {
		t.Helper()
		var s crowdSketch
		for i := range n {
			s.add(hashOf(i))
		}
		if got := s.count(); got < low || got > high {
			t.Errorf("%d counted as %.1f", n, got)
		}
	}
	f(0, 0, 0)
	f(1, 1, 1.1)
	f(10, 7, 14)
	f(50, 30, 80)
	f(10_000, 260, 270)
}
