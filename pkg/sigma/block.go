package sigma

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Block is the block that a rule asks for; no TTL asks for none. It is
// comparable.
type Block struct {
	TTL  time.Duration
	Mode BlockMode // set where there is a TTL
	// Scope is what of the record is blocked: names of block's scopes with "+"
	// between them, in the order in which a target has them; empty: whom the
	// finding is about.
	Scope  string
	Action block.Action
	Status int     // deny and throttle: of the answer; 0 = the action's own
	Header string  // flag: the header to the backend
	Value  string  // flag: its value
	Rate   float64 // throttle: requests a second
	Burst  int     // throttle: requests at once
}

// BlockMode is how a rule's blocks come into force.
type BlockMode string

// The modes.
const (
	BlockRollout BlockMode = "rollout" // from shadow to enforcement by what is measured; the default
	BlockShadow  BlockMode = "shadow"  // recorded, and never more
	BlockEnforce BlockMode = "enforce" // at once: for what is beyond doubt
)

var blockModes = []string{string(BlockRollout), string(BlockShadow), string(BlockEnforce)}

// Scopes lists the scopes that are named.
func (b Block) Scopes() []block.Scope {
	var scopes []block.Scope
	for name := range strings.SplitSeq(b.Scope, joint) {
		if name != "" {
			scopes = append(scopes, block.Scope(name))
		}
	}
	return scopes
}

const joint = "+"

// What tells in a few words what the block does to whom: "throttle to 5 a
// second, on address and user_agent". It is empty when it denies the actor.
func (b Block) What() string {
	var parts []string
	switch {
	case b.Action == block.Throttle:
		parts = append(parts, fmt.Sprintf("throttle to %g a second", b.Rate))
	case b.Action == block.Flag:
		parts = append(parts, "flag with "+cmp.Or(b.Header, block.FlagHeader))
	case b.Action != block.Deny:
		parts = append(parts, b.Action.String())
	case b.Status != 0:
		parts = append(parts, fmt.Sprintf("deny with %d", b.Status))
	}
	if b.Scope != "" {
		parts = append(parts, "on "+strings.ReplaceAll(b.Scope, joint, " and "))
	}
	return strings.Join(parts, ", ")
}

// Limits of a block that a rule asks for.
const (
	minTTL = time.Second
	maxTTL = 365 * 24 * time.Hour
)

var (
	blockKeys = []string{"scope", "action", "ttl", "mode", "status", "header", "value", "rate", "burst"}
	// A rule cannot exempt anybody.
	blockActions = slices.DeleteFunc(block.ActionNames(), func(s string) bool { return s == block.Allow.String() })
	blockScopes  = slices.DeleteFunc(scopeNames(), func(s string) bool { return s == string(block.ScopePrefix) })
)

func scopeNames() []string {
	var names []string
	for _, s := range block.Scopes() {
		names = append(names, string(s))
	}
	return names
}

// block reads the block that a rule asks for.
func (d *draft) block(t *tree) Block {
	if t == nil || t.shape == null {
		return Block{}
	}
	d.onlyKeys(t, "block", blockKeys...)
	b := Block{
		TTL: d.lifetime(t), Scope: d.scopes(t),
		Mode:   BlockMode(cmp.Or(d.oneOf(t, "mode", blockModes), string(BlockRollout))),
		Status: int(d.amount(t, "status", true)), Header: d.text(t, "header"), Value: d.text(t, "value"),
		Rate: d.amount(t, "rate", false), Burst: int(d.amount(t, "burst", true)),
	}
	action := cmp.Or(d.oneOf(t, "action", blockActions), block.Deny.String())
	if slices.Contains(blockActions, action) {
		b.Action = block.Action(slices.Index(block.ActionNames(), action))
		d.terms(t, b)
	}
	return b
}

