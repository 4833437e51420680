package evidence

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// attacks are the families of what is an attack by itself, and no mere look
// around.
func attacks() []string {
	return []string{"injection", string(finding.Credential), string(finding.Object), "function", string(finding.Tokens)}
}

// lookers are the families of those who look around everywhere: that they do
// it for hours is no news.
func lookers() []string {
	return []string{string(finding.Decoy), string(finding.Intel), "scanner", "recon", "spam", string(finding.Rule)}
}

// DefaultRules are the tiers as shipped.
func DefaultRules() []Rule {
	attack := Match{Families: attacks()}
	attackOrTouch := Match{Families: append([]string{string(finding.Decoy)}, attacks()...)}
	return []Rule{
		{Name: "known breach", Tier: finding.Page, Found: []Match{{Suggested: finding.Page}}},
		{
			Name: "success after an attack", Tier: finding.Page, InOrder: true, Within: defaultWithin, Actors: []string{Person},
			Found: []Match{attack, {Rules: []string{"baseline.first"}}},
		},
		{
			Name: "confirmed exfiltration", Tier: finding.Page, Within: defaultWithin, Actors: []string{Person},
			Found: []Match{{Families: []string{string(finding.Exfiltration)}}, attackOrTouch},
		},
		{Name: "consistent issue", Tier: finding.Notify, Found: []Match{{Suggested: finding.Notify}}},
		{Name: "evidence of several families", Tier: finding.Notify, Kinds: 2},
		{Name: "came back after its block", Tier: finding.Notify, AfterBlock: true},
		{
			Name: "repeated", Tier: finding.Notify, Within: 24 * time.Hour,
			Found: []Match{{Except: lookers(), Hours: 3}},
		},
		{Name: "a doubt", Tier: finding.Log, Found: []Match{{Suggested: finding.Log}}},
	}
}
