package baseline

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// story is what went on lately, so that an anomaly is told once: what lasts is
// told again only where it gets graver.
type story struct {
	Peak    float64 // strength of the strongest lately, as -ln(chance)
	Rest    float64 // points since that
	Since   int64
	Held    float64 // what the last points said before it began, besides the course
	Age     float64 // points since it began
	Quiet   float64 // points since it was last seen
	Side    float64 // mean side of the points: 1 = all above
	Active  bool
	Shape   uint8
	Stopped bool // and was zero ever since
}

const (
	alarmsPerDay = 0.065 // on ordinary days, by the claims
	leastAlarm   = 1e-4  // chance, whatever the interval
	mostAlarm    = 3e-3
	graver       = 1.2    // times the strength
	damped       = 0.65   // times the strength, while what was told lasts
	ordinary     = 0.05   // a chance above which nothing is the matter
	restPart     = 1. / 3 // of a day: for so long something has been told
	leastRest    = 6
	mostRest     = 500
	overPart     = 1. / 24 // of a day without anything, and it is over
	leastOver    = 3
	stays        = 12  // points on one side, and it is a shift
	longest      = 300 // points after which what lasts is ordinary
)

var shapes = [...]finding.Shape{"", finding.Unexpected, finding.Burst, finding.Drop, finding.Silent, finding.Drift, finding.Shift}

const (
	unexpected = iota + 1
	burst
	drop
	silent
	drift
	shift
)

// alarm is the claim below which something is told.
func alarm(points float64) float64 {
	return max(leastAlarm, min(mostAlarm, alarmsPerDay/max(1, points)))
}

// tell completes a verdict, with so many points in a day.
func (s *story) tell(v *Verdict, p Point, c *surprise, points float64) {
	s.Rest++
	rested := s.Rest > max(leastRest, min(mostRest, restPart*points))
	strength := -math.Log(c.begins())
	v.Score = 1 - math.Exp(-damped*strength)
	if rested || strength > graver*s.Peak {
		v.Score = 1 - math.Exp(-strength)
		v.Anomalous = c.claim < alarm(points)
		s.Peak, s.Rest = strength, 0
	}
	if v.Anomalous && !s.Active {
		s.begin(p, c, v.High)
	}
	s.goOn(v, p, c, points)
	if s.Active {
		v.Since, v.Shape = s.Since, shapes[s.Shape]
	}
}

func (s *story) begin(p Point, c *surprise, high bool) {
	s.Since, s.Age, s.Quiet, s.Side, s.Active = p.Time, 0, 0, 0, true
	s.Stopped = !high
	switch {
	case (c.kind == wild || c.kind == calm) && c.lasting > ordinary:
		s.Shape = unexpected
	case c.gradual:
		s.Shape = drift
	case high:
		s.Shape = burst
	default:
		s.Shape = drop
	}
}

// fresh tells that an anomaly has only begun: what it brings is learnt more
// slowly, so that the next of its kind is seen too.
func (s *story) fresh() bool { return s.Active && s.Age < stays }

// goOn follows an anomaly until it is over.
func (s *story) goOn(v *Verdict, p Point, c *surprise, points float64) {
	if !s.Active {
		return
	}
	s.Age++
	s.Quiet++
	if c.chance < ordinary {
		s.Quiet = 0
	}
	side := -1.0
	if v.High {
		side = 1
	}
	s.Side += (side - s.Side) / s.Age
	if s.Stopped = s.Stopped && p.Value == 0; s.Stopped && s.Age > 1 {
		s.Shape = silent
	} else if s.Age >= stays && math.Abs(s.Side) > 0.9 && s.Quiet < stays && s.Shape != unexpected {
		s.Shape = shift
	}
	if s.Quiet > max(leastOver, overPart*points) || s.Age > longest {
		s.Active = false
	}
}
