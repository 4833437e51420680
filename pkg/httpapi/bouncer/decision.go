package bouncer

import (
	"fmt"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Scopes as bouncers want them written.
const (
	scopeIP      = "Ip"
	scopeRange   = "Range"
	scopeCountry = "Country"
	scopeAS      = "AS"
)

// banned is what bouncers are to do; they know nothing else that we can ask.
const banned = "ban"

// place is what a decision is about: bouncers know it by nothing else.
type place struct{ scope, value string }

// decision is one of our blocks at a place.
type decision struct {
	id       block.ID
	origin   string
	scenario string
	until    time.Time
}

// decisionJSON is a decision on the wire. Its keys are in alphabetical order,
// as those of the real server are.
type decisionJSON struct {
	Duration string `json:"duration"`
	ID       uint64 `json:"id"`
	Origin   string `json:"origin"`
	Scenario string `json:"scenario"`
	Scope    string `json:"scope"`
	Type     string `json:"type"`
	UUID     string `json:"uuid,omitempty"` // in streams only
	Value    string `json:"value"`
}

// idBits keep an id exact in clients whose numbers are floats.
const idBits = 1<<53 - 1

func (d *decision) wire(p place, now time.Time, withUUID bool) decisionJSON {
	j := decisionJSON{
		Duration: duration(d.until.Sub(now)), ID: uint64(d.id) & idBits, Origin: d.origin, Scenario: d.scenario,
		Scope: p.scope, Type: banned, Value: p.value,
	}
	if withUUID {
		// A version-8 UUID made of the block's id, so that it is always the same.
		j.UUID = fmt.Sprintf("%08x-%04x-8%03x-8000-%012x", uint32(d.id>>32), uint16(d.id>>16), uint16(d.id)&0xfff, uint64(d.id)&(1<<48-1))
	}
	return j
}

// duration is a time left as all clients read it: whole seconds, at least one,
// and no days.
func duration(left time.Duration) string {
	return max(time.Second, left.Round(time.Second)).String()
}

// origin tells by whom a block was made, in CrowdSec's words.
func origin(b *block.Block) string {
	switch who, _, _ := strings.Cut(b.By, ":"); who {
	case "token":
		return "cscli"
	case "list":
		return "lists"
	default:
		return "crowdsec"
	}
}

func decisionOf(b *block.Block) decision {
	scenario := b.Rule
	if scenario == "" {
		scenario = b.Reason
	}
	return decision{id: b.ID, origin: origin(b), scenario: "honeymoat/" + scenario, until: b.ExpiresAt()}
}

// sent tells whether a block is one that bouncers can carry out: one criterion
// of theirs, enforced on everybody, and refusing.
func sent(b *block.Block) bool {
	return b.Mode == block.Enforce && b.Action.Refuses() && told(b.Target)
}

// told tells whether bouncers can be told of a target.
func told(t block.Target) bool {
	if t.Exemption() {
		return false
	}
	switch t.Scope() {
	case block.ScopeAddress, block.ScopePrefix, block.ScopeCountry, block.ScopeNetwork:
		return true
	default:
		return false
	}
}

// placesOf are where bouncers know a block, cut around exemptions.
func placesOf(t block.Target, exempt *block.Allowlist) []place {
	switch t.Scope() {
	case block.ScopeCountry:
		v, _ := t.Value(block.ScopeCountry)
		return []place{{scopeCountry, v}}
	case block.ScopeNetwork:
		v, _ := t.Value(block.ScopeNetwork)
		return []place{{scopeAS, strings.TrimPrefix(v, "AS")}}
	}
	var places []place
	for _, p := range block.Around(t.Prefix(), exempt) {
		if p.IsSingleIP() {
			places = append(places, place{scopeIP, p.Addr().String()})
		} else {
			places = append(places, place{scopeRange, p.String()})
		}
	}
	return places
}
