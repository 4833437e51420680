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
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// approvalLife is how long a block waits for a second person; a rule's, for a
// person, from its latest evidence on.
const approvalLife = 24 * time.Hour

// Approval is what waits for a second person: one block, or those of one
// batch.
type Approval struct {
	ID        string        `json:"id"`
	Blocks    []block.Block `json:"blocks"` // lifetimes run from the approval on
	By        string        `json:"by"`     // the name of who asked; of a rule's block as the block has it
	At        time.Time     `json:"at"`
	ExpiresAt time.Time     `json:"expires_at"`
	Reason    string        `json:"reason"`
	Because   *Refusal      `json:"because"` // why a second person is wanted
	Impact    *Day          `json:"impact,omitempty"`
	// Revision names what there is to decide on. A rule's block gets another
	// when it would do more, is told louder, or would hit twice as many.
	Revision string `json:"revision,omitempty"`
	// Looks are the revisions that there were, the last one is this one.
	Looks []look `json:"looks,omitempty"`
	// Same names what a person asks for, to know another such request by it.
	Same string `json:"same,omitempty"`

	// Of a rule's block: whose evidence it stands on, whom that counts against,
	// how loudly that is told, and how many findings ask for it. Wanted is what
	// the rule asks for, if that is in rollout.
	Actor    finding.Actor `json:"actor,omitzero"`
	About    finding.Actor `json:"about,omitzero"`
	Tier     finding.Tier  `json:"tier,omitempty"`
	Findings int           `json:"findings,omitempty"`
	Wanted   *Wanted       `json:"wanted,omitempty"`
}

func approvalOf(by Caller, blocks []block.Block, r Ruling, now time.Time) *Approval {
	a := &Approval{
		ID: blocks[0].ID.String(), Blocks: blocks, By: by.Name, At: now, ExpiresAt: now.Add(approvalLife),
		Reason: blocks[0].Reason, Because: r.Because, Impact: r.Impact, Same: sameAs(blocks),
	}
	a.revise()
	return a
}

func (a *Approval) live(now time.Time) bool { return now.Before(a.ExpiresAt) }

// decision ends an approval.
type decision struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Declined is to what a person said no: the key of a rule's block, or the id
	// of what another person asked for.
	Declined string `json:"declined,omitempty"`
}

// await keeps what waits for a second person, unless the same waits already:
// then it gives that. Where too much waits, the oldest gives way.
func (s *Service) await(ctx context.Context, w *rowWriter, a *Approval) (waits *Approval, already bool, err error) {
	s.asking.Lock() // two that ask for the same at the same moment
	defer s.asking.Unlock()
	if waits := s.waitingFor(a.Same); waits != nil {
		return waits, true, nil
	}
	return a, false, s.queue(ctx, w, a)
}

// awaitUnless is await, or what await would give in a dry run.
func (s *Service) awaitUnless(ctx context.Context, w *rowWriter, a *Approval, dryRun bool) (waits *Approval, already bool, err error) {
	if !dryRun {
		return s.await(ctx, w, a)
	}
	if waits := s.waitingFor(a.Same); waits != nil {
		return waits, true, nil
	}
	a.ID = ""
	return a, false, nil
}

// waitingFor gives what waits of those who asked for the same, or nil.
func (s *Service) waitingFor(same string) *Approval {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.ledger.approvals {
		if a.Same == same && !a.ofRule() && a.live(s.now()) {
			return a
		}
	}
	return nil
}

func (s *Service) queue(ctx context.Context, w *rowWriter, a *Approval) error {
	if err := s.journal.add(ctx, journalEntry{Approval: a}); err != nil {
		return err
	}
	s.mu.Lock()
	s.ledger.approvals[a.ID] = a
	gone := s.ledger.crowdedOut(a)
	s.gaveWay(w, gone, s.now())
	for i := range a.Blocks {
		w.add(BlockLog, rowOfPending(a, &a.Blocks[i], a.At))
	}
	s.touch()
	s.mu.Unlock()
	for _, g := range gone {
		if err := s.journal.add(ctx, journalEntry{Decision: &decision{ID: g.ID, At: s.now()}}); err != nil {
			return err
		}
	}
	return nil
}

// rowOfPending writes that a block waits.
func rowOfPending(a *Approval, b *block.Block, at time.Time) blockRow {
	row := rowOfBlock(b, EventPending, at)
	row.Reason = a.Because.Reason
	return row
}

