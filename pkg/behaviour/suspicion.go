package behaviour

import (
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// RulePrefix begins the rule ids of findings that are made of suspicions.
const RulePrefix = "behaviour."

// Suspicion is what a detector says about an actor. Of one actor, detector and
// window there is one, with one ID; when what it rests on has doubled it is told
// again, with the same ID.
type Suspicion struct {
	Detector string // "object-enumeration"; the finding's rule is RulePrefix and this
	Version  string // changes when the detector does
	Family   finding.Family
	Tier     finding.Tier // what it suggests by itself: Log, or Notify; Page for exports far out in the tail only
	Score    float64      // 0..1, high is worse: 0.5 is one in a million by chance, 1 one in 10^12
	Actor    finding.Actor
	Row      int   // of the batch: the record that completed it; -1 where there is none
	Time     int64 // of that record, Unix nanoseconds
	Window   int64 // beginning of what it is about, Unix nanoseconds
	Updates  int   // how often it was told before
	Title    string
	Reason   string

	Statistic finding.Statistic
}

// ID is the finding's: it depends on the detector, its version, the actor and
// the window.
func (s *Suspicion) ID() string {
	return finding.NewID(s.Rule(), s.Version, s.Actor.String(), strconv.FormatInt(s.Window, 10))
}

// Rule is the id of the finding's rule.
func (s *Suspicion) Rule() string { return RulePrefix + s.Detector }
