package respond

import (
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// inquiry is a question on its way through the ledger.
type inquiry struct {
	Question
	ledger *Ledger
	keys   func(segment string) []block.MatchKey
	forms  map[string][]block.Target // by segment: what its agents may call the target
}

// blocks finds those on the target, and gives by what names the audit may
// know what was done about it.
func (a *inquiry) blocks(e *Explanation) (subjects []string) {
	for _, t := range a.formsIn(block.All) {
		subjects = append(subjects, t.String())
	}
	for _, h := range a.ledger.blocks.byID {
		if whole, partly := a.on(&h.Block); whole || partly {
			e.Blocks = append(e.Blocks, Covering{Held: *h, Partly: !whole})
		}
	}
	for _, h := range a.ledger.blocks.ended {
		if whole, _ := a.on(&h.Block); whole {
			e.Ended = append(e.Ended, *h)
			subjects = append(subjects, h.Block.ID.String())
		}
	}
	e.sort()
	for _, c := range e.Blocks {
		subjects = append(subjects, c.Block.ID.String(), c.Block.Target.String())
	}
	return subjects
}

// on tells whether a block is on everything that the question is about, or on
// some of it.
func (a *inquiry) on(b *block.Block) (whole, partly bool) {
	for _, form := range a.formsIn(b.Segment) {
		t, same := alongRoute(b.Target, form)
		if same && t.Covers(form) {
			return true, false
		}
		partly = partly || overlap(t, form)
	}
	return false, partly
}

// alongRoute gives what a block or an exemption is on, with the route that is
// asked for in place of one that matches it. same is false when it matches for
// one method only.
func alongRoute(held, asked block.Target) (t block.Target, same bool) {
	criteria, blocked := held.Criteria(), held.Blocked()
	at := slices.IndexFunc(criteria, func(c block.Criterion) bool { return c.Scope == block.ScopeRoute })
	route, ok := asked.Value(block.ScopeRoute)
	if at < 0 || !ok {
		return blocked, true
	}
	r := requestOn(route)
	own := requestOn(criteria[at].Value)
	if same = r.Method != "" || own.Method == ""; !same {
		r.Method = own.Method
	}
	only, err := block.NewTarget(criteria[at])
	if held.Exemption() {
		only = only.Exempt()
	}
	if err != nil || !only.Meets(&r, nil) {
		return blocked, true
	}
	criteria[at].Value = route
	if t, err = block.NewTarget(criteria...); err != nil {
		return blocked, true
	}
	return t, same
}

// requestOn is a request on a route.
func requestOn(route string) block.Request {
	method, path, ok := strings.Cut(route, " ")
	if !ok {
		method, path = "", route
	}
	return block.Request{Method: method, Path: path}
}

// formsIn gives the targets that the question may mean in a segment: a secret
// has a hash under each of the segment's keys.
func (a *inquiry) formsIn(segment string) []block.Target {
	forms, known := a.forms[segment]
	if known {
		return forms
	}
	for _, criteria := range a.hashed(segment) {
		if t, err := block.NewTarget(criteria...); err == nil {
			forms = append(forms, t)
		}
	}
	a.forms[segment] = forms
	return forms
}

func (a *inquiry) hashed(segment string) [][]block.Criterion {
	all := [][]block.Criterion{slices.Clone(a.Criteria)}
	for i, c := range a.Criteria {
		if !c.Scope.Secret() || block.IsMatched(c.Value) {
			continue
		}
		names := a.names(segment, c)
		var more [][]block.Criterion
		for _, form := range all {
			for _, name := range names {
				next := slices.Clone(form)
				next[i].Value = name
				more = append(more, next)
			}
		}
		all = more
	}
	return all
}

// names gives what the agents of a segment may call somebody.
func (a *inquiry) names(segment string, c block.Criterion) []string {
	if name, ok := a.ledger.nameOf(finding.Actor{Kind: finding.ActorKind(c.Scope), Value: c.Value}, segment); ok {
		return []string{name}
	}
	var names []string
	for _, k := range a.keys(segment) {
		names = append(names, k.Hash(c.Scope, c.Value))
	}
	return names
}

// overlap tells whether a block is on something that a target is on too:
// where both ask for the same thing they have to agree, and there has to be
// one.
func overlap(blocked, asked block.Target) bool {
	shared := false
	for _, c := range blocked.Criteria() {
		if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
			if !asked.Prefix().IsValid() {
				continue
			}
			if !asked.Prefix().Overlaps(blocked.Prefix()) {
				return false
			}
			shared = true
			continue
		}
		if v, ok := asked.Value(c.Scope); ok {
			if v != c.Value {
				return false
			}
			shared = true
		}
	}
	return shared
}

// actor finds who is behind the target, and what analysts said of it.
func (a *inquiry) actor(e *Explanation) {
	candidates := a.actors()
	for _, c := range e.Blocks {
		if !c.Partly && c.Actor.Value != "" {
			candidates = append(candidates, c.Actor)
		}
	}
	for _, key := range candidates {
		if actor, ok := a.ledger.Actor(key); ok && e.Actor == nil {
			e.Actor = &actor
		}
	}
	for _, d := range a.ledger.Discards() {
		if slices.Contains(candidates, d.Actor) {
			e.Discards = append(e.Discards, d)
		}
	}
}

// actors are those on whom evidence about the target may count: somebody with
// a name before an address.
func (a *inquiry) actors() []finding.Actor {
	var list []finding.Actor
	for _, c := range a.Criteria {
		if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
			if actor, err := finding.ParseActor(c.Value); err == nil {
				list = append(list, actor)
			}
			continue
		}
		kind := finding.ActorKind(c.Scope)
		for _, value := range append([]string{c.Value}, a.Stored[c.Scope]...) {
			list = append([]finding.Actor{{Kind: kind, Value: value}}, list...)
		}
	}
	return list
}
