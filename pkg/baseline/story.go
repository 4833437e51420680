package baseline

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// story is the anomaly that lasts, so that it is told once.
type story struct {
	Since  int64
	Peak   float64 // the least chance in it
	Age    int     // points since it began
	Quiet  int     // points since it was last seen
	Active bool
	Shape  uint8
	High   bool
}

const (
	alarm    = 5e-4 // a chance below which an anomaly begins
	ordinary = 0.05 // a chance above which nothing is the matter
	over     = 12   // ordinary points after which it is over
	rest     = 60
	longest  = 300  // points after which what lasts is ordinary
	graver   = 1e-2 // times the chance, and the same story is told again
)

var shapes = [...]finding.Shape{finding.Unexpected, finding.Burst, finding.Drop, finding.Shift, finding.Drift}

// tell completes a verdict by what is going on.
func (s *story) tell(v *Verdict, p Point, c surprise, _ signs) {
	switch {
	case !s.Active && c.chance < alarm:
		s.begin(v, p, c)
	case s.Active:
		s.goOn(v, p, c)
	default:
		v.Score = 1 - c.chance
		s.Age++
	}
	if s.Active {
		v.Since, v.Shape = s.Since, shapes[s.Shape]
	}
}

func (s *story) begin(v *Verdict, p Point, c surprise) {
	*s = story{Since: p.Time, Peak: c.chance, Active: true, High: v.High, Shape: shapeOf(c.kind)}
	v.Score, v.Anomalous = 1-c.chance, true
}

func (s *story) goOn(v *Verdict, p Point, c surprise) {
	s.Age++
	s.Quiet++
	if c.chance < ordinary {
		s.Quiet = 0
	}
	if c.chance < s.Peak*graver {
		s.Peak = c.chance
		v.Anomalous = true
		v.Score = 1 - c.chance
	} else {
		v.Score = 1 - math.Max(2*alarm, math.Sqrt(c.chance))
	}
	if (s.Quiet >= over && s.Age > rest) || s.Age > longest {
		s.Active = false
	}
}

// trust is how much of what is seen now is learnt as ordinary.
func (s *story) trust() float64 {
	if s.Active && s.Quiet == 0 && s.Age > 0 {
		return 0.2
	}
	return 1
}

func shapeOf(kind int) uint8 {
	switch kind {
	case fastUp, slowUp, fewUp:
		return 1
	case fastDown, slowDown, fewDown:
		return 2
	case someUp, someDown, manyUp, manyDown:
		return 3
	}
	return 0
}
