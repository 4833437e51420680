package respond

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

// targetAsked makes the target of criteria as a person writes them: a user, a
// key, a token or a session may be there in clear, as the hash by which the
// store and findings name it, or as the hash of a match key of the segment.
func (s *Service) targetAsked(segment string, criteria []block.Criterion, a block.Action) (block.Target, error) {
	hashed := slices.Clone(criteria)
	for i := range hashed {
		var err error
		if hashed[i].Value, err = s.valueAsked(segment, hashed[i]); err != nil {
			return block.Target{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	t, err := block.NewTarget(hashed...)
	if err != nil {
		return block.Target{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if a == block.Allow {
		t = t.Exempt()
	}
	return t, nil
}

func (s *Service) valueAsked(segment string, c block.Criterion) (string, error) {
	switch {
	case !c.Scope.Secret() || block.IsMatched(c.Value):
		return c.Value, nil
	case privacy.IsHash([]byte(c.Value)):
		return s.nameOf(segment, c)
	case c.Value == "" || len(c.Value) > block.MaxValue:
		return "", fmt.Errorf("block on %s: want 1 to %d bytes", c.Scope, block.MaxValue)
	}
	keys := s.matchKeys(segment)
	if len(keys) == 0 {
		return "", fmt.Errorf("block on %s: the segment %s has no match keys, so its agents know no %s", c.Scope, segment, c.Scope)
	}
	return keys[0].Hash(c.Scope, c.Value), nil
}

// nameOf is what the agents of a segment call a principal of whom only the
// hash is known under which it is stored.
func (s *Service) nameOf(segment string, c block.Criterion) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, ok := s.ledger.nameOf(finding.Actor{Kind: finding.ActorKind(c.Scope), Value: c.Value}, segment)
	if !ok {
		return "", fmt.Errorf("block on %s %s: who that is cannot be told from the hash, and there is no evidence of late with a name for the segment %s: give the %s itself",
			c.Scope, c.Value, segment, c.Scope)
	}
	return name, nil
}

func (s *Service) matchKeys(segment string) []block.MatchKey {
	if s.options.MatchKeys == nil {
		return nil
	}
	return s.options.MatchKeys(segment)
}

// nameOf looks for a principal's name in the evidence, the latest first.
func (l *Ledger) nameOf(a finding.Actor, segment string) (string, bool) {
	if actor := l.actors[a]; actor != nil {
		if name, ok := nameIn(actor.Evidence, a, segment); ok {
			return name, true
		}
	}
	for _, actor := range l.actors {
		if name, ok := nameIn(actor.Evidence, a, segment); ok {
			return name, true
		}
	}
	return "", false
}

func nameIn(evidence []finding.Finding, a finding.Actor, segment string) (string, bool) {
	for i := range slices.Backward(evidence) {
		if name, ok := named(&evidence[i], a, segment); ok {
			return name, true
		}
	}
	return "", false
}

// named gives what a finding says that the agents of a segment call somebody.
func named(f *finding.Finding, a finding.Actor, segment string) (string, bool) {
	for _, n := range f.Names {
		if n.Actor == a && n.Segment == segment {
			return n.Value, true
		}
	}
	return "", false
}

// textOf is criteria as text in which no secret stands in clear.
func textOf(criteria []block.Criterion) string {
	parts := make([]string, len(criteria))
	for i, c := range criteria {
		if c.Scope.Secret() && !block.IsMatched(c.Value) {
			c.Value = "(not kept)"
		}
		parts[i] = c.String()
	}
	return strings.Join(parts, " & ")
}

// checkAsked checks what must hold for every block that a person asks for.
func checkAsked(b *block.Block) error {
	if err := b.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	switch {
	case b.Lifetime() > MaxLifetime:
		return fmt.Errorf("%w: a lifetime of %s is longer than %s", ErrInvalid, b.Lifetime(), MaxLifetime)
	case b.Action == block.Allow && b.Mode != block.Enforce:
		return fmt.Errorf("%w: an exemption in mode %s would exempt nobody: want mode enforce", ErrInvalid, b.Mode)
	case b.Reason == "":
		return fmt.Errorf("%w: a block needs a reason: somebody will ask", ErrInvalid)
	}
	return nil
}

// ErrKeyUsed is wrapped when an idempotency key was used for something else.
var ErrKeyUsed = errors.New("this idempotency key was used before")
