package respond

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Forget drops all that is kept about some actors: their evidence, alerts,
// blocks, discards and tombstones, and what the audit in memory says of them
// by name. It returns how many entries that were, once a checkpoint without
// them has been saved (which empties the journal too), and the keys that their
// blocks have or had on the bus.
func (s *Service) Forget(ctx context.Context, actors []finding.Actor, names func(text string) bool) (entries int, keys []string, err error) {
	if err := s.gate.enter(ctx); err != nil {
		return 0, nil, fmt.Errorf("forget: %w", err)
	}
	entries, keys, err = s.forget(ctx, actors, names)
	s.gate.leave()
	if err != nil {
		return entries, keys, fmt.Errorf("forget: %w", err)
	}
	if _, err := s.checkpoint(ctx); err != nil {
		return entries, keys, fmt.Errorf("forget: %w", err)
	}
	return entries, keys, nil
}

func (s *Service) forget(ctx context.Context, actors []finding.Actor, names func(string) bool) (int, []string, error) {
	who := s.subjectOf(actors)
	blocks := s.blocksOn(who)
	for _, b := range blocks {
		if err := s.options.Blocks.Remove(ctx, b); err != nil && !errors.Is(err, ErrNotFound) {
			return 0, nil, err
		}
	}
	s.mu.Lock()
	keys := keysOf(who, blocks, s.ledger)
	n := s.ledger.forget(who)
	n += redact(s.audit, names) + s.ledger.feedback.Redact(names, erased)
	s.touch()
	s.mu.Unlock()
	if err := s.resolve(ctx); err != nil {
		return 0, nil, err
	}
	return n + len(blocks), keys, nil
}

// Knows counts the entries about some actors, as Forget would drop them.
func (s *Service) Knows(actors []finding.Actor, names func(text string) bool) int {
	who := s.subjectOf(actors)
	n := len(s.blocksOn(who))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.audit {
		if s.audit[i].about(names) {
			n++
		}
	}
	for _, v := range s.ledger.feedback.Votes() {
		if names(v.Reason) {
			n++
		}
	}
	return n + s.ledger.knows(who)
}

// subject is whom to forget, and what the agents of each segment call them.
type subject struct {
	actors []finding.Actor
	keys   func(segment string) []block.MatchKey
}

func (s *Service) subjectOf(actors []finding.Actor) *subject {
	known := map[string][]block.MatchKey{}
	return &subject{actors: actors, keys: func(segment string) []block.MatchKey {
		if _, ok := known[segment]; !ok {
			known[segment] = s.matchKeys(segment)
		}
		return known[segment]
	}}
}

// in tells whether a target names the subject, alone or among other things.
func (s *subject) in(segment string, t block.Target) bool {
	return slices.ContainsFunc(t.Criteria(), func(c block.Criterion) bool {
		return slices.ContainsFunc(s.actors, func(a finding.Actor) bool {
			// A single IPv6 address may be blocked too.
			sameKind := string(c.Scope) == string(a.Kind) || c.Scope == block.ScopeAddress && a.Kind == finding.Prefix
			return sameKind && isHashOf(c, a.Value, s.keys(segment))
		})
	})
}

// inKey is in for a block's key.
func (s *subject) inKey(key string) bool {
	segment, target, err := block.ParseKey(key)
	return err == nil && s.in(segment, target)
}

// inHeld tells whether a block names the subject, or names by another name
// somebody on whose evidence it stands.
func (s *subject) inHeld(h *Held) bool {
	return s.in(h.Block.Segment, h.Block.Target) || block.Scope(h.Actor.Kind).Secret() && slices.Contains(s.actors, h.Actor)
}

// scrub takes a subject out of a finding about somebody else.
func (s *subject) scrub(f *finding.Finding) {
	if slices.Contains(s.actors, f.Principal) {
		f.Principal, f.Wanted.Target = finding.Actor{}, ""
	}
	f.Names = slices.DeleteFunc(slices.Clone(f.Names), func(n finding.Name) bool { return slices.Contains(s.actors, n.Actor) })
}

