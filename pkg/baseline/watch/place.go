package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A place is what is known of a place's course.
type place struct {
	tracks [2][series.Measures]*track // fast, hourly
	flows  [2][series.Measures]flow   // fast, hourly
	hours  [series.Measures]pool      // of this hour
	drifts [series.Measures]*drift
	gap    gap
	slow   gap // by the hour
	diary  diary
	came   bool // something, in this hour

	Rate     float64 // requests a minute, over a day
	Minutes  float64 // that it rests on, a day at most
	Reviewed int64   // when its tracks were chosen last
	Denied   float64 // requests a minute that we refused of late, the most
	Answered float64 // requests, ever
	Failed   float64 // of them with 5xx

	Lately float64 // requests a minute, over half an hour
	Slowly float64 // over two hours
	Busy   float64 // share of minutes with requests, over a day
	Pulse  float64 // what comes, of what is expected, over a quarter of an hour

	glimpse glimpse
	sizes   [2]*baseline.Tail // of the largest response and request of a minute
	customs customs
}

// A pool sums up an hour.
type pool struct{ Total, Weight float64 }

const (
	firstReview = 60 * minute
	flowMemory  = 87  // minutes: a half-life of an hour
	hourMemory  = 104 // hours: a half-life of three days
	deniedFades = 12 * hour
	fastRate    = 20.0 // requests that a look should hold
)

func newPlace() *place { return &place{Pulse: 1} }

// count takes in the requests of a minute: those that we did not refuse, and
// those that we did.
func (p *place) count(answered, refused float64) {
	p.Minutes = math.Min(p.Minutes+1, minutes)
	p.Rate += (answered - p.Rate) / p.Minutes
	p.Denied = math.Max(refused, p.Denied*math.Exp2(-float64(minute)/float64(deniedFades)))
	p.Lately += (answered - p.Lately) / 30
	p.Slowly += (answered - p.Slowly) / 120
	p.Answered += answered
	came := 0.0
	if answered > 0 {
		p.came, came = true, 1
	}
	p.Busy += (came - p.Busy) / p.Minutes
}

// steps is at which steps a measure is looked at, in minutes; 0 = not by
// minutes, or not by the hour.
func (p *place) steps(m series.Measure) (fast, slow int32) {
	usual := &p.flows[0][m]
	if usual.Count == 0 || m == series.Refused {
		return 0, 0
	}
	if m.Kind() != baseline.Count {
		return stepOf(p.Rate, fastRate), slowStep(p.Rate*60, fastRate/2)
	}
	if m == series.Requests {
		return stepOf(p.Busy, 0.4), slowStep(p.Rate*60, 0.3)
	}
	return stepOf(float64(usual.Usual), 1), 0
}

// stepOf is the shortest step that holds enough.
func stepOf(rate, enough float64) int32 {
	for _, step := range [...]int32{1, 5, 15} {
		if rate*float64(step) >= enough {
			return step
		}
	}
	return 0
}

func slowStep(rate, enough float64) int32 {
	if rate >= enough {
		return 60
	}
	return 0
}

// due tells whether the tracks are to be chosen again: after an hour, a day,
// three days, and every week.
func (p *place) due(born, now int64) bool {
	age := now - born
	for _, at := range [...]int64{firstReview, day, 3 * day} {
		if p.Reviewed < born+at && age >= at {
			return true
		}
	}
	return p.Reviewed > 0 && now-p.Reviewed >= 7*day
}

// models is how many it has.
func (p *place) models() (n int) {
	for pace := range p.tracks {
		for _, t := range p.tracks[pace] {
			if t != nil {
				n++
			}
		}
	}
	return n
}

// tail of the largest responses (0) and requests (1) of minutes.
func (p *place) size(i int) *baseline.Tail {
	if p.sizes[i] == nil {
		p.sizes[i] = baseline.NewTail(baseline.TailOptions{WarmUp: sizesLeast})
	}
	return p.sizes[i]
}

func (p *place) code(c *coder, o *Options) {
	for m := range series.Measure(series.Measures) {
		for pace := range p.tracks {
			maybe(c, &p.tracks[pace][m], func(t *track) { t.code(c, m, o) })
			p.flows[pace][m].code(c)
		}
		c.float(&p.hours[m].Total)
		c.float(&p.hours[m].Weight)
		maybe(c, &p.drifts[m], func(d *drift) { d.code(c) })
	}
	p.gap.code(c)
	p.slow.code(c)
	p.diary.code(c)
	c.flag(&p.came)
	for _, v := range []*float64{&p.Rate, &p.Minutes, &p.Denied, &p.Answered, &p.Failed, &p.Lately, &p.Slowly, &p.Busy, &p.Pulse} {
		c.float(v)
	}
	c.int(&p.Reviewed)
	p.glimpse.code(c)
	for i := range p.sizes {
		maybe(c, &p.sizes[i], func(t *baseline.Tail) { codeTail(c, t) })
	}
	p.customs.code(c)
}

func codeTail(c *coder, t *baseline.Tail) {
	whole(c, &t.Memory)
	whole(c, &t.WarmUp)
	codeGeneration(c, &t.Now.Seen, &t.Now.Kept, t.Now.Largest[:])
	codeGeneration(c, &t.Before.Seen, &t.Before.Kept, t.Before.Largest[:])
}

func codeGeneration(c *coder, seen, kept *int32, largest []float32) {
	whole(c, seen)
	whole(c, kept)
	if *seen < 0 || *kept < 0 || int(*kept) > len(largest) {
		c.fail()
		*kept = 0
	}
	c.smalls(largest)
}
