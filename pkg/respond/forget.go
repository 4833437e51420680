package respond

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	blocks := s.blocksOn(actors)
	for _, b := range blocks {
		if err := s.options.Blocks.Remove(ctx, b); err != nil && !errors.Is(err, ErrNotFound) {
			return 0, nil, err
		}
	}
	s.mu.Lock()
	keys := keysOf(actors, blocks, s.ledger)
	n := s.ledger.forget(actors)
	n += redact(s.audit, names)
	s.touch()
	s.mu.Unlock()
	if err := s.resolve(ctx); err != nil {
		return 0, nil, err
	}
	return n + len(blocks), keys, nil
}

// Knows counts the entries about some actors, as Forget would drop them.
func (s *Service) Knows(actors []finding.Actor, names func(text string) bool) int {
	n := len(s.blocksOn(actors))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.audit {
		if s.audit[i].about(names) {
			n++
		}
	}
	return n + s.ledger.knows(actors)
}

// blocksOn lists the live blocks on exactly these actors.
func (s *Service) blocksOn(actors []finding.Actor) []block.Block {
	return slices.DeleteFunc(s.options.Blocks.List(), func(b block.Block) bool {
		return !slices.Contains(actors, actorOf(b.Target))
	})
}

// keysOf are the keys of an actor's blocks in the segments that it has or had
// one in, and in the one that all have.
func keysOf(actors []finding.Actor, blocks []block.Block, l *Ledger) []string {
	var keys []string
	for i := range blocks {
		keys = append(keys, blocks[i].Key())
	}
	for _, ended := range l.blocks.ended {
		if slices.Contains(actors, actorOf(ended.Block.Target)) {
			keys = append(keys, ended.Block.Key())
		}
	}
	for key := range l.blocks.removed {
		if keyNames(key, actors) {
			keys = append(keys, key)
		}
	}
	for _, a := range actors {
		if t, ok := Target(a); ok {
			keys = append(keys, (&block.Block{Segment: block.All, Target: t}).Key())
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// forget drops actors and everything that names them.
func (l *Ledger) forget(actors []finding.Actor) int {
	n := l.knows(actors)
	for _, key := range actors {
		if a := l.actors[key]; a != nil && a.Alert != nil {
			l.orphans = append(l.orphans, *a.Alert)
		}
		delete(l.actors, key)
	}
	about := func(b *block.Block) bool { return slices.Contains(actors, actorOf(b.Target)) }
	for _, held := range l.blocks.byID {
		if about(&held.Block) {
			l.blocks.drop(held)
			delete(l.repeats, held.Block.Key())
		}
	}
	for id, ended := range l.blocks.ended {
		if about(&ended.Block) {
			delete(l.blocks.ended, id)
		}
	}
	for key := range l.blocks.removed {
		if keyNames(key, actors) {
			delete(l.blocks.removed, key)
		}
	}
	for key := range l.asked {
		if keyNames(key, actors) {
			delete(l.asked, key)
		}
	}
	for id, d := range l.discards {
		if slices.Contains(actors, d.Actor) {
			delete(l.discards, id)
		}
	}
	return n
}

// knows counts what forget would drop.
func (l *Ledger) knows(actors []finding.Actor) int {
	n := 0
	for _, key := range actors {
		if l.actors[key] != nil {
			n++
		}
	}
	for _, ended := range l.blocks.ended {
		if slices.Contains(actors, actorOf(ended.Block.Target)) {
			n++
		}
	}
	for key := range l.blocks.removed {
		if keyNames(key, actors) {
			n++
		}
	}
	for _, d := range l.discards {
		if slices.Contains(actors, d.Actor) {
			n++
		}
	}
	return n
}

// keyNames tells whether a block's key is on one of the actors, in whichever
// segment.
func keyNames(key string, actors []finding.Actor) bool {
	key, _, _ = strings.Cut(key, " ") // a proposal's has its mode behind it
	_, target, err := block.ParseKey(key)
	return err == nil && slices.Contains(actors, actorOf(target))
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
