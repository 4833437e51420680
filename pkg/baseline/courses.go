package baseline

import "math"

// Courses are the ways in which a series may run: at a level, with the course
// of a day, or with that of a week besides. All are learnt side by side, and
// the one that foretold the last days best is believed.
type courses struct {
	coursesState
	Day  profile
	Week profile
}

type coursesState struct {
	Levels [ways]float64
	Errors [ways]float64 // mean deviation of each
	Chosen int8
	Points float64 // in a day
}

const (
	plain = iota
	daily
	weekly
	ways

	day  = int64(24 * 3600e9)
	week = 7 * day

	daySlots   = 288
	weekSlots  = 168
	leastSlots = 4 // of a day, for it to have a course

	levelLeast, levelMost = 128, 1024 // points that a level remembers
	errorMemory           = 500
	better                = 0.93 // times the error is worth a change
	clip                  = 3    // scales: a deviation teaches no more than that
)

// slots are where a time stands in the profiles; -1 = nowhere.
type slots struct{ day, week, hour int }

func (c *courses) prepare(k *clock, x float64, seen int64) {
	if seen == 1 {
		for i := range c.Levels {
			c.Levels[i] = x
		}
	}
	if c.Points == 0 && k.Interval != 0 {
		c.lay(k)
	}
}

// lay lays the profiles out, once it is known how many points they have.
func (c *courses) lay(k *clock) {
	if k.Interval == 0 {
		return
	}
	c.Points = float64(day) / float64(k.Interval)
	if c.Points >= leastSlots {
		c.Day = newProfile(day, k.Interval, daySlots)
		c.Week = newProfile(week, k.Interval, weekSlots)
	} else if c.Points >= 0.9 {
		c.Week = newProfile(week, k.Interval, weekSlots)
	}
}

func (c *courses) slots(k *clock, t int64) slots {
	local := k.local(t)
	return slots{day: c.Day.slot(local), week: c.Week.slot(local), hour: int(modulo(local, day) * spreadSlots / day)}
}

func (c *courses) way(way int, s slots) float64 {
	x := c.Levels[way]
	if way >= daily {
		x += c.Day.at(s.day)
	}
	if way >= weekly {
		x += c.Week.at(s.week)
	}
	return x
}

func (c *courses) expect(s slots) float64 { return c.way(int(c.Chosen), s) }

// learn takes a point in, and tells by how much the expectation was shifted
// because another way is believed now.
func (c *courses) learn(x float64, s slots, e estimate, seen int64) float64 {
	most := clip * e.slow
	if seen <= 16 || most == 0 {
		most = math.Inf(1)
	}
	gain := 1 / math.Min(float64(seen)+1, math.Max(levelLeast, math.Min(levelMost, c.Points)))
	for way := range ways {
		off := x - c.way(way, s)
		c.Errors[way] += (math.Min(math.Abs(off), 4*most) - c.Errors[way]) / math.Min(float64(seen), errorMemory)
		taught := math.Max(-most, math.Min(most, off))
		c.Levels[way] += gain * taught
		switch way {
		case daily:
			c.Day.learn(s.day, off, most)
		case weekly:
			c.Week.learn(s.week, off, most)
		}
	}
	return c.choose(s, seen)
}

func (c *courses) choose(s slots, seen int64) float64 {
	best := int(c.Chosen)
	for way := range ways {
		if way == best || !c.known(way, seen) {
			continue
		}
		if c.Errors[way] < better*c.Errors[best] {
			best = way
		}
	}
	if best == int(c.Chosen) {
		return 0
	}
	before := c.expect(s)
	c.Chosen = int8(best)
	return c.expect(s) - before
}

// known tells whether two cycles of a way were seen.
func (c *courses) known(way int, seen int64) bool {
	switch way {
	case daily:
		return c.Day.Slots != nil && float64(seen) > 2*c.Points
	case weekly:
		return c.Week.Slots != nil && float64(seen) > 14*c.Points
	}
	return true
}

func modulo(t, period int64) int64 {
	if t %= period; t < 0 {
		t += period
	}
	return t
}
