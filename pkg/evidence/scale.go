package evidence

import (
	"cmp"
	"maps"
	"math"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Options say how evidence weighs. Weights are natural logarithms of odds
// ("nats"): 2.3 make odds ten times what they were. Zero fields take the
// defaults.
type Options struct {
	// Prior is the probability that somebody about whom there is no evidence is
	// up to no good, or a place is not well; 0 = 0.05.
	Prior float64
	// HalfLife is after how long evidence weighs half; 0 = 24 h. HalfLives are
	// those of families that fade otherwise.
	HalfLife  time.Duration
	HalfLives map[finding.Family]time.Duration
	// Cap is the most that all evidence of one family weighs, in nats; 0 = 6.
	Cap float64
	// Kin are groups of families that tell of one thing in several ways: each
	// group is one kind of evidence. nil = DefaultKin.
	Kin [][]finding.Family
	// FeedbackHalfLife is after how long an analyst's word weighs half; 0 = 30
	// days.
	FeedbackHalfLife time.Duration
}

// Bounds of weights, in nats.
const (
	// Faint is the least that evidence weighs in order to count as a kind of
	// its own: about a quarter of an ordinary doubt.
	Faint = 0.5
	// most is what one statistical finding may weigh however rare it is: no
	// model of what is normal is as right as its tails.
	most = 4.0
	// maxShift is how far feedback moves a rule, either way; from demotes down
	// a rule's word for more than a log line does not stand.
	maxShift = 3.0
	demotes  = -2.0
)

// nats are what a finding of each tier weighs at the score 1; at the score 0
// it is half as much.
var nats = map[finding.Tier]float64{finding.Log: 2, finding.Notify: 4, finding.Page: 8}

// DefaultKin are families of which one busy client shows all.
func DefaultKin() [][]finding.Family {
	return [][]finding.Family{{finding.Volume, finding.Scraping, finding.Automation, finding.Exfiltration}}
}

// Scale weighs findings. It is immutable and safe for concurrent use.
type Scale struct {
	options Options
	kin     map[finding.Family]finding.Family // to the first of its group
}

// NewScale makes a scale.
func NewScale(o Options) *Scale {
	o.Prior = cmp.Or(o.Prior, 0.05)
	o.HalfLife = cmp.Or(o.HalfLife, 24*time.Hour)
	o.HalfLives = maps.Clone(o.HalfLives)
	o.Cap = cmp.Or(o.Cap, 6)
	o.FeedbackHalfLife = cmp.Or(o.FeedbackHalfLife, 30*24*time.Hour)
	if o.Kin == nil {
		o.Kin = DefaultKin()
	}
	s := &Scale{options: o, kin: map[finding.Family]finding.Family{}}
	for _, group := range o.Kin {
		for _, f := range group {
			s.kin[f] = group[0]
		}
	}
	return s
}

// Weight is what a finding weighs when it is new, in nats. A statistical one
// weighs what its probability says, by the bound of Sellke, Bayarri and Berger
// on how far a p-value may move odds (1/(-e p ln p)), or what its tier says if
// that is more urgent than a log line.
func (s *Scale) Weight(f *finding.Finding) float64 {
	byTier := nats[f.Tier] * (0.5 + 0.5*min(max(f.Score, 0), 1))
	if f.Statistic == nil || !(f.Statistic.Probability > 0) {
		return byTier
	}
	byChance := min(surprise(f.Statistic.Probability), most)
	if f.Tier > finding.Log {
		return max(byTier, byChance)
	}
	return byChance
}

// surprise is how far a p-value may move odds, in nats.
func surprise(p float64) float64 {
	if p >= 1/math.E {
		return 0
	}
	return -math.Log(-math.E * p * math.Log(p))
}

// fresh is what is left of evidence of a family after a while, 0..1. What is
// of the future is new.
func (s *Scale) fresh(family finding.Family, age time.Duration) float64 {
	return halved(age, cmp.Or(s.options.HalfLives[family], s.options.HalfLife))
}

func halved(age, halfLife time.Duration) float64 {
	if age <= 0 {
		return 1
	}
	return math.Exp2(-float64(age) / float64(halfLife))
}

// kindOf is the kind of evidence that a family is.
func (s *Scale) kindOf(family finding.Family) finding.Family {
	return cmp.Or(s.kin[family], family)
}

// risk is the probability that so many nats stand for.
func (s *Scale) risk(sum float64) float64 {
	prior := math.Log(s.options.Prior / (1 - s.options.Prior))
	return 1 / (1 + math.Exp(-prior-sum))
}
