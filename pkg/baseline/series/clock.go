package series

import (
	"math"
	"slices"
	"time"
)

// clock tells how far event time has come. Each source moves it as far as its
// records say, but not beyond what the caller says the time is, nor far beyond
// what half of the sources have reached that were heard of late.
type clock struct {
	now     int64 // event time; never goes back
	told    int64 // the caller's time when it told it last
	idle    int64 // of the caller's time, since there was a record
	sources map[string]*pace

	// Of the source whose records are being told.
	current *pace
	others  [2]int64 // half of the sources is no less and no more than this
	scratch []int64
}

// pace is how far a source has come.
type pace struct {
	at    int64
	heard int64 // the caller's time when it was heard last
	leaps int64 // times in a row that it was more than a day ahead
	skew  int64 // what is added to its times
	guess int64 // what would have to be added
	since int64 // event time since when that has been so
}

const (
	unset      = math.MinInt64 / 2
	ahead      = int64(90 * time.Second) // of half of the sources, or of the caller
	heardOf    = int64(60 * time.Second) // who was not heard for longer has no say, nor who fell behind
	quiet      = int64(10 * time.Second) // without a record, until time goes on by itself
	skewed     = int64(3 * time.Minute)  // a clock that was off by the same for so long is wrong
	leap       = int64(24 * time.Hour)
	believed   = 8 // leaps in a row
	maxSources = 256
	maxTime    = math.MaxInt64 / 2
)

func newClock() clock { return clock{now: unset, told: unset, sources: map[string]*pace{}} }

// begin makes the clock ready for records of a source.
func (c *clock) begin(source string, now int64) {
	now = min(now, maxTime)
	c.told, c.idle = now, 0
	c.current = c.source(source)
	c.current.heard = now
	c.scratch = c.scratch[:0]
	for _, p := range c.sources {
		if p != c.current && p.heard >= now-heardOf && p.at >= c.now-ahead {
			c.scratch = append(c.scratch, p.at)
		}
	}
	slices.Sort(c.scratch)
	c.others = [2]int64{unset, maxTime}
	if half := len(c.scratch) / 2; half > 0 {
		c.others[0] = c.scratch[half-1]
	}
	if half := len(c.scratch) / 2; half < len(c.scratch) {
		c.others[1] = c.scratch[half]
	}
}

func (c *clock) source(name string) *pace {
	p := c.sources[name]
	if p == nil {
		if len(c.sources) >= maxSources {
			c.dropOldest()
		}
		p = &pace{at: unset}
		c.sources[name] = p
	}
	return p
}

func (c *clock) dropOldest() {
	oldest := ""
	for name, p := range c.sources {
		if q := c.sources[oldest]; q == nil || p.heard < q.heard || p.heard == q.heard && name < oldest {
			oldest = name
		}
	}
	delete(c.sources, oldest)
}

// tell takes the time of a record and gives when it was. Ok is false when that
// has not come yet.
func (c *clock) tell(raw int64) (t int64, ok bool) {
	p := c.current
	if p.skew != 0 && raw >= c.now-ahead && raw <= c.now+ahead {
		p.skew = 0
	}
	if t = raw + p.skew; t > p.at && !c.move(p, t) || t > c.now+ahead {
		c.doubt(raw)
		return t, false
	}
	return t, true
}

// trust notes that a record was near event time, doubt that it was not.
func (c *clock) trust() { c.current.guess, c.current.since = c.current.skew, c.now }

func (c *clock) doubt(raw int64) {
	p, off := c.current, c.now-raw
	if off > p.guess+ahead || off < p.guess-ahead {
		p.guess, p.since = off, c.now
	}
	if c.now-p.since >= skewed {
		p.skew, p.at = p.guess, c.now
	}
}

// move takes a source further. It fails when that would be too far.
func (c *clock) move(p *pace, t int64) bool {
	if c.now != unset && t > max(p.at, c.now)+leap {
		if p.leaps++; p.leaps < believed {
			return false
		}
	}
	p.leaps = 0
	p.at = min(t, c.told+ahead)
	half := min(max(p.at, c.others[0]), c.others[1])
	c.now = max(c.now, min(p.at, half+ahead))
	return true
}

// pass lets time go on without records.
func (c *clock) pass(now int64) {
	now = min(now, maxTime)
	if c.told == unset || c.now == unset || now < c.told {
		c.told = now
		return
	}
	step := min(now-c.told, quiet)
	c.told = now
	before := c.idle
	c.idle += step
	switch {
	case c.idle < quiet:
	case before < quiet:
		c.now += c.idle
	default:
		c.now += step
	}
}
