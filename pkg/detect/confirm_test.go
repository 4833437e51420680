package detect

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func claimOf(t *testing.T, d *Detector) finding.Finding {
	t.Helper()
	var r Result
	d.Detect(newBatch(row{client: client, host: "h", path: "/.env", status: 404, request: request}), &r)
	return r.Findings[0]
}

func TestConfirm(t *testing.T) {
	d := newDetector(t)
	claim := claimOf(t, d)
	want := claim.ID
	claim.ID, claim.Tier, claim.Wanted.LifetimeSeconds, claim.Title = "made-up", finding.Page, 1<<40, "lies"
	got, err := d.Confirm(claim)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != want || got.Tier != finding.Log || got.Wanted.LifetimeSeconds != 4*3600 || got.Sighting.Via != finding.ViaAgent {
		t.Errorf("confirmed as %+v", got)
	}
}

// An agent repeats a path up to a length; a client chooses how it is written.
func TestConfirmDetour(t *testing.T) {
	d := newDetector(t)
	var r Result
	path := strings.Repeat("/detour", 400) + strings.Repeat("/..", 400) + "/.env"
	d.Detect(newBatch(row{client: client, host: "h", path: path, status: 404}), &r)
	if got, err := d.Confirm(r.Findings[0]); err != nil || got.ID != r.Findings[0].ID {
		t.Errorf("confirmed as %s, %v; want %s", got.ID, err, r.Findings[0].ID)
	}
}

func TestConfirmHonoursShadow(t *testing.T) {
	d := newDetector(t)
	var r Result
	d.Detect(newBatch(row{client: client, host: "h", path: "/.env", status: 200}), &r)
	got, err := d.Confirm(claimOf(t, d))
	if err != nil || !got.Wanted.Shadow {
		t.Errorf("confirmed as %+v, %v", got.Wanted, err)
	}
}

func TestConfirmFailure(t *testing.T) {
	f := func(change func(*finding.Finding)) {
		t.Helper()
		d := newDetector(t)
		claim := claimOf(t, d)
		change(&claim)
		if _, err := d.Confirm(claim); !errors.Is(err, ErrUnconfirmed) {
			t.Errorf("%+v was confirmed: %v", claim, err)
		}
	}
	f(func(c *finding.Finding) { c.Rule = "decoy.other" })
	f(func(c *finding.Finding) { c.Rule = "" })
	f(func(c *finding.Finding) { c.Rule = "decoy.keys" })
	f(func(c *finding.Finding) { c.Sighting.Path = "/index.html" })
	f(func(c *finding.Finding) { c.Actor = finding.Actor{Kind: finding.User, Value: "root"} })
	f(func(c *finding.Finding) { c.Actor = finding.Actor{Kind: finding.Prefix, Value: "0.0.0.0/0"} })
	f(func(c *finding.Finding) { c.Actor = finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/32"} })
	f(func(c *finding.Finding) {
		c.Actor = finding.Actor{Kind: finding.Address, Value: netip.IPv6Unspecified().String()}
	})
}
