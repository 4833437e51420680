package baseline

import (
	"testing"
	"time"
)

func TestIntervalIsLearnt(t *testing.T) {
	f := func(want time.Duration, seconds ...int64) {
		t.Helper()
		c := newClock(Options{})
		for _, s := range seconds {
			c.tick(s * int64(time.Second))
		}
		if got := time.Duration(c.Interval); got != want {
			t.Errorf("an interval of %s, want %s", got, want)
		}
	}
	f(0, 60, 120, 180)
	f(time.Minute, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600)
	f(time.Minute, 60, 120, 120, 60, 180, 240, 300, 900, 960, 1020, 1080, 1140, 1200)
}

func TestStepsSinceTheNewest(t *testing.T) {
	c := newClock(Options{Interval: time.Minute})
	c.tick(int64(time.Hour))
	for after, want := range map[time.Duration]float64{time.Minute: 1, 10 * time.Minute: 10, -time.Hour: 1, 0: 1, 1e6 * time.Hour: mostSteps} {
		if got := c.stepsTo(int64(time.Hour + after)); got != want {
			t.Errorf("%s later: %g steps, want %g", after, got, want)
		}
	}
}

func TestDaysAreThoseOfThePlace(t *testing.T) {
	c := newClock(Options{Location: time.FixedZone("east", 3*3600)})
	if got := c.local(0); got != 3*int64(time.Hour) {
		t.Errorf("midnight UTC is %s there", time.Duration(got))
	}
}
