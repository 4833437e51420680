package evidence

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestWarnings(t *testing.T) {
	f := func(rules []Rule, want ...string) {
		t.Helper()
		policy, err := NewPolicy(NewScale(Options{}), rules)
		if err != nil {
			t.Fatal(err)
		}
		got := policy.Warnings()
		if len(got) != len(want) {
			t.Fatalf("warnings %q, want %q", got, want)
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("warning %q, want %q", got[i], want[i])
			}
		}
	}
	breach := Rule{Name: "breach", Tier: finding.Page, Found: []Match{{Suggested: finding.Page}}}
	issue := Rule{Name: "issue", Tier: finding.Notify, Found: []Match{{Suggested: finding.Notify}}}
	several := Rule{Name: "several", Tier: finding.Page, Kinds: 3}
	f(DefaultRules())
	f([]Rule{breach, issue})
	f([]Rule{breach}, "suggests notify by itself only makes log")
	f([]Rule{issue, several}, "suggests page by itself only makes notify")
	f([]Rule{several}, "suggests page by itself only makes log", "suggests notify")
}
