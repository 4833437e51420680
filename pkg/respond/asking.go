package respond

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// previewTimeout is how long a person waits for the store's word, on one block
// or a whole list; after it what is counted in memory has to do.
const previewTimeout = time.Second

// sight is what the store says that a block would hit.
type sight struct {
	Day
	known bool
	late  bool // it could not tell in time
}

// look asks the store what a block would hit. It is done before a step begins,
// so that a store that is slow keeps no blocks waiting.
func (s *Service) look(ctx context.Context, by Caller, r *AddBlock) sight {
	b, err := s.blockAsked(by, *r)
	if err != nil || !s.mayHit(by, &b) {
		return sight{}
	}
	return s.previewed(ctx, r.Criteria)
}

// lookAll is look for many, of those that nobody has counted in memory.
func (s *Service) lookAll(ctx context.Context, by Caller, r *Bulk) []sight {
	sights := make([]sight, len(r.Items))
	if s.options.Preview == nil || len(r.Items) > MaxBulk {
		return sights
	}
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	for i := range r.Items {
		item := s.itemAsked(by, r, i)
		if item.Err != nil || !s.mayHit(by, &item.Block) {
			continue
		}
		if _, counted := s.counted(item.Block.Target); !counted {
			sights[i] = s.previewed(ctx, r.Items[i].Criteria)
		}
	}
	return sights
}

// mayHit tells whether it matters what a block would hit.
func (s *Service) mayHit(by Caller, b *block.Block) bool {
	return harms(b) && s.judgeWithout(by, b).Word != Refused
}

// judgeAsked is the guard's word on a block that a person asks for. What it
// would hit is the store's word, if that came soon.
func (s *Service) judgeAsked(by Caller, b *block.Block, seen sight) Ruling {
	r := s.judgeWithout(by, b)
	if r.Word == Refused {
		return r
	}
	r = s.alone(by, b, r)
	if !harms(b) {
		return r
	}
	if seen.known {
		return s.weigh(b, r, seen.Day, true)
	}
	day, ok := s.counted(b.Target)
	if !ok && s.options.Preview != nil && !namesSomebody(b.Target) {
		r.Warnings = append(r.Warnings, "the store could not tell in time what it would have hit in the last day: look soon what it refuses (honeymoat blocks why)")
	}
	return s.weigh(b, r, day, ok)
}

// judgeListed is judgeAsked for one of many: by what is counted in memory, and
// else by the store's word. A block of which the store could not tell in time
// whom it hits, and that names nobody, takes a second person.
func (s *Service) judgeListed(by Caller, b *block.Block, seen sight) Ruling {
	r := s.judgeWithout(by, b)
	if r.Word == Refused || !harms(b) {
		return r
	}
	if day, ok := s.counted(b.Target); ok {
		return s.weigh(b, r, day, true)
	}
	if seen.late && r.Word == Allowed && !namesSomebody(b.Target) {
		r.Word, r.Because = NeedsApproval, &Refusal{
			Rule: rulePreview, Reason: "the store could not tell in time what " + b.Target.String() + " would hit",
			Hint: "ask for it alone, or have a second person approve it",
		}
		return r
	}
	return s.weigh(b, r, seen.Day, seen.known)
}

// judgeWithout is the guard's word on a block, without what it would hit.
func (s *Service) judgeWithout(by Caller, b *block.Block) Ruling {
	g := s.guard.Load()
	if b.Action == block.Allow {
		return g.CheckExemption(b.Target, by.asker())
	}
	asker := by.asker()
	asker.Exempt = s.exemptIn(b.Segment)
	r := g.Check(b.Target, asker, s.matchKeys(b.Segment))
	if r.Word == Refused {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if exempted := s.ledger.exempted(b); exempted != nil {
		return refusedBy(exempted)
	}
	r.Warnings = append(r.Warnings, s.ledger.spared(b)...)
	return r
}

// weigh adds to a ruling what the block would hit.
func (s *Service) weigh(b *block.Block, r Ruling, day Day, known bool) Ruling {
	if !known {
		return r
	}
	r.Impact = &day
	if r.Word != Allowed {
		return r
	}
	if because := s.options.Ledger.shared(b.Target, day); because != nil {
		r.Word, r.Because = NeedsApproval, because
	} else if because := s.options.Ledger.preview(b.Target.String(), day); because != nil {
		r.Word, r.Because = NeedsApproval, because
	}
	return r
}

// previewed asks the store.
func (s *Service) previewed(ctx context.Context, criteria []block.Criterion) sight {
	if s.options.Preview == nil {
		return sight{}
	}
	waiting, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	now := s.now()
	day, err := s.options.Preview.Preview(waiting, criteria, now.Add(-24*time.Hour), now)
	if err != nil {
		s.log.Debug("the store has no preview of a block; what is counted in memory has to do", "error", err)
	}
	return sight{Day: day, known: err == nil, late: err != nil && ctx.Err() != nil}
}

// counted gives what is counted in memory.
func (s *Service) counted(t block.Target) (Day, bool) {
	if s.options.Ledger.Traffic == nil {
		return Day{}, false
	}
	return s.options.Ledger.Traffic.Of(t, s.now())
}
