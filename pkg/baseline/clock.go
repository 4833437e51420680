package baseline

import (
	"slices"
	"time"
)

const (
	firstSteps = 9   // differences whose median is the interval
	mostSteps  = 1e4 // a longer gap is as long
)

// A clock learns the interval between points, and tells what time of the day
// and of the week it is where the people are.
type clock struct {
	location *time.Location
	clockState
}

type clockState struct {
	Interval int64 // nanoseconds; 0 = not known yet
	Last     int64 // the newest point's time
	Steps    [firstSteps]int64
	Known    int8 // of Steps
}

func newClock(o Options) clock {
	return clock{location: o.Location, clockState: clockState{Interval: int64(o.Interval)}}
}

// tick takes the time of a point and tells how many intervals it came after
// the newest before it: at least one, for one that came late too.
func (c *clock) tick(t int64) float64 {
	steps := c.stepsTo(t)
	if diff := t - c.Last; c.Interval == 0 && c.Last != 0 && diff > 0 {
		c.Steps[c.Known] = diff
		if c.Known++; int(c.Known) == len(c.Steps) {
			slices.Sort(c.Steps[:])
			c.Interval = c.Steps[len(c.Steps)/2]
		}
	}
	c.Last = max(c.Last, t)
	return steps
}

func (c *clock) stepsTo(t int64) float64 {
	if c.Interval <= 0 || t <= c.Last {
		return 1
	}
	return min(mostSteps, max(1, float64(t-c.Last)/float64(c.Interval)))
}

// local is the time as the clocks on the wall show it, in nanoseconds.
func (c *clock) local(t int64) int64 {
	if c.location == nil {
		return t
	}
	_, offset := time.Unix(0, t).In(c.location).Zone()
	return t + int64(offset)*int64(time.Second)
}

// points is how many points there are in a day; 0 = not known yet.
func (c *clock) points() float64 {
	if c.Interval <= 0 {
		return 0
	}
	return float64(day) / float64(c.Interval)
}
