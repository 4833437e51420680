package decoy

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func touchOf(d *Decoy) Touch {
	return Touch{
		Decoy: d, Actor: finding.ActorOf(netip.MustParseAddr("192.0.2.7")), Time: time.Unix(1_700_000_000, 5e8),
		Sighting: finding.Sighting{Via: finding.ViaAccess, RequestID: "0123456789abcdef", Method: "GET", Host: "h", Path: "/.env", Status: 404},
	}
}

func TestOneTouchIsOneFinding(t *testing.T) {
	d, _ := mustParse(t, testCatalogue).ByID("env")
	access := touchOf(d)
	agent := access
	agent.Sighting.Via, agent.Sighting.Status, agent.Time = finding.ViaAgent, 0, access.Time.Add(3*time.Second)
	if access.Finding().ID != agent.Finding().ID {
		t.Error("the same request id made two findings")
	}
	access.Sighting.RequestID, agent.Sighting.RequestID = "", "-"
	agent.Time = access.Time.Add(300 * time.Millisecond)
	agent.Sighting.Host, agent.Sighting.Path = "H:443", "/%2eENV"
	if access.Finding().ID != agent.Finding().ID {
		t.Error("the same decoy, actor, host, path and second made two findings")
	}
	agent.Time = access.Time.Add(time.Second)
	if access.Finding().ID == agent.Finding().ID {
		t.Error("two touches made one finding")
	}
}

func TestTouchTier(t *testing.T) {
	c := mustParse(t, testCatalogue)
	f := func(id string, change func(*Touch), tier finding.Tier, lifetime time.Duration, shadow bool) {
		t.Helper()
		d, _ := c.ByID(id)
		touch := touchOf(d)
		change(&touch)
		got := touch.Finding()
		want := finding.Wanted{LifetimeSeconds: int64(lifetime / time.Second), Shadow: shadow}
		if got.Tier != tier || got.Wanted != want || got.Reason == "" || got.Score <= 0 || got.Score > 1 {
			t.Errorf("%s came out as %+v", id, got)
		}
	}
	f("env", func(*Touch) {}, finding.Log, DefaultLifetime, false)
	f("on-host", func(*Touch) {}, finding.Notify, DefaultLifetime, false)
	f("env", func(x *Touch) { x.Internal = true }, finding.Page, DefaultLifetime, false)
	f("env", func(x *Touch) { x.Served, x.Internal = true, true }, finding.Log, 0, true)
	f("env", func(x *Touch) { x.Doubted = true }, finding.Log, DefaultLifetime, true)
}

func TestFindingRepeatsNothingUnprintableOrLong(t *testing.T) {
	d, _ := mustParse(t, testCatalogue).ByID("env")
	touch := touchOf(d)
	touch.Sighting.Path = "/.env\x00\n\xff" + strings.Repeat("x", 5000)
	touch.Sighting.UserAgent = strings.Repeat("é", 3000)
	f := touch.Finding()
	if strings.ContainsAny(f.Reason+f.Sighting.Path, "\x00\n") || !utf8.ValidString(f.Reason) || len(f.Sighting.Path) > 2*finding.MaxPath || len(f.Sighting.UserAgent) > 2*512 {
		t.Errorf("finding repeats the request as it was: %q", f.Reason)
	}
}

func TestTouchesOfTwoClientsAreTwoFindings(t *testing.T) {
	const request = "00000000000000000000000000001882"
	id := func(client string) string {
		return FindingID("env", request, finding.Actor{Kind: finding.Address, Value: client}, "h", "/.env", time.Time{})
	}
	first := id("192.0.2.1")
	if first == id("192.0.2.2") {
		t.Error("two clients with one request id are one finding: the second would not be blocked")
	}
	if again := id("192.0.2.1"); again != first {
		t.Errorf("one touch is two findings: %s and %s", first, again)
	}
}
