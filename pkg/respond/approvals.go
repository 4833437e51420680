package respond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// approvalLife is how long a block waits for a second person.
const approvalLife = 24 * time.Hour

// Approval is what waits for a second person: one block, or those of one
// batch.
type Approval struct {
	ID        string        `json:"id"`
	Blocks    []block.Block `json:"blocks"` // lifetimes run from the approval on
	By        string        `json:"by"`     // the name of who asked
	At        time.Time     `json:"at"`
	ExpiresAt time.Time     `json:"expires_at"`
	Reason    string        `json:"reason"`
	Because   *Refusal      `json:"because"` // why a second person is wanted
	Impact    *Day          `json:"impact,omitempty"`
}

func approvalOf(by Caller, blocks []block.Block, r Ruling, now time.Time) *Approval {
	return &Approval{
		ID: blocks[0].ID.String(), Blocks: blocks, By: by.Name, At: now, ExpiresAt: now.Add(approvalLife),
		Reason: blocks[0].Reason, Because: r.Because, Impact: r.Impact,
	}
}

func (a *Approval) live(now time.Time) bool { return now.Before(a.ExpiresAt) }

// decision ends an approval.
type decision struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// await keeps what waits for a second person.
func (s *Service) await(ctx context.Context, w *rowWriter, a *Approval) error {
	if err := s.journal.add(ctx, journalEntry{Approval: a}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.approvals[a.ID] = a
	for i := range a.Blocks {
		row := rowOfBlock(&a.Blocks[i], EventPending, a.At)
		row.Reason = a.Because.Reason
		w.add(BlockLog, row)
	}
	s.touch()
	return nil
}

// pendingFor gives the approval that the same request waits for, or nil.
func (s *Service) pendingFor(b *block.Block) (*Approval, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.ledger.approvals[b.ID.String()]
	switch {
	case a == nil || !a.live(s.now()):
		return nil, nil
	case a.Blocks[0].Key() != b.Key():
		return nil, fmt.Errorf("%w: %w, for %s", ErrInvalid, ErrKeyUsed, a.Blocks[0].Target)
	}
	return a, nil
}

// Approvals lists what waits for a second person, oldest first.
func (s *Service) Approvals() []Approval {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Approval{}
	for _, a := range s.ledger.approvals {
		if a.live(s.now()) {
			list = append(list, *a)
		}
	}
	slices.SortFunc(list, func(a, b Approval) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Approve makes what waits, for a person who is not the one who asked. Lifetimes
// run from now on. The error wraps ErrNotFound when nothing of this id waits
// (any more), and is a *Refusal when it is the same person. What the guard has
// learned to protect meanwhile is refused item by item.
func (s *Service) Approve(ctx context.Context, by Caller, id, reason string) (BulkResult, error) {
	if err := s.gate.enter(ctx); err != nil {
		return BulkResult{}, fmt.Errorf("approve %s: %w", id, err)
	}
	defer s.gate.leave()
	var w rowWriter
	result, err := s.approve(ctx, &w, by, id)
	return result, s.close(ctx, &w, by, "approval.approve", id, map[string]any{"reason": reason, "made": result.Created}, err)
}

func (s *Service) approve(ctx context.Context, w *rowWriter, by Caller, id string) (BulkResult, error) {
	a, err := s.waiting(id)
	if err != nil {
		return BulkResult{}, err
	}
	if a.By == by.Name {
		return BulkResult{}, &Refusal{Rule: "second-person", Reason: "you asked for it yourself", Hint: "somebody else has to approve it, with a token of another name"}
	}
	result := BulkResult{Batch: a.Blocks[0].Batch, Items: make([]BulkItem, len(a.Blocks))}
	var allowed []block.Block
	var at []int
	for i, b := range a.Blocks {
		b.CreatedAt, b.ApprovedBy = s.now(), by.by()
		result.Items[i] = BulkItem{Added: Added{Block: b, Ruling: Ruling{Word: Allowed}}}
		if r := s.protected(&b, by); r != nil {
			result.Items[i].Ruling, result.Items[i].Err = refusedBy(r), r
			continue
		}
		allowed, at = append(allowed, b), append(at, i)
	}
	for i, made := range s.putMany(ctx, w, allowed) {
		made.Ruling = result.Items[at[i]].Ruling
		result.Items[at[i]] = made
	}
	result.count()
	if err := result.away(); err != nil {
		return result, err // it still waits
	}
	return result, s.decide(ctx, id)
}

// waiting gives what waits under an id.
func (s *Service) waiting(id string) (Approval, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.ledger.approvals[id]
	switch {
	case a == nil:
		return Approval{}, fmt.Errorf("approval %s: %w", id, ErrNotFound)
	case !a.live(s.now()):
		return Approval{}, fmt.Errorf("approval %s: it has waited longer than %s: ask again: %w", id, approvalLife, ErrNotFound)
	}
	return *a, nil
}

// protected tells why a block may not be made any more, whoever approves.
func (s *Service) protected(b *block.Block, by Caller) *Refusal {
	if b.Action == block.Allow {
		return nil
	}
	if r := s.forbids(b); r != nil {
		return r
	}
	return by.asker().hits(b.Target, s.matchKeys(b.Segment))
}

// decide ends an approval.
func (s *Service) decide(ctx context.Context, id string) error {
	d := decision{ID: id, At: s.now()}
	s.mu.Lock()
	s.ledger.decide(d)
	s.touch()
	s.mu.Unlock()
	return s.journal.add(ctx, journalEntry{Decision: &d})
}

// Reject ends what waits for a second person. Whoever asked may do so too. The
// error wraps ErrNotFound when nothing of this id waits (any more).
func (s *Service) Reject(ctx context.Context, by Caller, id, reason string) (Approval, error) {
	if err := s.gate.enter(ctx); err != nil {
		return Approval{}, fmt.Errorf("reject %s: %w", id, err)
	}
	defer s.gate.leave()
	var w rowWriter
	a, err := s.waiting(id)
	if err == nil {
		w.ended(&a, EventRejected, by.by(), reason, s.now())
		err = s.decide(ctx, id)
	}
	return a, s.close(ctx, &w, by, "approval.reject", id, map[string]any{"reason": reason}, err)
}

// ended writes that blocks that waited were not made.
func (w *rowWriter) ended(a *Approval, event, by, reason string, at time.Time) {
	for i := range a.Blocks {
		row := rowOfBlock(&a.Blocks[i], event, at)
		row.By, row.Reason = by, cmp.Or(reason, row.Reason)
		w.add(BlockLog, row)
	}
}

// decide ends an approval. Taking the same decision again changes nothing.
func (l *Ledger) decide(d decision) { delete(l.approvals, d.ID) }

// lapse gives the approvals for which nobody came, in the order of their ids,
// and ends them.
func (l *Ledger) lapse(now time.Time) []*Approval {
	var lapsed []*Approval
	for _, id := range slices.Sorted(maps.Keys(l.approvals)) {
		if a := l.approvals[id]; !a.live(now) {
			lapsed = append(lapsed, a)
			delete(l.approvals, id)
		}
	}
	return lapsed
}

// away gives the error of an item that says that the bus is away.
func (r *BulkResult) away() error {
	for i := range r.Items {
		if err := r.Items[i].Err; err != nil && !errors.Is(err, ErrExists) && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrInvalid) {
			return err
		}
	}
	return nil
}
