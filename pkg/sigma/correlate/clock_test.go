package correlate

import (
	"fmt"
	"testing"
	"time"
)

const hour = 3600 * second

func TestClock(t *testing.T) {
	const start = 1_000_000 * hour
	c := NewClock(5 * time.Minute)
	f := func(source string, at, want int64) {
		t.Helper()
		if got := c.Tell(source, start+at*second); got != start+want*second {
			t.Errorf("%s at %d: event time %d, want %d", source, at, (got-start)/second, want)
		}
	}
	// One source: a line from the far future is not believed.
	f("a", 0, 0)
	f("a", 100, 100)
	f("a", 1e6, 100)
	f("a", 90, 100)
	f("a", 110, 110)

	// A quiet night is, within a few batches.
	for range believed - 1 {
		f("a", 30_000, 110)
	}
	f("a", 30_000, 30_000)

	// A source that is behind holds the others back; one that is ahead does not
	// push them, and whom most agree with is right.
	f("b", 29_800, 30_000)
	f("a", 30_200, 30_100)
	f("b", 30_000, 30_100)
	f("c", 90_000, 30_500)
	f("a", 30_400, 30_500)
	f("b", 30_300, 30_500)
	f("c", 90_010, 30_700)
}

// A source that was alone with a wrong time is outvoted.
func TestClockGoesBackToTheMajority(t *testing.T) {
	c := NewClock(time.Minute)
	c.Tell("wrong", 500*24*hour)
	c.Tell("a", 2*24*hour)
	if now := c.Tell("b", 2*24*hour+second); now > 2*24*hour+61*second {
		t.Errorf("event time is %v", time.Duration(now))
	}
}

func TestClockForgetsSilentSources(t *testing.T) {
	c := NewClock(time.Minute)
	c.Tell("rotated", 0)
	for i := range int64(1000) {
		c.Tell("b", i*second)
	}
	if now := c.Tell("b", 1000*second); now != 1000*second {
		t.Errorf("event time is %v", time.Duration(now))
	}
	for i := range 1000 {
		c.Tell(fmt.Sprint(i), 1000*second)
	}
	if len(c.sources) > maxSources {
		t.Errorf("%d sources", len(c.sources))
	}
}

func TestClockOfAnotherEngineGoesOn(t *testing.T) {
	old, c := NewClock(time.Minute), NewClock(0)
	old.Tell("a", 100*second)
	c.Adopt(old)
	if now := c.Tell("a", 400*24*hour); now != 100*second {
		t.Errorf("a line from the far future moves event time to %v", time.Duration(now))
	}
	if now := c.Tell("a", 100*second+int64(defaultLateness)); now != 100*second+int64(defaultLateness) {
		t.Errorf("event time is %v", time.Duration(now))
	}
}