// blocksOn lists the live blocks on a subject, and exemptions of it.
func (s *Service) blocksOn(who *subject) []block.Block {
	return slices.DeleteFunc(s.options.Blocks.List(), func(b block.Block) bool {
		held, ok := s.held(b.ID)
		if !ok {
			held.Block = b
		}
		return !who.inHeld(&held)
	})
}

// keysOf are the keys of a subject's blocks in the segments that it has or had
// one in, and in the one that all have.
func keysOf(who *subject, blocks []block.Block, l *Ledger) []string {
	var keys []string
	for i := range blocks {
		keys = append(keys, blocks[i].Key())
	}
	for _, ended := range l.blocks.ended {
		if who.inHeld(&ended.Held) {
			keys = append(keys, ended.Block.Key())
		}
	}
	for key := range l.blocks.removed {
		if who.inKey(key) {
			keys = append(keys, key)
		}
	}
	for _, a := range who.actors {
		if t, ok := Target(a); ok {
			keys = append(keys, (&block.Block{Segment: block.All, Target: t}).Key())
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// forget drops a subject and everything that names it.
func (l *Ledger) forget(who *subject) int {
	n := l.knows(who)
	for _, key := range who.actors {
		if a := l.actors[key]; a != nil {
			l.orphans = append(l.orphans, a.alerts()...)
		}
		delete(l.actors, key)
	}
	for _, held := range l.blocks.byID {
		if who.inHeld(held) {
			l.blocks.drop(held)
		}
	}
	maps.DeleteFunc(l.blocks.ended, func(_ block.ID, e *Ended) bool { return who.inHeld(&e.Held) })
	maps.DeleteFunc(l.blocks.removed, func(key string, _ time.Time) bool { return who.inKey(key) })
	maps.DeleteFunc(l.repeats, func(key string, _ []offence) bool { return who.inKey(key) })
	maps.DeleteFunc(l.asked, func(key string, _ block.Block) bool { return who.inKey(key) })
	maps.DeleteFunc(l.declined, func(key string, _ time.Time) bool { return who.inKey(key) })
	maps.DeleteFunc(l.approvals, func(_ string, a *Approval) bool { return a.names(who) })
	maps.DeleteFunc(l.discards, func(_ string, d Discard) bool { return slices.Contains(who.actors, d.Actor) })
	for _, a := range l.actors {
		for i := range a.Evidence {
			who.scrub(&a.Evidence[i])
		}
	}
	for _, m := range l.memos.queue {
		if slices.Contains(who.actors, m.About) {
			m.About = finding.Actor{}
		}
	}
	l.unmade.forget(who)
	for _, m := range l.overflow {
		m.Examples = slices.DeleteFunc(m.Examples, func(text string) bool {
			t, err := block.ParseTarget(text)
			return err == nil && who.in(block.All, t)
		})
	}
	return n
}

// names tells whether one of the blocks that wait is on the subject.
func (a *Approval) names(who *subject) bool {
	if slices.Contains(who.actors, a.Actor) || slices.Contains(who.actors, a.About) {
		return true
	}
	return slices.ContainsFunc(a.Blocks, func(b block.Block) bool { return who.in(b.Segment, b.Target) })
}

// knows counts what forget would drop.
func (l *Ledger) knows(who *subject) int {
	n := 0
	for _, key := range who.actors {
		if l.actors[key] != nil {
			n++
		}
	}
	for _, ended := range l.blocks.ended {
		if who.inHeld(&ended.Held) {
			n++
		}
	}
	for key := range l.blocks.removed {
		if who.inKey(key) {
			n++
		}
	}
	for _, a := range l.approvals {
		if a.names(who) {
			n++
		}
	}
	for _, d := range l.discards {
		if slices.Contains(who.actors, d.Actor) {
			n++
		}
	}
	return n
}

const erased = "erased"

func (e *AuditEntry) about(names func(string) bool) bool {
	return names(e.Subject) || names(e.Detail) || names(e.Address)
}

// redact takes names out of what people did. That they did it stays.
func redact(entries []AuditEntry, names func(string) bool) int {
	n := 0
	for i := range entries {
		e := &entries[i]
		if !e.about(names) {
			continue
		}
		n++
		if names(e.Subject) || names(e.Detail) {
			e.Subject, e.Detail = erased, ""
		}
		if names(e.Address) {
			e.Address = ""
		}
	}
	return n
}
