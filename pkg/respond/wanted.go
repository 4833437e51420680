package respond

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Wanted is what a rule in rollout asks for; its blocks may do less for now.
type Wanted struct {
	Action block.Action `json:"action"`
	Terms  *block.Terms `json:"terms,omitempty"`
}

// place gives a block the mode that its rule's version has come to.
func (w *Wanted) place(b *block.Block, p rollout.Placement) {
	b.Mode, b.Percent, b.Action, b.Terms = p.Mode, p.Percent, w.Action, w.Terms
	if p.Flag {
		b.Action, b.Terms = block.Flag, nil
	}
}

// Why a finding that asks for a block gets none.
var (
	errNoValue   = errors.New("the record does not have what the rule blocks on")
	errNoName    = errors.New("nothing tells what the agents of the segment call this actor")
	errExemption = errors.New("a rule makes no exemptions")
)

// blockOf makes the block that a finding asks for, as it is before anybody has
// judged it. wanted is nil unless the rule is in rollout.
func (l *Ledger) blockOf(f *finding.Finding, now time.Time) (b block.Block, wanted *Wanted, err error) {
	segment := cmp.Or(f.Segment, block.All)
	target, err := targetOf(f, segment)
	if err != nil {
		return b, nil, err
	}
	action, terms, err := actionOf(&f.Wanted)
	if err != nil {
		return b, nil, err
	}
	b = block.Block{
		Segment: segment, Action: action, Terms: terms, LifetimeSeconds: f.Wanted.LifetimeSeconds,
		CreatedAt: now, Reason: f.Title, Rule: f.Rule, RuleVersion: f.RuleVersion, Findings: []string{f.ID}, By: byRule + f.Rule,
	}
	setTarget(&b, target)
	switch {
	case f.Wanted.Shadow:
		b.Mode = block.Shadow
	case f.Wanted.Rollout && !l.options.Finished:
		wanted = &Wanted{Action: action, Terms: terms}
		wanted.place(&b, l.book.Stage(f.Rule, f.RuleVersion, now))
	}
	return b, wanted, nil
}

// setTarget gives a rule's block its target, and the id that goes with it: the
// same finding asks for the same block however often it comes.
func setTarget(b *block.Block, t block.Target) {
	b.Target, b.ID = t, block.NewID(b.Segment, t.Key(), b.Findings[0])
}

// targetOf is what a finding wants blocked.
func targetOf(f *finding.Finding, segment string) (block.Target, error) {
	switch {
	case f.Wanted.Target != "":
		return block.ParseTarget(f.Wanted.Target)
	case f.Wanted.Scope != "":
		return block.Target{}, fmt.Errorf("%w: no %s", errNoValue, f.Wanted.Scope)
	}
	return actorTarget(f, f.Actor, segment)
}

// actorTarget is what a block of an actor matches in a segment.
func actorTarget(f *finding.Finding, a finding.Actor, segment string) (block.Target, error) {
	if t, ok := Target(a); ok {
		return t, nil
	}
	name, ok := named(f, a, segment)
	if !ok {
		return block.Target{}, fmt.Errorf("%w: %s in %s", errNoName, a.Kind, segment)
	}
	return block.NewTarget(block.Criterion{Scope: block.Scope(a.Kind), Value: name})
}

// Target is what a block of an actor matches; false when actors of this kind
// have other names at each segment's agents.
func Target(a finding.Actor) (block.Target, bool) {
	if block.Scope(a.Kind).Secret() || a.Value == "" {
		return block.Target{}, false
	}
	t, err := block.NewTarget(block.Criterion{Scope: block.Scope(a.Kind), Value: a.Value})
	return t, err == nil
}

func actionOf(w *finding.Wanted) (block.Action, *block.Terms, error) {
	action := block.Deny
	if w.Action != "" {
		if err := action.UnmarshalText([]byte(w.Action)); err != nil {
			return action, nil, err
		}
	}
	if action == block.Allow {
		return action, nil, errExemption
	}
	terms := block.Terms{Status: w.Status, Header: w.Header, Value: w.Value, Rate: w.Rate, Burst: w.Burst}
	if terms == (block.Terms{}) {
		return action, nil, nil
	}
	return action, &terms, nil
}

// forms are the shapes in which a finding's block may have been made: as it
// was asked for, narrowed, and widened.
func (l *Ledger) forms(b block.Block, f *finding.Finding) []block.Block {
	forms := []block.Block{b}
	if t, ok := l.principal(&b, f); ok {
		setTarget(&b, t)
		forms = append(forms, b)
	}
	for _, t := range wider(forms[0].Target) {
		setTarget(&b, t)
		forms = append(forms, b)
	}
	return forms
}

// principal is to whom a block on a shared address is narrowed: the principal
// behind that address. Elsewhere it stays free, because a client may claim to
// be anybody, and an application may be everybody's.
func (l *Ledger) principal(b *block.Block, f *finding.Finding) (block.Target, bool) {
	if f.Principal == (finding.Actor{}) || f.Principal == f.Actor || !oneClient(b.Target) {
		return block.Target{}, false
	}
	who, err := actorTarget(f, f.Principal, b.Segment)
	if err != nil {
		return block.Target{}, false
	}
	t, err := block.NewTarget(append(b.Target.Criteria(), who.Criteria()...)...)
	return t, err == nil
}
