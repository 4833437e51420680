package behaviour

import (
	"slices"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestEveryDetectorIsDescribed(t *testing.T) {
	known := map[string]bool{}
	for _, f := range event.TextFields() {
		known[f.String()] = true
	}
	for _, f := range event.NumberFields() {
		known[f.String()] = true
	}
	for _, f := range event.AddrFields() {
		known[f.String()] = true
	}
	ids := map[string]bool{}
	for _, d := range Detectors() {
		if d.ID == "" || ids[d.ID] || d.Title == "" || len(d.Families) == 0 || len(d.Needs) == 0 || !d.Fast || d.WarmUp == "" || d.CannotSee == "" {
			t.Errorf("%+v", d)
		}
		ids[d.ID] = true
		for _, field := range slices.Concat(d.Needs, d.AnyOf, d.Better) {
			if !known[field] {
				t.Errorf("%s needs %q, which is no field", d.ID, field)
			}
		}
	}
}

func TestUnable(t *testing.T) {
	combined := []string{"time", "client_address", "user", "method", "path", "query", "status", "response_bytes", "user_agent", "referer", "route"}
	f := func(fields []string, want ...string) {
		t.Helper()
		if got := Unable(fields...); !slices.Equal(got, want) {
			t.Errorf("%v: unable are %v, want %v", fields, got, want)
		}
	}
	f(combined)
	without := func(drop ...string) []string {
		return slices.DeleteFunc(slices.Clone(combined), func(s string) bool { return slices.Contains(drop, s) })
	}
	f(without("user"), ForeignObjects, DistributedGuessing, SharedCredential)
	f(without("user_agent"), MachinePace, BrowserImpostor)
	f(without("response_bytes"), Exfiltration)
	f(without("client_address"), CredentialStuffing, DistributedGuessing, GuessedCredential, SharedCredential)
	f(nil, ObjectEnumeration, ForeignObjects, CredentialStuffing, DistributedGuessing, GuessedCredential, SharedCredential, Scraping, PageWalk,
		Exfiltration, OddOrder, MachinePace, BrowserImpostor)
}
