package httpapi

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/behaviour"
)

func TestRulesGoByTheirTitles(t *testing.T) {
	w := newWorld(t)
	f := func(rule, want string) {
		t.Helper()
		if got := w.Server.titleOf(rule); got != want {
			t.Errorf("%s is called %q, want %q", rule, got, want)
		}
	}
	walked := behaviour.Detectors()[0]
	f("behaviour."+walked.ID, walked.Title)
	f("behaviour.mind-reading", "")
	f("decoy.no-such", "")
	f("no-such-rule", "")
	d := w.Server.options.Catalogue().Decoys()[0]
	f("decoy."+d.ID, "Decoy touched: "+d.Title)
	r := w.Server.options.Rules.Rules()[0]
	f(r.Key, r.Title)
}
