package respond

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Explanation is everything that is known in memory about a target.
type Explanation struct {
	Target   block.Target
	Refusal  *Refusal     // why nobody could block it; nil when somebody could
	Blocks   []Held       // live ones that cover the target, widest first
	Ended    []Ended      // that covered it of late, latest first
	Actor    *Actor       // who is behind the target, if there is evidence
	Audit    []AuditEntry // what people did about it, latest first
	Discards []Discard    // that hold for its actor
}

// Why tells what holds for a target, on what evidence, and who did what.
func (s *Service) Why(t block.Target) Explanation {
	e := Explanation{Target: t, Refusal: asRefusal(s.guard.Load().Check(t, Asker{Admin: true}))}
	s.mu.Lock()
	defer s.mu.Unlock()
	subjects := []string{t.String()}
	for _, h := range s.ledger.blocks.byID {
		if covers(h.Block.Target, t) {
			e.Blocks = append(e.Blocks, *h)
			subjects = append(subjects, h.Block.ID.String(), h.Block.Target.String())
		}
	}
	for _, h := range s.ledger.blocks.ended {
		if covers(h.Block.Target, t) {
			e.Ended = append(e.Ended, *h)
			subjects = append(subjects, h.Block.ID.String())
		}
	}
	if actor, ok := s.ledger.Actor(actorBehind(t)); ok {
		e.Actor = &actor
	}
	for _, d := range s.ledger.Discards() {
		if d.Actor == actorBehind(t) {
			e.Discards = append(e.Discards, d)
		}
	}
	for i := len(s.audit) - 1; i >= 0; i-- {
		if slices.Contains(subjects, s.audit[i].Subject) {
			e.Audit = append(e.Audit, s.audit[i])
		}
	}
	e.sort()
	return e
}

func (e *Explanation) sort() {
	slices.SortFunc(e.Blocks, func(a, b Held) int {
		if n := a.Block.Target.Prefix().Bits() - b.Block.Target.Prefix().Bits(); n != 0 {
			return n
		}
		return int(int64(a.Block.Revision) - int64(b.Block.Revision))
	})
	slices.SortFunc(e.Ended, func(a, b Ended) int { return b.At.Compare(a.At) })
}

// Find gives a block by its id, live or ended of late; the error wraps
// ErrNotFound.
func (s *Service) Find(id block.ID) (held Held, ended *Ended, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.ledger.blocks.byID[id]; h != nil {
		return *h, nil, nil
	}
	if e := s.ledger.blocks.ended[id]; e != nil {
		over := *e
		return over.Held, &over, nil
	}
	return Held{}, nil, fmt.Errorf("block %s: %w", id, ErrNotFound)
}

func covers(wide, narrow block.Target) bool {
	w, n := wide.Prefix(), narrow.Prefix()
	return w.Bits() <= n.Bits() && w.Contains(n.Addr())
}

// actorBehind is the actor that evidence about a target would count on.
func actorBehind(t block.Target) finding.Actor {
	if t.Scope() == block.ScopeAddress {
		return finding.ActorOf(t.Prefix().Addr())
	}
	p := t.Prefix()
	return finding.Actor{Kind: finding.Prefix, Value: netip.PrefixFrom(p.Addr(), p.Bits()).String()}
}
