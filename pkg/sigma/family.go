package sigma

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// tagFamilies are the families that tags of ATT&CK tell, techniques before
// tactics.
var tagFamilies = []struct {
	tag    string
	family finding.Family
}{
	{"attack.t1190", "injection"},
	{"attack.t1595", "scanner"},
	{"attack.t1592", "recon"},
	{"attack.t1110", "credential"},
	{"attack.t1078", "credential"},
	{"attack.t1119", "scraping"},
	{"attack.t1213", "scraping"},
	{"attack.reconnaissance", "recon"},
	{"attack.discovery", "recon"},
	{"attack.credential-access", "credential"},
	{"attack.credential_access", "credential"},
	{"attack.exfiltration", "exfiltration"},
	{"attack.collection", "exfiltration"},
	{"attack.execution", "injection"},
}

// Family is the family of a rule's findings: what the key honeymoat.family
// says, else what the tags tell, else "rule".
func (m *Meta) Family() finding.Family {
	if m.Honeymoat.Family != "" {
		return m.Honeymoat.Family
	}
	for _, f := range tagFamilies {
		for _, tag := range m.Tags {
			if tag = strings.ToLower(tag); tag == f.tag || strings.HasPrefix(tag, f.tag+".") {
				return f.family
			}
		}
	}
	return finding.Rule
}

// Tier is how loudly a rule's findings are told: what the key honeymoat.tier
// says, else notify for the levels high and critical, else log.
func (m *Meta) Tier() finding.Tier {
	switch {
	case m.Honeymoat.Tier != 0:
		return m.Honeymoat.Tier
	case m.Level >= High:
		return finding.Notify
	}
	return finding.Log
}
