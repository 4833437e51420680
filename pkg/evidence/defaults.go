package evidence

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// attacks are the families of what is an attack by itself, and no mere look
// around.
func attacks() []string {
	return []string{"injection", string(finding.Credential), string(finding.Object), "function", string(finding.Tokens)}
}

// lookers are the families of those who look around everywhere: that they do
// it, for hours too, is no news.
func lookers() []string {
	return []string{string(finding.Decoy), string(finding.Intel), "scanner", "recon", "spam"}
}

// wake are the families of what looking around everywhere makes rules suggest:
// decoys and lists do so only where somebody has said so, and are none.
func wake() []string {
	return []string{
		"scanner", "recon", "spam", "protocol", string(finding.Volume), string(finding.Errors), string(finding.Latency), string(finding.Format), string(finding.Automation),
	}
}

// DefaultRules are the tiers as shipped.
func DefaultRules() []Rule {
	exfiltration, looks := Match{Families: []string{string(finding.Exfiltration)}}, Match{Families: lookers()}
	works := Match{Rules: []string{"baseline.first"}}
	passing := Unless{Actors: []string{Anonymous}, From: External, Families: lookers()}
	return []Rule{
		{Name: "known breach", Tier: finding.Page, Found: []Match{{Suggested: finding.Page}}},
		{
			Name: "success after an attack", Tier: finding.Page, InOrder: true, Within: defaultWithin, Actors: []string{Person},
			Found: []Match{{Families: attacks()}, works},
		},
		{
			Name: "confirmed exfiltration", Tier: finding.Page, Within: defaultWithin, Actors: []string{Principal},
			Found: []Match{exfiltration, {Families: append([]string{string(finding.Decoy)}, attacks()...)}},
		},
		{
			Name: "exfiltration by an attacker", Tier: finding.Page, Within: defaultWithin, Actors: []string{Anonymous},
			Found: []Match{exfiltration, {Families: slices.DeleteFunc(attacks(), func(f string) bool { return f == string(finding.Object) })}},
		},
		{Name: "consistent issue", Tier: finding.Notify, Found: []Match{{Suggested: finding.Notify, Except: wake()}}},
		{Name: "more than looking around", Tier: finding.Notify, Found: []Match{{Suggested: finding.Notify}}, Unless: passing},
		{Name: "evidence of several families", Tier: finding.Notify, Kinds: 2, Unless: passing},
		{
			Name: "looks around and attacks", Tier: finding.Notify, Within: defaultWithin, Actors: []string{Person},
			Found: []Match{looks, {Families: append(attacks(), string(finding.Exfiltration))}},
		},
		{
			Name: "looks around and gets in", Tier: finding.Notify, InOrder: true, Within: defaultWithin, Actors: []string{Person},
			Found: []Match{looks, works},
		},
		{Name: "came back after its block", Tier: finding.Notify, AfterBlock: true},
		{
			Name: "repeated", Tier: finding.Notify, Within: 24 * time.Hour, Unless: passing,
			Found: []Match{{Except: append(lookers(), string(finding.Rule)), Hours: 3}},
		},
		{Name: "a doubt", Tier: finding.Log, Found: []Match{{Suggested: finding.Log}}},
	}
}
