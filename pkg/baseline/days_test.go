package baseline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const minutes15 = int64(15 * time.Minute)

// laid makes days of points every quarter of an hour, from midnight.
func laid(values []float64) *days {
	d := &days{}
	d.lay(minutes15)
	for i, y := range values {
		d.learn(int64(i)*minutes15, y, 1)
	}
	return d
}

// TestNearestIsThatOfAll checks the distance against one that looks at all.
func TestNearestIsThatOfAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 12*mostSlots)
	for i := range values {
		values[i] = 10 * r.NormFloat64()
	}
	d := &days{}
	d.lay(minutes15)
	for now, y := range values {
		want := math.Inf(1)
		for i := max(0, now-kept*mostSlots-around); i <= now-mostSlots+around; i++ {
			far := (now - i + mostSlots/2) % mostSlots // of the time of day, from its middle
			if kept*mostSlots > now-i-1 && far >= mostSlots/2-around && far <= mostSlots/2+around {
				want = min(want, math.Abs(y-values[i]))
			}
		}
		got, ok := d.nearest(int64(now)*minutes15, y)
		if now >= 2*mostSlots && (!ok || math.Abs(got-want) > 0.05) {
			t.Fatalf("point %d: %g away, %t; want %g", now, got, ok, want)
		}
		d.learn(int64(now)*minutes15, y, 1)
	}
}

func TestUsualIsTheMedian(t *testing.T) {
	values := make([]float64, 9*mostSlots)
	for i := range values {
		values[i] = float64(i / mostSlots)
	}
	d := laid(values)
	median, before, ok := d.usual(9 * mostSlots * minutes15)
	if !ok || math.Abs(median-5) > 0.01 || math.Abs(before-2) > 0.01 {
		t.Errorf("median %g, a week ago %g, %t; want 5 and 2", median, before, ok)
	}
	if _, _, ok := laid(nil).usual(0); ok {
		t.Error("something is usual where nothing was seen")
	}
}

// TestDaysForget checks that what is more than seven days old is not seen.
func TestDaysForget(t *testing.T) {
	d := laid([]float64{100})
	d.learn(6*int64(mostSlots)*minutes15, 7, 1)
	if got, _ := d.nearest(7*int64(mostSlots)*minutes15, 100); math.Abs(got) > 0.1 {
		t.Errorf("seven days ago is %g away, want 0", got)
	}
	d.learn(30*int64(mostSlots)*minutes15, 8, 1)
	if got, ok := d.nearest(31*int64(mostSlots)*minutes15, 100); !ok || math.Abs(got-92) > 0.1 {
		t.Errorf("what was yesterday is %g away, want 92", got)
	}
}

// TestDaysKeepWhatGrows checks that values stay what they were to a few parts
// of the widest, however far they go.
func TestDaysKeepWhatGrows(t *testing.T) {
	values := make([]float64, mostSlots)
	for i := range values {
		values[i] = math.Pow(1.4, float64(i%60)) * float64(1-i%2*2)
	}
	d := laid(values)
	for i, y := range values {
		if got := d.value(d.row(0)[i]); math.Abs(got-y) > 1e-3*math.Pow(1.4, 59) {
			t.Errorf("slot %d: %g, want %g", i, got, y)
		}
	}
}

// TestPeriodsOfPoints checks that row numbers in the place of times have a
// period too.
func TestPeriodsOfPoints(t *testing.T) {
	m, r := New(Options{}), rand.New(rand.NewPCG(1, 2))
	off := 0.0
	for i := range 24 * 40 {
		x := 50 + 30*math.Sin(2*math.Pi*float64(i)/24) + r.NormFloat64()
		v := m.Observe(Point{Time: int64(i+1) * int64(time.Second), Value: x})
		if i >= 24*20 {
			off += math.Abs(x-v.Expected) / (24 * 20)
		}
	}
	if m.course.Chosen == plain || off > 3 {
		t.Errorf("way %d, %g off on average", m.course.Chosen, off)
	}
}

// TestHolidayIsForgotten checks that a day unlike the others does not spoil
// what is expected of those after it.
func TestHolidayIsForgotten(t *testing.T) {
	worst := 0.0
	follow(Options{}, 14*288, func(r *rand.Rand, i int) float64 {
		if i/288 == 10 {
			return 70 + r.NormFloat64()
		}
		return 100 + 30*daySine(i) + r.NormFloat64()
	}, func(i int, v Verdict) {
		if i >= 11*288+24 {
			worst = max(worst, math.Abs(v.Expected-100-30*daySine(i)))
		}
	})
	if worst > 12 {
		t.Errorf("after a holiday up to %g off", worst)
	}
}
