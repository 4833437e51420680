package behaviour

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Finding is what is told of the suspicion, but for the record that it is
// about, which is its caller's.
func (s *Suspicion) Finding() finding.Finding {
	statistic := s.Statistic
	statistic.Parts = slices.Clone(statistic.Parts)
	return finding.Finding{
		ID: s.ID(), Time: time.Unix(0, s.Time).UTC(), Rule: s.Rule(), RuleVersion: s.Version, Family: s.Family,
		Tier: s.Tier, Score: s.Score, Actor: s.Actor, Title: s.Title, Reason: s.Reason, Statistic: &statistic,
	}
}
