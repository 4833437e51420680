package evidence

import (
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Warnings tell what an operator may not mean by the rules, though they make
// sense: what suggests page or notify by itself, and would not become it.
func (p *Policy) Warnings() []string {
	var list []string
	for _, tier := range []finding.Tier{finding.Page, finding.Notify} {
		if got := p.alone(tier); got < tier {
			list = append(list, fmt.Sprintf("what suggests %s by itself only makes %s: a rule of the tier %s with found: [{suggested: %s}] would keep it",
				tier, got, tier, tier))
		}
	}
	return list
}

// alone is the tier that a finding of some rule makes of an address that
// nothing else is known of.
func (p *Policy) alone(tier finding.Tier) finding.Tier {
	now := time.Unix(0, 0).UTC()
	f := finding.Finding{ID: "one", Rule: "one", Family: finding.Rule, Tier: tier, Score: 1, Time: now}
	var a Account
	p.scale.Add(&a, &f, 1)
	return p.Judge(Case{Account: &a, Finding: &f, Actor: finding.Address, Now: now}).Tier
}