// pendingFor gives the approval that the same request waits for, or nil. A
// request that was rejected does not wait again because it is repeated.
func (s *Service) pendingFor(b *block.Block) (*Approval, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, rejected := s.ledger.approvals[b.ID.String()], s.ledger.declined[b.ID.String()]
	switch {
	case !rejected.IsZero():
		return nil, fmt.Errorf("%w: %w, for what a person rejected at %s", ErrInvalid, ErrKeyUsed, rejected.UTC().Format(time.RFC3339))
	case a == nil || !a.live(s.now()):
		return nil, nil
	case !sameRequest(&a.Blocks[0], b):
		return nil, fmt.Errorf("%w: %w, for %s", ErrInvalid, ErrKeyUsed, usedFor(&a.Blocks[0], b))
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
			list = append(list, a.clone())
		}
	}
	slices.SortFunc(list, func(a, b Approval) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Approve makes what waits, for a person who is not the one who asked. Lifetimes
// run from now on. The error wraps ErrNotFound when nothing of this id waits
// (any more), is a *Refusal when it is the same person, and a *Grown when it is
// not what the person has looked at. What the guard has learned to protect
// meanwhile is refused item by item.
func (s *Service) Approve(ctx context.Context, by Caller, r Approving) (BulkResult, error) {
	if err := s.gate.enter(ctx); err != nil {
		return BulkResult{}, fmt.Errorf("approve %s: %w", r.ID, err)
	}
	defer s.gate.leave()
	var w rowWriter
	result, err := s.approve(ctx, &w, by, r)
	detail := map[string]any{"reason": r.Reason, "made": result.Created}
	if r.Revision != "" {
		detail["revision"] = r.Revision
	}
	return result, s.close(ctx, &w, by, "approval.approve", r.ID, detail, err)
}

// Approving is a person's yes to what waits.
type Approving struct {
	ID string
	// Revision is what the person has looked at; empty = whatever it is now.
	Revision string
	Reason   string
}

func (s *Service) approve(ctx context.Context, w *rowWriter, by Caller, r Approving) (BulkResult, error) {
	a, done, err := s.beginDeciding(r.ID)
	if err != nil {
		return BulkResult{}, err
	}
	defer done()
	if err := a.check(r.Revision); err != nil {
		return BulkResult{}, err
	}
	if a.By == by.Name && !a.ofRule() {
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
	s.attribute(&a, &result)
	return result, s.decide(ctx, &a, decision{ID: r.ID, At: s.now()})
}

// attribute notes on whose evidence a rule's block stands that was approved.
func (s *Service) attribute(a *Approval, r *BulkResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.ledger.blocks.byID[r.Items[0].Block.ID]; held != nil && a.ofRule() {
		s.ledger.assign(held, a.Actor, a.Wanted)
	}
}

// ErrDeciding is wrapped when somebody else decides on the same at this moment.
var ErrDeciding = errors.New("somebody is deciding on it at this moment")

// beginDeciding gives what waits under an id, and keeps others from deciding on
// it until done: who rejects what is being made would be told that it is not.
func (s *Service) beginDeciding(id string) (a Approval, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, err = s.waiting(id); err != nil {
		return a, nil, err
	}
	if s.deciding[id] {
		return a, nil, fmt.Errorf("approval %s: %w", id, ErrDeciding)
	}
	s.deciding[id] = true
	return a, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.deciding, id)
	}, nil
}

// waiting gives what waits under an id. The caller holds mu.
func (s *Service) waiting(id string) (Approval, error) {
	a := s.ledger.approvals[id]
	switch {
	case a == nil:
		return Approval{}, fmt.Errorf("approval %s: %w", id, ErrNotFound)
	case !a.live(s.now()):
		return Approval{}, fmt.Errorf("approval %s: it has waited longer than %s: ask again: %w", id, approvalLife, ErrNotFound)
	}
	return a.clone(), nil
}

// clone copies what may change: a rule's block does while it waits.
func (a *Approval) clone() Approval {
	c := *a
	if a.ofRule() {
		c.Blocks, c.Looks = slices.Clone(a.Blocks), slices.Clone(a.Looks)
	}
	return c
}

// protected tells why a block may not be made any more, whoever approves.
func (s *Service) protected(b *block.Block, by Caller) *Refusal {
	if b.Action == block.Allow {
		return nil
	}
	forbids := s.forbids
	if automatic(b) {
		forbids = s.forbidsRules
	}
	if r := forbids(b); r != nil {
		return r
	}
	return by.asker().hits(b.Target, s.matchKeys(b.Segment))
}

// decide ends an approval, and tells people of the actor of a rule's.
func (s *Service) decide(ctx context.Context, a *Approval, d decision) error {
	s.mu.Lock()
	s.ledger.decide(d)
	s.touch()
	s.mu.Unlock()
	if err := s.journal.add(ctx, journalEntry{Decision: &d}); err != nil {
		return err
	}
	_, err := s.tellOf(ctx, func() ([]outRow, []Alert) {
		if about := s.ledger.actors[a.About]; about != nil && about.told() {
			return nil, s.ledger.announce(about, s.options.Links, s.now())
		}
		return nil, nil
	})
	return err
}

// Reject ends what waits for a second person. Whoever asked may do so too. The
// error wraps ErrNotFound when nothing of this id waits (any more).
func (s *Service) Reject(ctx context.Context, by Caller, id, reason string) (Approval, error) {
	if err := s.gate.enter(ctx); err != nil {
		return Approval{}, fmt.Errorf("reject %s: %w", id, err)
	}
	defer s.gate.leave()
	var w rowWriter
	a, done, err := s.beginDeciding(id)
	if err == nil {
		defer done()
		d := decision{ID: id, At: s.now(), Declined: id}
		if a.ofRule() {
			d.Declined = a.Blocks[0].Key()
		}
		w.ended(&a, EventRejected, by.by(), reason, s.now())
		err = s.decide(ctx, &a, d)
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
func (l *Ledger) decide(d decision) {
	delete(l.approvals, d.ID)
	if d.Declined != "" {
		l.declined[d.Declined] = d.At
	}
}

// lapse gives the approvals for which nobody came, and ends them.
func (l *Ledger) lapse(now time.Time) []*Approval {
	return l.waitNoMore(func(a *Approval) bool { return !a.live(now) })
}

// waitNoMore ends what waits and is so, and gives it in the order of ids.
func (l *Ledger) waitNoMore(is func(*Approval) bool) []*Approval {
	var ended []*Approval
	for _, id := range slices.Sorted(maps.Keys(l.approvals)) {
		if a := l.approvals[id]; is(a) {
			ended = append(ended, a)
			delete(l.approvals, id)
		}
	}
	return ended
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
