package detect

import (
	"errors"
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// ErrUnconfirmed is wrapped by Confirm when a claim does not hold.
var ErrUnconfirmed = errors.New("the claim cannot be confirmed")

// Confirm makes the finding that an agent claims to have made, from what it
// saw only: rule, tier and lifetime are our own catalogue's, and its id is
// derived again, so that a taken agent can lie about who asked for what, and
// about nothing else. The error wraps ErrUnconfirmed.
func (d *Detector) Confirm(claim finding.Finding) (finding.Finding, error) {
	p := d.policy.Load()
	id := strings.TrimPrefix(claim.Rule, decoy.RuleID(""))
	c, ok := p.catalogue.ByID(id)
	if !ok {
		return finding.Finding{}, fmt.Errorf("confirm touch of decoy %q: %w: the catalogue has no such decoy", id, ErrUnconfirmed)
	}
	s := claim.Sighting
	found, ok := p.catalogue.Find([]byte(s.Host), []byte(s.Method), []byte(s.Path))
	if !ok || found != c {
		return finding.Finding{}, fmt.Errorf("confirm touch of decoy %q: %w: %q is not its path", id, ErrUnconfirmed, s.Path)
	}
	client := clientOf(claim.Actor)
	if !client.IsValid() || finding.ActorOf(client) != claim.Actor {
		return finding.Finding{}, fmt.Errorf("confirm touch of decoy %q: %w: actor %q is no client address", id, ErrUnconfirmed, claim.Actor)
	}
	s.Via, s.Record, s.File, s.Line = finding.ViaAgent, "", "", 0
	t := decoy.Touch{Decoy: c, Actor: claim.Actor, Time: claim.Time, Sighting: s, Internal: p.internal.Contains(client)}
	t.Doubted = d.doubts(c, place(s.Gateway, s.Source, s.Host), t.Time)
	return d.masked(t.Finding()), nil
}
