package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// TestProbeAtOneGatewayIsRefusedAtEvery is the product in one test.
func TestProbeAtOneGatewayIsRefusedAtEvery(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	probe, shopper := p.visitor(attacker), p.visitor(customer)
	stroll := shopper.Stroll("/shop", 5*time.Millisecond, a, b)

	p.get(probe, a, "/shop", http.StatusOK)
	p.get(probe, b, "/shop", http.StatusOK)
	p.touch(probe, a)
	p.get(probe, a, "/shop", http.StatusForbidden) // the agent has seen it itself
	p.turns(probe, b, "/shop", http.StatusForbidden)
	if n := p.backend.Asked(bait); n != 0 {
		t.Errorf("the bait reached the application %d times", n)
	}

	held := p.blocked(attacker)
	if held.By != "rule:decoy."+baitDecoy || held.Lifetime() != 4*time.Hour || len(held.Findings) != 1 {
		t.Errorf("block: %+v", held.Block)
	}
	p.oneFindingSeenThrice(held.Findings[0])
	p.deniedIsNoEvidence(probe, []*stage.Gateway{a, b}, held)
	p.marksStandInTheLog(a, held)

	if tally := stroll.Stop(); !tally.Undisturbed() {
		t.Errorf("the customer was disturbed: %+v", tally)
	}
}

// oneFindingSeenThrice: agent, access log and decoy log tell of one touch.
func (p *play) oneFindingSeenThrice(id string) {
	p.Helper()
	found := p.touches(attacker, 1, 3)[0]
	if found.ID != id || found.Tier != finding.Log || found.Family != finding.Decoy {
		p.Errorf("finding: %+v", found)
	}
	for _, via := range []finding.Via{finding.ViaAgent, finding.ViaAccess, finding.ViaDecoy} {
		if !slices.ContainsFunc(found.Sightings, func(s finding.Sighting) bool { return s.Via == via }) {
			p.Errorf("the touch was not seen by way of %s: %+v", via, found.Sightings)
		}
	}
}

// deniedIsNoEvidence: asking on, for decoys too, counts on the block and is
// nothing new.
func (p *play) deniedIsNoEvidence(v *stage.Visitor, gateways []*stage.Gateway, held wire.WhyBlock) {
	p.Helper()
	const each = 5
	for _, g := range gateways {
		for range each {
			p.get(v, g, "/.git/config", http.StatusForbidden)
		}
	}
	p.eventually("the denials are counted on the block", func(ctx context.Context) error {
		why, err := p.why(ctx, v.Address)
		if err == nil && (len(why.Blocks) != 1 || why.Blocks[0].Denied < uint64(each*len(gateways))) {
			err = fmt.Errorf("%+v", why.Blocks)
		}
		return err
	})
	if found := p.touches(v.Address, 1, 3); found[0].ID != held.Findings[0] {
		p.Errorf("denied requests became evidence: %+v", found)
	}
}

// marksStandInTheLog: the gateway's own log tells what was done, with an id
// that leads to the block, and so does the store.
func (p *play) marksStandInTheLog(g *stage.Gateway, held wire.WhyBlock) {
	p.Helper()
	p.eventually("the store has the denied requests", func(ctx context.Context) error {
		events, err := p.service.API.Events(ctx, attacker, url.Values{"decision_id": {held.ID.String()}})
		if err == nil && len(events) == 0 {
			err = fmt.Errorf("no events")
		}
		for _, e := range events {
			if e.DecisionAction != "deny" || e.Status == nil || *e.Status != http.StatusForbidden {
				err = fmt.Errorf("event %+v", e)
			}
		}
		return err
	})
	log, err := os.ReadFile(g.AccessLog)
	p.must(err)
	if !strings.Contains(string(log), `"divert `) || !strings.Contains(string(log), `"deny `+held.ID.String()+`"`) {
		p.Errorf("decision marks are missing in the access log:\n%s", log)
	}
}

// TestForgedHeadersChangeNothing: a client that sends the mark's header changes
// nothing, and a decision mark in its request is not logged as one.
func TestForgedHeadersChangeNothing(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	probe := p.visitor(attacker)
	probe.Header = http.Header{
		"X-Honeymoat-Decision": {"deny 0123456789abcdef"},
		"X-Client-Address":     {customer},
		"X-Original-Uri":       {"/shop"},
		"X-Original-Method":    {"GET"},
		"X-Request-Id":         {"chosen-by-the-client"},
		"X-Forwarded-For":      {customer},
	}
	p.touch(probe, g)
	p.get(probe, g, "/shop", http.StatusForbidden)
	p.get(p.visitor(customer), g, "/shop", http.StatusOK)
	found := p.touches(attacker, 1, 3)[0]
	for _, s := range found.Sightings {
		if s.RequestID == "chosen-by-the-client" || s.Path != bait {
			t.Errorf("the client chose what was seen: %+v", s)
		}
	}
	if others, err := p.service.API.Findings(p.deadline(), customer); err != nil || len(others) > 0 {
		t.Errorf("the forged address has findings: %+v, %v", others, err)
	}
}
