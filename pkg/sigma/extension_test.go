package sigma

import (
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func extended(t *testing.T, text string) *Meta {
	t.Helper()
	c := parseAll(t, Options{}, Source{"e.yml", []byte(complete + text)})
	return &c.Rules[0].Meta
}

func TestExtension(t *testing.T) {
	got := extended(t, `
honeymoat:
    family: credential
    tier: page
    actor: user
    block: {scope: address, action: deny, ttl: 90m, mode: enforce}
`)
	want := Extension{Family: "credential", Tier: finding.Page, Actor: finding.User, Block: Block{TTL: 90 * time.Minute, Scope: "address", Mode: BlockEnforce}}
	if got.Honeymoat != want || got.Family() != "credential" || got.Tier() != finding.Page {
		t.Errorf("%+v", got.Honeymoat)
	}
	got = extended(t, "honeymoat: {block: {ttl: 7d}}\n")
	if got.Honeymoat.Block != (Block{TTL: 7 * 24 * time.Hour, Mode: BlockRollout}) || got.Honeymoat.Tier != 0 {
		t.Errorf("%+v", got.Honeymoat)
	}
	if got := extended(t, "honeymoat: {block: {ttl: 1h30m}}\n").Honeymoat.Block.TTL; got != 90*time.Minute {
		t.Error(got)
	}
	if got := extended(t, "honeymoat:\n"); got.Honeymoat != (Extension{}) {
		t.Errorf("%+v", got.Honeymoat)
	}
}

func TestTierByLevel(t *testing.T) {
	for level, want := range map[Level]finding.Tier{
		NoLevel: finding.Log, Informational: finding.Log, Low: finding.Log, Medium: finding.Log, High: finding.Notify, Critical: finding.Notify,
	} {
		if got := (&Meta{Level: level}).Tier(); got != want {
			t.Errorf("level %v is told as %v", level, got)
		}
	}
}

func TestFamilyByTags(t *testing.T) {
	f := func(want finding.Family, tags ...string) {
		t.Helper()
		if got := (&Meta{Tags: tags}).Family(); got != want {
			t.Errorf("%v is of family %s", tags, got)
		}
	}
	f("injection", "attack.initial-access", "attack.t1190")
	f("scanner", "attack.reconnaissance", "attack.t1595.002")
	f("recon", "attack.reconnaissance")
	f("credential", "attack.T1110")
	f("exfiltration", "attack.exfiltration", "attack.t1048")
	f("rule", "attack.t11901")
	f("rule")
}
