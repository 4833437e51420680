package respond

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Question is what Why is asked about.
type Question struct {
	// Criteria are a target's, as AddBlock takes them.
	Criteria []block.Criterion
	// Stored are the hashes by which findings may name the secrets of Criteria.
	Stored map[block.Scope][]string
}

// Covering is a live block on what a question is about.
type Covering struct {
	Held
	Partly bool // on some of it only
}

// Explanation is everything that is known in memory about a target.
type Explanation struct {
	Refusal  *Refusal     // why nobody could block it; nil when somebody could
	Blocks   []Covering   // live ones: first those on all of it, exemptions before others, widest first
	Ended    []Ended      // that were on all of it of late, latest first
	Actor    *Actor       // who is behind the target, if there is evidence
	Audit    []AuditEntry // what people did about it, latest first
	Discards []Discard    // that hold for its actor
	Unmade   []Unmade     // blocks of rules on it, or of its actor, that were never made, latest first
}

// maxPartly is how many blocks are told that are on some of a target.
const maxPartly = 50

// Why tells what holds for a target, on what evidence, and who did what. The
// error wraps ErrInvalid when the criteria make no target.
func (s *Service) Why(q Question) (Explanation, error) {
	plain, err := withoutSecrets(q.Criteria)
	if err != nil {
		return Explanation{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	e := Explanation{Refusal: s.guard.Load().protects(plain, s.exemptIn(block.All))}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &inquiry{Question: q, ledger: s.ledger, keys: s.matchKeys, forms: map[string][]block.Target{}}
	subjects := a.blocks(&e)
	a.actor(&e)
	e.Unmade = a.unmade(s.now())
	for i := len(s.audit) - 1; i >= 0; i-- {
		if slices.Contains(subjects, s.audit[i].Subject) {
			e.Audit = append(e.Audit, s.audit[i])
		}
	}
	return e, nil
}

// withoutSecrets is the target of criteria with something else in place of
// their secrets: for what does not depend on who somebody is.
func withoutSecrets(criteria []block.Criterion) (block.Target, error) {
	list := slices.Clone(criteria)
	for i, c := range list {
		if c.Scope.Secret() && !block.IsMatched(c.Value) {
			list[i].Value = block.NewMatchKey([32]byte{}).Hash(c.Scope, "")
		}
	}
	return block.NewTarget(list...)
}

func (e *Explanation) sort() {
	slices.SortFunc(e.Blocks, func(a, b Covering) int {
		return cmp.Or(
			cmp.Compare(place(&a), place(&b)),
			cmp.Compare(len(a.Block.Target.Criteria()), len(b.Block.Target.Criteria())),
			cmp.Compare(a.Block.Target.Prefix().Bits(), b.Block.Target.Prefix().Bits()),
			cmp.Compare(a.Block.Revision, b.Block.Revision),
		)
	})
	if first := slices.IndexFunc(e.Blocks, func(c Covering) bool { return c.Partly }); first >= 0 && len(e.Blocks) > first+maxPartly {
		e.Blocks = e.Blocks[:first+maxPartly]
	}
	slices.SortFunc(e.Ended, func(a, b Ended) int { return b.At.Compare(a.At) })
}

func place(c *Covering) int {
	switch {
	case c.Partly:
		return 2
	case c.Block.Action == block.Allow:
		return 0
	default:
		return 1
	}
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
