package respond

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Input is what the detector found in one batch.
type Input struct {
	Agent        string // that shipped the batch; empty = the service itself
	Findings     []finding.Finding
	Denials      map[block.ID]uint64 // requests refused, by block
	IgnoredMarks int
}

// maxPuts is how many blocks are on their way to the bus at a time.
const maxPuts = 128

// Handle takes the batch with this sequence in the stream of events. detect
// is called once and gives what was found in it; no checkpoint is taken
// between that and the end of Handle, so the detector's state and ours stand
// for the same sequence. Batches come in order. A batch that comes again makes
// no second block, alert or record. Handle tries until everything is done,
// and fails only when ctx ends; the batch has to be handled again then.
func (s *Service) Handle(ctx context.Context, sequence uint64, detect func() Input) error {
	if err := s.gate.enter(ctx); err != nil {
		return fmt.Errorf("handle batch %d: %w", sequence, err)
	}
	defer s.gate.leave()
	in := detect()
	s.counts.unknown.Add(uint64(in.IgnoredMarks))
	if len(in.Findings) > 0 {
		evidence := make([]Evidence, len(in.Findings))
		for i := range in.Findings {
			evidence[i] = Evidence{Finding: in.Findings[i], Agent: in.Agent}
		}
		if _, err := s.consider(ctx, evidence); err != nil {
			s.tear()
			return fmt.Errorf("handle batch %d: %w", sequence, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, n := range in.Denials {
		s.ledger.Deny(id, n)
		s.counts.denied.Add(n)
	}
	s.sequence = max(s.sequence, sequence)
	s.touch()
	return nil
}

// tear notes that a batch was looked at and will be again, after a restart: the
// detector knows it already, and must not be saved as if it did not.
func (s *Service) tear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.torn = true
}

// step is one sighting on its way.
type step struct {
	Evidence
	Verdict
	made block.Block // that stands on the finding when it is done; ID 0 = none
	new  bool        // made by this step
}

// consider does everything that follows from sightings. It may be repeated
// from the beginning when it fails, which is only when ctx ends.
func (s *Service) consider(ctx context.Context, evidence []Evidence) ([]step, error) {
	steps := s.judge(evidence)
	if err := s.enforce(ctx, steps); err != nil {
		return nil, err
	}
	rows, err := s.tellOf(ctx, func() ([]outRow, []Alert) { return s.conclude(steps) })
	if err != nil {
		return nil, err
	}
	if err := s.outbox.add(ctx, rows); err != nil {
		return nil, err
	}
	s.settle(steps)
	return steps, nil
}

func (s *Service) judge(evidence []Evidence) []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, guard := s.now(), s.guard.Load()
	steps := make([]step, len(evidence))
	for i := range evidence {
		v := s.ledger.Judge(evidence[i], guard, now)
		steps[i] = step{Evidence: evidence[i], Verdict: v}
		s.count(&v)
	}
	s.touch()
	return steps
}

func (s *Service) count(v *Verdict) {
	s.counts.sightings.Add(1)
	if v.First {
		s.counts.findings.Add(1)
	}
	if v.First && v.Discarded {
		s.counts.discarded.Add(1)
	}
	if v.Refusal != nil {
		s.counts.refused.Add(1)
	}
}

// enforce puts the proposed blocks on the bus, many at a time.
func (s *Service) enforce(ctx context.Context, steps []step) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxPuts)
	failures := make([]error, len(steps))
	for i := range steps {
		if steps[i].Proposal == nil {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			failures[i] = s.put(ctx, &steps[i])
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}

// put makes one block. That the target is blocked already is as good.
func (s *Service) put(ctx context.Context, st *step) error {
	p := *st.Proposal
	return retry(ctx, s.log, "put block", func() error {
		if err := p.Validate(); err != nil || !s.now().Before(p.ExpiresAt()) {
			s.log.Warn("a block was not made", "target", p.Target.String(), "finding", st.Finding.ID, "error", err)
			return nil
		}
		made, replaced, err := s.putOnce(ctx, p, st.Replaces)
		if err != nil && !errors.Is(err, ErrExists) {
			return err
		}
		st.made, st.new, st.Replaces = made, made.ID == p.ID, replaced
		return nil
	})
}

// putOnce puts a block, in place of one in shadow if there is one: the one
// that the ledger knew of, or one that was made at the same moment.
func (s *Service) putOnce(ctx context.Context, p block.Block, known *block.Block) (made block.Block, replaced *block.Block, err error) {
	if known != nil {
		made, err := s.options.Blocks.Replace(ctx, *known, p)
		if !errors.Is(err, ErrExists) && !errors.Is(err, ErrNotFound) {
			return made, known, err
		}
	}
	made, err = s.options.Blocks.Put(ctx, p)
	if errors.Is(err, ErrExists) && made.Mode == block.Shadow && p.Mode == block.Enforce {
		shadow := made
		made, err = s.options.Blocks.Replace(ctx, shadow, p)
		return made, &shadow, err
	}
	return made, nil, err
}

// conclude brings the ledger up to date with the blocks that were made, and
// gives what is to be told. The caller holds mu.
func (s *Service) conclude(steps []step) ([]outRow, []Alert) {
	now := s.now()
	var w rowWriter
	touched := map[finding.Actor]bool{}
	for _, st := range inOrderOfBlocks(steps) {
		s.concludeBlock(&w, st, now)
		w.add(Findings, rowOfFinding(&st.Evidence, st.Discarded, st.blockID()))
		if !st.Settled && !st.Discarded {
			touched[st.Finding.Actor] = true
		}
	}
	var alerts []Alert
	for _, key := range sortedActors(touched) {
		a := s.ledger.actors[key]
		if a == nil {
			continue // evicted meanwhile
		}
		w.add(Actors, rowOfActor(a, s.ledger.liveBlock(a), now))
		alerts = append(alerts, s.ledger.announce(a, s.options.Links, now)...)
	}
	s.touch()
	return w.byTable(), alerts
}

// inOrderOfBlocks gives the steps in the order in which their blocks were
// made: one may have replaced another of the same batch.
func inOrderOfBlocks(steps []step) []*step {
	ordered := make([]*step, len(steps))
	for i := range steps {
		ordered[i] = &steps[i]
	}
	slices.SortStableFunc(ordered, func(a, b *step) int { return cmp.Compare(a.made.Revision, b.made.Revision) })
	return ordered
}

func (s *Service) concludeBlock(w *rowWriter, st *step, now time.Time) {
	if st.Refusal != nil {
		w.add(BlockLog, s.refusedRow(st, now))
	}
	if st.Proposal != nil {
		s.ledger.Answer(st.Proposal)
	}
	if st.made.ID == 0 {
		return
	}
	if st.Replaces != nil && st.new {
		if ended, ok := s.ledger.End(st.Replaces.ID, EventReplaced, st.made.By, "", st.made.CreatedAt); ok {
			w.add(BlockLog, rowOfEnded(&ended))
		}
	}
	s.ledger.Hold(st.made)
	if st.new {
		s.counts.blocks.Add(1)
		w.add(BlockLog, rowOfBlock(&st.made, EventAdded, st.made.CreatedAt))
	}
}

// refusedRow tells of the block that there might have been. Its time is the
// evidence's, so that told twice it is one row.
func (s *Service) refusedRow(st *step, now time.Time) blockRow {
	target, _ := Target(st.Finding.Actor)
	b := blockFor(&st.Finding, target, now)
	b.Reason = st.Refusal.Reason
	return rowOfBlock(&b, EventRefused, st.Finding.Time)
}

// blockID is the block that stands on the finding or covers it.
func (st *step) blockID() block.ID {
	if st.made.ID != 0 {
		return st.made.ID
	}
	return st.Block
}

func (s *Service) settle(steps []step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range steps {
		s.ledger.Settle(steps[i].Finding.ID, steps[i].blockID())
	}
	s.touch()
}

// tellOf posts the alerts that judge gives, in the order of the judgements,
// and gives its rows. judge is called with mu held.
func (s *Service) tellOf(ctx context.Context, judge func() ([]outRow, []Alert)) ([]outRow, error) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	rows, alerts := judge()
	s.mu.Unlock()
	return rows, s.post(ctx, alerts)
}

func (s *Service) post(ctx context.Context, alerts []Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	if err := s.options.Alerter.Post(ctx, alerts); err != nil {
		return fmt.Errorf("post alerts: %w", err)
	}
	s.counts.alerts.Add(uint64(len(alerts)))
	return nil
}

// liveBlock is a live block of an actor, or 0.
func (l *Ledger) liveBlock(a *Actor) block.ID {
	for _, id := range slices.Backward(a.Blocks) {
		if l.blocks.byID[id] != nil {
			return id
		}
	}
	return 0
}

func sortedActors(set map[finding.Actor]bool) []finding.Actor {
	keys := make([]finding.Actor, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareActors)
	return keys
}

// rowWriter collects rows.
type rowWriter struct{ rows []outRow }

// byTable gives the rows table by table, those of each in their order: what
// follows each other goes out in one message.
func (w *rowWriter) byTable() []outRow {
	slices.SortStableFunc(w.rows, func(a, b outRow) int { return cmp.Compare(a.table, b.table) })
	return w.rows
}

func (w *rowWriter) add(t Table, row any) {
	data, err := json.Marshal(row)
	if err != nil { // rows are plain structs of strings, numbers and times
		data = []byte("{}")
	}
	w.rows = append(w.rows, outRow{t, data})
}
