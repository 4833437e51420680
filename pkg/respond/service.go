package respond

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Options configure a Service. The interfaces are required, but for
// Withdrawer, Confirmer, Memory and Preview.
type Options struct {
	Blocks      Blocks
	Recorder    Recorder
	Checkpoints Checkpoints
	Alerter     Alerter
	Withdrawer  Withdrawer // nil: provisional refusals end by themselves
	Confirmer   Confirmer  // nil: touches that agents report are refused
	Memory      Memory     // nil: nothing is kept for the detector
	Preview     Preview    // nil: people are told what is counted in memory
	// MatchKeys gives the keys under which the agents of a segment know users,
	// keys, tokens and sessions, the current one first. nil: blocks on those
	// are refused, unless they come hashed.
	MatchKeys func(segment string) []block.MatchKey
	// Segments lists the segments that somebody gets blocks of; nil or none:
	// nobody is warned of others.
	Segments func() []string

	Guard  *Guard // required
	Ledger LedgerOptions
	Links  Links

	// Name prefixes the names of checkpoints; empty means "respond".
	Name string
	// Quiet is how long nothing must come from an actor until its alert is
	// resolved; 0 means 15 minutes.
	Quiet time.Duration
	// CheckpointEvery is the shortest time between checkpoints; 0 means 1 s.
	// They are rarer when they take long, but no rarer than half a minute.
	CheckpointEvery time.Duration
	// StopTimeout bounds what is written at the end; 0 means 5 s.
	StopTimeout time.Duration
	Now         func() time.Time // nil means time.Now
	Log         *slog.Logger     // required
}

// Service decides what is done about findings and does it. All methods are
// safe for concurrent use. Order: New, Load, then Run, beside which
// everything else may be called; Handle by one goroutine. What changes state
// waits until Run has told Alertmanager how things stood.
type Service struct {
	options Options
	log     *slog.Logger
	now     func() time.Time
	guard   atomic.Pointer[Guard]
	outbox  *outbox
	journal *journal
	counts  counters

	// gate is passed by everything that changes state, until what follows has
	// been done, and closed while a checkpoint is taken: so a checkpoint never
	// holds half a step.
	gate    *gate
	resumed atomic.Bool // the gate has been opened

	// telling is held from the judgement of which alerts to post until they are
	// posted, so that they are posted in the order of the judgements.
	telling sync.Mutex

	// asking is held while it is found out whether what is asked for waits
	// already, and it comes to wait if it does not.
	asking sync.Mutex

	// saving is held while a checkpoint is taken and saved, so that an older
	// one never replaces a newer one.
	saving sync.Mutex

	protectNow chan struct{} // Protect was called

	mu       sync.Mutex // guards what follows; never held during I/O
	protect  []netip.Prefix
	ledger   *Ledger
	sequence uint64 // of the last batch that was handled
	changes  uint64 // counts changes of state
	torn     bool   // the last batch was not handled to its end
	health   map[string]Alert
	audit    []AuditEntry
	pending  []journalEntry  // read by Load, to be done again by Run
	unlogged []block.Block   // made after the checkpoint: their rows may be missing
	replaced []Ended         // likewise
	deciding map[string]bool // approvals on which somebody decides at this moment, by id
}

// New makes a service. It starts nothing.
func New(o Options) (*Service, error) {
	for name, missing := range map[string]bool{
		"Blocks": o.Blocks == nil, "Recorder": o.Recorder == nil, "Checkpoints": o.Checkpoints == nil,
		"Alerter": o.Alerter == nil, "Guard": o.Guard == nil, "Log": o.Log == nil,
	} {
		if missing {
			return nil, fmt.Errorf("make responder: option %s is missing", name)
		}
	}
	o.Name = cmp.Or(o.Name, "respond")
	o.Quiet = cmp.Or(o.Quiet, 15*time.Minute)
	o.CheckpointEvery = cmp.Or(o.CheckpointEvery, time.Second)
	o.StopTimeout = cmp.Or(o.StopTimeout, 5*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Ledger.Quiet = o.Quiet
	o.Ledger.setDefaults()
	s := &Service{
		options: o, protectNow: make(chan struct{}, 1), log: o.Log, now: o.Now, ledger: NewLedger(o.Ledger), outbox: newOutbox(o.Recorder, o.Log),
		journal: &journal{checkpoints: o.Checkpoints, name: o.Name + ".journal"}, health: map[string]Alert{}, deciding: map[string]bool{},
		gate: newGate(), // shut until Run has resumed
	}
	s.guard.Store(o.Guard)
	return s, nil
}

// SetTiers replaces the policy by which evidence weighs and makes tiers, and
// our own networks, for those of its rules that ask. What was told stands until
// it is over.
func (s *Service) SetTiers(p *evidence.Policy, internal []netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.setPolicy(p)
	s.ledger.options.Internal = internal
}

// Tiers is the policy in force.
func (s *Service) Tiers() *evidence.Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.options.Policy
}