// scopes reads one scope or a list, in the order in which a target has them.
func (d *draft) scopes(t *tree) string {
	v := t.get("scope")
	named := map[string]bool{}
	for _, s := range d.texts(t, "scope") {
		at := v
		if v.shape == sequence {
			at = v.items[slices.IndexFunc(v.items, func(item *tree) bool { return item.text == s })]
		}
		switch {
		case s == string(block.ScopePrefix):
			d.fail(at, `write "address": IPv6 is blocked by its /64`, "scope: a record has no prefix")
		case !slices.Contains(blockScopes, s):
			d.fail(at, oneOfHint(s, blockScopes), "there is no scope %q", s)
		case named[s]:
			d.fail(at, "leave one out", "scope: %s is there twice", s)
		}
		named[s] = true
	}
	if named[string(block.ScopeKey)] && named[string(block.ScopeToken)] {
		d.fail(v, "leave one out", "scope: a record has a key or a token, not both")
	}
	return strings.Join(slices.DeleteFunc(scopeNames(), func(s string) bool { return !named[s] }), joint)
}

// amount reads a number that is not negative; 0 where there is none.
func (d *draft) amount(t *tree, name string, whole bool) float64 {
	v := t.get(name)
	switch {
	case v == nil || v.shape == null:
		return 0
	case v.shape != number || v.number < 0 || v.number > math.MaxInt32:
		d.fail(v, fmt.Sprintf("write a number, as in %q", name+": 5"), "%s: %q is no number from 0 on", name, v.text)
		return 0
	case whole && v.number != math.Trunc(v.number):
		d.fail(v, "leave the fraction out", "%s: %q is no whole number", name, v.text)
		return 0
	}
	return v.number
}

// terms checks the details of the action, each where it stands.
func (d *draft) terms(t *tree, b Block) {
	f := func(terms block.Terms, hint string, keys ...string) {
		if terms == (block.Terms{}) {
			return
		}
		if b.Action == block.Throttle && terms.Rate == 0 {
			terms.Rate = 1 // whether there is a rate is told below
		}
		if err := b.check(terms); err != nil {
			d.fail(t.firstOf(keys...), hint, "%s", strings.TrimPrefix(err.Error(), "block "))
		}
	}
	f(block.Terms{Status: b.Status}, `such as "status: 429"`, "status")
	f(block.Terms{Header: b.Header, Value: b.Value}, `such as "action: flag" with "header: X-Suspect" and "value: scanner"`, "header", "value")
	f(block.Terms{Rate: b.Rate, Burst: b.Burst}, `such as "action: throttle" with "rate: 5" and "burst: 20"`, "rate", "burst")
	if b.Action == block.Throttle && t.get("rate") == nil {
		d.fail(t.get("action"), `write "rate: 5" for five requests a second`, "throttle does not say how much may pass")
	}
}

// check holds terms against what every block's have to be.
func (b Block) check(terms block.Terms) error {
	target, err := block.ParseTarget("192.0.2.1")
	if err != nil {
		return err
	}
	return (&block.Block{ID: 1, Segment: block.All, Target: target, Action: b.Action, LifetimeSeconds: 1, Terms: &terms}).Validate()
}

// firstOf gives the value of the first of some keys that is there.
func (t *tree) firstOf(keys ...string) *tree {
	for _, k := range keys {
		if v := t.get(k); v != nil {
			return v
		}
	}
	return t
}

// anybody tells whether a block with these scopes names nobody: it hits
// whoever sends such requests.
func (b Block) anybody() bool {
	return b.Scope != "" && !slices.ContainsFunc(b.Scopes(), func(s block.Scope) bool {
		return s == block.ScopeAddress || s == block.ScopeFingerprint || s.Principal()
	})
}

func (d *draft) lifetime(t *tree) time.Duration {
	v := t.get("ttl")
	if v == nil {
		d.fail(t, `write "ttl: 1h"`, "the block does not say how long it lasts")
		return 0
	}
	ttl, ok := timespan(v.text)
	if !ok {
		parsed, err := time.ParseDuration(v.text)
		ttl, ok = parsed, err == nil
	}
	if !ok || ttl < minTTL || ttl > maxTTL {
		d.fail(v, `write "1h", "30m" or "7d"`, "ttl: %q is no time from %v to %v", v.text, minTTL, maxTTL)
		return 0
	}
	return ttl
}
