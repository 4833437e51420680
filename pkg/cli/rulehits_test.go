package cli

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestRulesAreListedWithTheirHits(t *testing.T) {
	list := []listedRule{
		{Listed: ruletest.Listed{Rule: ruletest.Rule{Key: "busy"}}, Hits: &wire.RuleHits{Findings: 2, Sightings: 7, Actors: 1}},
		{Listed: ruletest.Listed{Rule: ruletest.Rule{Key: "quiet"}}, Hits: &wire.RuleHits{}},
		{Listed: ruletest.Listed{Rule: ruletest.Rule{Key: "unknown"}}},
	}
	var out strings.Builder
	printRules(&out, list)
	if !strings.Contains(out.String(), "7 by 1 actor") || !strings.Contains(out.String(), "3 rules") {
		t.Errorf("printed\n%s", out.String())
	}
	if hitsText(list[1].Hits) != "0" || hitsText(list[2].Hits) != "" {
		t.Error("no hits and unknown ones look alike")
	}
}
