package respond

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// previewTimeout is how long a person waits for the store's word, on one block
// or a whole list; after it what is counted in memory has to do.
const previewTimeout = time.Second

// judgeAsked is the guard's word on a block that a person asks for. What it
// would hit is the store's word, if that comes soon.
func (s *Service) judgeAsked(ctx context.Context, by Caller, b *block.Block, criteria []block.Criterion) Ruling {
	r := s.judgeWithout(by, b)
	if r.Word == Refused || !harms(b) {
		return r
	}
	if day, ok := s.previewed(ctx, criteria); ok {
		return s.weigh(b, r, day, true)
	}
	day, ok := s.counted(b.Target)
	return s.weigh(b, r, day, ok)
}

// judgeListed is judgeAsked for one of many: by what is counted in memory, and
// else by the store's word. ctx ends when the list has waited for that long
// enough: a block of which nobody can tell then whom it hits, and that names
// nobody, takes a second person.
func (s *Service) judgeListed(ctx context.Context, by Caller, b *block.Block, criteria []block.Criterion) Ruling {
	r := s.judgeWithout(by, b)
	if r.Word == Refused || !harms(b) {
		return r
	}
	day, ok := s.counted(b.Target)
	if !ok {
		day, ok = s.previewed(ctx, criteria)
	}
	if !ok && ctx.Err() != nil && r.Word == Allowed && !namesSomebody(b.Target) {
		r.Word, r.Because = NeedsApproval, &Refusal{
			Rule: "preview", Reason: "the store could not tell in time what " + b.Target.String() + " would hit",
			Hint: "ask for it alone, or have a second person approve it",
		}
		return r
	}
	return s.weigh(b, r, day, ok)
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
func (s *Service) previewed(ctx context.Context, criteria []block.Criterion) (Day, bool) {
	if s.options.Preview == nil {
		return Day{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	now := s.now()
	day, err := s.options.Preview.Preview(ctx, criteria, now.Add(-24*time.Hour), now)
	if err != nil {
		s.log.Debug("the store has no preview of a block; what is counted in memory has to do", "error", err)
	}
	return day, err == nil
}

// counted gives what is counted in memory.
func (s *Service) counted(t block.Target) (Day, bool) {
	if s.options.Ledger.Traffic == nil {
		return Day{}, false
	}
	return s.options.Ledger.Traffic.Of(t, s.now())
}
