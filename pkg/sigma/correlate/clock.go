package correlate

import (
	"slices"
	"time"
)

// Clock tells how far event time has come, of sources (files, gateways) whose
// clocks may be wrong. Event time never runs ahead of what half of the sources
// have reached by more than a bound; and a source that jumps by more than the
// bound, either way, is believed when it has said so some times in a row. So
// neither a line from 2090 nor a gateway that is a day ahead moves the time of
// the others, and after a quiet night time goes on within a few batches.
//
// It is not safe for concurrent use.
type Clock struct {
	ahead   int64
	now     int64
	tells   uint64
	sources map[string]*pace
	scratch []int64
}

// pace is how far a source has come.
type pace struct {
	at    int64
	doubt int    // times in a row that it was somewhere else
	heard uint64 // when it was heard last, in tells
}

const (
	maxSources = 64  // the least recently heard goes
	silentFor  = 256 // after so many tells of others a source has no say
	believed   = 8   // a jump that is said so often in a row
	goneWrong  = int64(24 * time.Hour)
)

// NewClock makes a clock that runs ahead of half of the sources by no more
// than the bound; Options.Lateness is a good one, and 0 means what it means there.
func NewClock(ahead time.Duration) *Clock {
	if ahead <= 0 {
		ahead = defaultLateness
	}
	return &Clock{ahead: min(int64(ahead), maxSpan), now: minTime, sources: map[string]*pace{}}
}

// Adopt takes over what another clock was told; its own bound stays. The old
// clock must not be used any more.
func (c *Clock) Adopt(old *Clock) { c.now, c.tells, c.sources = old.now, old.tells, old.sources }

// Tell says that a source has come so far, and gives how far event time has
// come. It goes back only when it turns out to be wrong by more than a day. A
// call for each batch of records, with the time of its last one, is enough.
func (c *Clock) Tell(source string, t int64) (now int64) {
	t = min(max(t, minTime), maxTime)
	c.tells++
	p := c.source(source, t)
	p.heard = c.tells
	p.tell(t, c.ahead)
	half := c.half()
	c.now = max(c.now, min(p.at, half+c.ahead))
	if c.now-c.ahead > half+goneWrong {
		c.now = half
	}
	return c.now
}

func (p *pace) tell(t, ahead int64) {
	if t > p.at+ahead || t < p.at-ahead {
		if p.doubt++; p.doubt >= believed {
			p.at, p.doubt = t, 0
		}
		return
	}
	p.at, p.doubt = max(p.at, t), 0
}

// source gives a source's pace; a new one begins where it says.
func (c *Clock) source(name string, t int64) *pace {
	if p, ok := c.sources[name]; ok {
		return p
	}
	if len(c.sources) >= maxSources {
		c.dropOldest()
	}
	p := &pace{at: t}
	c.sources[name] = p
	return p
}

func (c *Clock) dropOldest() {
	oldest, heard := "", c.tells
	for name, p := range c.sources {
		if p.heard < heard {
			oldest, heard = name, p.heard
		}
	}
	delete(c.sources, oldest)
}

// half is what half of the sources have reached.
func (c *Clock) half() int64 {
	c.scratch = c.scratch[:0]
	for _, p := range c.sources {
		if p.heard+silentFor > c.tells {
			c.scratch = append(c.scratch, p.at)
		}
	}
	slices.Sort(c.scratch)
	return c.scratch[(len(c.scratch)-1)/2]
}
