package respond

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Input is what the detector found in one batch.
type Input struct {
	Agent        string // that shipped the batch; empty = the service itself
	Findings     []finding.Finding
	Denials      map[block.ID]uint64 // requests refused, by block
	IgnoredMarks int
	Measures     []Measured       // what would have been hit, for rollouts
	Gateways     []rollout.Health // how gateways did, for rollouts
}

// Measured is what was seen of a rule's version besides its findings, which
// are counted here, as are requests that its blocks refused, discards and
// complaints.
type Measured struct {
	Rule, Version string
	rollout.Measure
}

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
		s.ledger.Deny(id, n, s.now())
		s.counts.denied.Add(n)
	}
	s.ledger.gauge(&in, s.now())
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
	steps, trip := s.judge(evidence)
	if trip != nil {
		if err := s.journal.add(ctx, journalEntry{Trip: trip}); err != nil {
			return nil, err
		}
	}
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

// gauge passes on what was measured for rollouts.
func (l *Ledger) gauge(in *Input, now time.Time) {
	for i := range in.Measures {
		l.book.Observe(in.Measures[i].Rule, in.Measures[i].Version, in.Measures[i].Measure, now)
	}
	for i := range in.Gateways {
		l.book.Gateways(in.Gateways[i], now)
	}
}

// judge judges sightings, and tells if that has tripped the breaker.
func (s *Service) judge(evidence []Evidence) ([]step, *tripped) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, guard := s.now(), s.guard.Load()
	before := s.ledger.breaker.trip
	steps := make([]step, len(evidence))
	for i := range evidence {
		v := s.ledger.Judge(evidence[i], guard, now)
		steps[i] = step{Evidence: evidence[i], Verdict: v}
		s.count(&v)
	}
	s.touch()
	if before != nil {
		return steps, nil
	}
	return steps, s.ledger.breaker.trip
}

func (s *Service) count(v *Verdict) {
	s.counts.sightings.Add(1)
	if v.First {
		s.counts.findings.Add(1)
	}
	if v.First && v.Discarded {
		s.counts.discarded.Add(1)
	}
	if v.Refusal != nil && v.Waits.Approval == nil {
		s.counts.refused.Add(1)
	}
}

// enforce puts the proposed blocks on the bus, many at a time.
func (s *Service) enforce(ctx context.Context, steps []step) error {
	failures := make([]error, len(steps))
	concurrently(len(steps), func(i int) {
		if steps[i].Proposal != nil {
			failures[i] = s.put(ctx, &steps[i])
		}
	})
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

// putOnce puts a block, in place of one that gives way to it if there is one:
// the one that the ledger knew of, or one that was made at the same moment.
func (s *Service) putOnce(ctx context.Context, p block.Block, known *block.Block) (made block.Block, replaced *block.Block, err error) {
	if known != nil {
		made, err := s.options.Blocks.Replace(ctx, *known, p)
		if !errors.Is(err, ErrExists) && !errors.Is(err, ErrNotFound) {
			return made, known, err
		}
	}
	made, err = s.options.Blocks.Put(ctx, p)
	if errors.Is(err, ErrExists) && made.ID != p.ID && replaceable(&made, &p) {
		less := made
		made, err = s.options.Blocks.Replace(ctx, less, p)
		return made, &less, err
	}
	return made, nil, err
}

// conclude brings the ledger up to date with the blocks that were made, and
// gives what is to be told. The caller holds mu.
func (s *Service) conclude(steps []step) ([]outRow, []Alert) {
	now := s.now()
	var w rowWriter
	touched := map[finding.Actor]bool{} // and whether people are told
	for _, st := range inOrderOfBlocks(steps) {
		told := s.concludeBlock(&w, st, now)
		w.add(Findings, rowOfFinding(&st.Evidence, st.Discarded, st.blockID()))
		if st.Discarded || st.Settled && !st.Grown {
			continue
		}
		touched[st.About] = told || touched[st.About]
		if _, known := touched[st.Finding.Actor]; !known {
			touched[st.Finding.Actor] = false // what it keeps is a row at least
		}
	}
	var alerts []Alert
	for _, key := range sortedActors(touched) {
		a := s.ledger.actors[key]
		if a == nil {
			continue // evicted meanwhile
		}
		w.add(Actors, s.ledger.rowOfActor(a, now))
		if touched[key] || a.told() || a.Tier == finding.Page {
			alerts = append(alerts, s.ledger.announce(a, s.options.Links, now)...)
		}
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

// concludeBlock brings the ledger up to date with one block. It tells whether
// people are told of the actor: of those whom a budget has left out there may
// be thousands, who are told of together.
func (s *Service) concludeBlock(w *rowWriter, st *step, now time.Time) (told bool) {
	if st.Proposal != nil {
		s.ledger.Answer(st.Proposal)
	}
	if st.Refusal != nil {
		return s.concludeRefusal(w, st, now)
	}
	if st.made.ID == 0 {
		if h := s.ledger.blocks.byID[st.Block]; h != nil {
			s.ledger.link(st.Finding.Actor, &h.Block)
		}
		return true
	}
	if st.Replaces != nil && st.new {
		if ended, ok := s.ledger.End(st.Replaces.ID, EventReplaced, st.made.By, "", st.made.CreatedAt); ok {
			w.add(BlockLog, rowOfEnded(&ended))
		}
	}
	if st.new {
		s.ledger.Made(st.made, st.Finding.Actor, st.Wanted)
		s.counts.blocks.Add(1)
		w.add(BlockLog, rowOfBlock(&st.made, EventAdded, st.made.CreatedAt))
	} else {
		s.ledger.Hold(st.made) // somebody was faster
		s.ledger.link(st.Finding.Actor, &st.made)
	}
	return true
}

// concludeRefusal tells of the block that there might have been. Its time is
// the evidence's, so that told twice it is one row.
func (s *Service) concludeRefusal(w *rowWriter, st *step, now time.Time) (told bool) {
	s.gaveWay(w, st.Waits.gone, now)
	if a := st.Waits.Approval; a != nil {
		if st.Waits.begun {
			w.add(BlockLog, rowOfPending(a, &a.Blocks[0], st.Finding.Time))
		}
		return true
	}
	if (isBudget(st.Refusal) || st.Refusal.Rule == ruleWaiting) && !s.ledger.overflow.note(&st.Finding, st.Asked, st.Refusal, now) {
		return false
	}
	b := *st.Asked
	b.Reason = st.Refusal.Reason
	w.add(BlockLog, rowOfBlock(&b, EventRefused, st.Finding.Time))
	return true
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