// SetGuard replaces the guard. Live blocks that the new one would refuse for
// everybody are removed within a minute.
func (s *Service) SetGuard(g *Guard) { s.guard.Store(g) }

// Guard gives the guard that is in force.
func (s *Service) Guard() *Guard { return s.guard.Load() }

// Known tells whether an id in a decision mark is one of ours: that of a
// block, live or ended of late, or of an agent's provisional refusal.
func (s *Service) Known(id block.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.Known(id)
}

// Sequence is that of the last batch that was handled.
func (s *Service) Sequence() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sequence
}

// Stats are counts since the start, and what is held now.
type Stats struct {
	Findings    uint64 // new ones
	Sightings   uint64 // of all findings
	Discarded   uint64 // new findings that an analyst's word discards
	Blocks      uint64 // made automatically
	Refused     uint64 // automatic blocks that the guard refused
	Denied      uint64 // requests refused on our blocks
	Unknown     uint64 // decision marks that named no known id
	Touches     uint64 // reported by agents
	Unconfirmed uint64 // of those, that our rules do not make a finding of
	Alerts      uint64 // posted
	Checkpoints uint64 // saved
	Actors      int    // known now
	Live        int    // blocks known now
	Waiting     int    // blocks that wait for a second person, or batches of them
	GaveWay     uint64 // of those, that had to give way to others
	Held        bool   // automatic blocking is held
	Saved       uint64 // sequence of the last checkpoint: what may be purged
	Unsaved     uint64 // checkpoints in a row that failed: 0 while state is saved
}

type counters struct {
	findings, sightings, discarded, blocks, refused, denied, unknown, touches, unconfirmed, alerts, checkpoints, saved, unsaved, audited, gaveWay atomic.Uint64
}

// Stats gives the counts.
func (s *Service) Stats() Stats {
	c := &s.counts
	s.mu.Lock()
	actors, live := len(s.ledger.actors), len(s.ledger.blocks.byID)
	waiting, held := len(s.ledger.approvals), s.ledger.breaker.trip != nil
	s.mu.Unlock()
	return Stats{
		Findings: c.findings.Load(), Sightings: c.sightings.Load(), Discarded: c.discarded.Load(), Blocks: c.blocks.Load(),
		Refused: c.refused.Load(), Denied: c.denied.Load(), Unknown: c.unknown.Load(), Touches: c.touches.Load(),
		Unconfirmed: c.unconfirmed.Load(), Alerts: c.alerts.Load(), Checkpoints: c.checkpoints.Load(),
		Actors: actors, Live: live, Waiting: waiting, GaveWay: c.gaveWay.Load(), Held: held, Saved: c.saved.Load(), Unsaved: c.unsaved.Load(),
	}
}

// Saved is the sequence up to which a restart will not read again: the last
// that a checkpoint holds.
func (s *Service) Saved() uint64 { return s.counts.saved.Load() }

// Actors lists everybody about whom evidence is kept, ordered by kind and value.
func (s *Service) Actors() []Actor {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, now := s.ledger.Actors(), s.now()
	for i := range list {
		list[i].Risk = s.ledger.risk(&list[i], now)
	}
	return list
}

// Actor gives what is known of one; the error wraps ErrNotFound when nothing is.
func (s *Service) Actor(a finding.Actor) (Actor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if actor, ok := s.ledger.Actor(a); ok {
		actor.Risk = s.ledger.risk(&actor, s.now())
		return actor, nil
	}
	return Actor{}, fmt.Errorf("actor %s: %w", a, ErrNotFound)
}

// touch notes a change of state. The caller holds mu.
func (s *Service) touch() { s.changes++ }
