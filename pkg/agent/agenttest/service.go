// Package agenttest is a service in memory for tests of the enforcing side: a
// Link with real sets, snapshots, deltas and heartbeats behind it, that can be
// cut off. Production code never imports it.
package agenttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// ErrAway is what calls fail with while the service is cut off.
var ErrAway = errors.New("the service is away")

// Service implements the agent's Link. It is safe for concurrent use.
type Service struct {
	started  time.Time
	segments []string

	mu       sync.Mutex // for all below
	away     bool
	refused  error
	sets     map[string]*block.Set
	keys     map[string][]block.MatchKey
	revision uint64
	events   []func(f block.Follower)
	wake     chan struct{} // closed at every change
	reports  []block.Report
	touches  []finding.Finding
	files    map[string]ingest.Mark
	rows     int
	onTouch  func(f finding.Finding)
	orders   []block.RetryOrder
	retried  []block.RetryResult
}

// New makes a service with these segments besides All.
func New(segments ...string) *Service {
	s := &Service{
		started: time.Now(), segments: append([]string{block.All}, segments...),
		sets: map[string]*block.Set{}, keys: map[string][]block.MatchKey{}, wake: make(chan struct{}), files: map[string]ingest.Mark{},
	}
	for _, name := range s.segments {
		s.sets[name] = new(block.Builder).Set(0)
		s.keys[name] = []block.MatchKey{keyOf(name, 0)}
	}
	return s
}

// Put blocks an address or prefix in All and gives the block's id.
func (s *Service) Put(target string, lifetime time.Duration) block.ID {
	return s.PutIn(block.All, target, lifetime, block.Enforce)
}

// PutIn blocks an address or prefix in a segment.
func (s *Service) PutIn(segment, target string, lifetime time.Duration, mode block.Mode) block.ID {
	id := block.NewID(segment, target)
	s.Change(segment, block.Delta{Target: mustTarget(target), ID: id, Left: lifetime, Mode: mode})
	return id
}

// Remove frees a target in All.
func (s *Service) Remove(target string) {
	s.Change(block.All, block.Delta{Target: mustTarget(target), Removed: true})
}

// Withdraw takes back an agent's provisional refusal.
func (s *Service) Withdraw(id block.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(func(f block.Follower) { f.Withdraw(id) })
}

// PutUnseen blocks an address in All without telling the followers, as when a
// message is lost.
func (s *Service) PutUnseen(target string, lifetime time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	d := block.Delta{Revision: s.revision, Target: mustTarget(target), ID: block.NewID(target), Left: lifetime}
	s.sets[block.All] = s.sets[block.All].Apply(d, s.now())
}

// Cut takes the service away; Mend brings it back.
func (s *Service) Cut() { s.setAway(true) }

// Mend brings the service back.
func (s *Service) Mend() { s.setAway(false) }

// Refuse makes Follow fail for good with err until called with nil.
func (s *Service) Refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = err
	s.notify()
}

// OnTouch calls f with every touch that arrives.
func (s *Service) OnTouch(f func(finding.Finding)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onTouch = f
}

// Version is what the service holds of a segment.
func (s *Service) Version(segment string) block.Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sets[segment].Version()
}

// Reports are all reports so far.
func (s *Service) Reports() []block.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reports)
}

// Touches are all touches so far.
func (s *Service) Touches() []finding.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.touches)
}

// Rows is the number of log rows shipped so far.
func (s *Service) Rows() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows
}

// Change makes a change to a segment; its revision is set here.
func (s *Service) Change(segment string, d block.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	d.Revision = s.revision
	s.sets[segment] = s.sets[segment].Apply(d, s.now())
	s.send(func(f block.Follower) { f.Apply(segment, d) })
}

func (s *Service) send(event func(f block.Follower)) {
	s.events = append(s.events, event)
	s.notify()
}

func (s *Service) notify() {
	close(s.wake)
	s.wake = make(chan struct{})
}

func (s *Service) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
	s.notify()
}

func (s *Service) now() time.Duration { return time.Since(s.started) }

// Follow implements agent.Link.
func (s *Service) Follow(ctx context.Context, f block.Follower) error {
	for ctx.Err() == nil {
		away, wake, refused := s.state()
		if refused != nil {
			return refused
		}
		if !away {
			s.session(ctx, f)
			continue
		}
		select {
		case <-ctx.Done():
		case <-wake:
		}
	}
	return ctx.Err()
}

func (s *Service) state() (away bool, wake chan struct{}, refused error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away, s.wake, s.refused
}

// session follows until the service is away, refuses, or ctx ends.
func (s *Service) session(ctx context.Context, f block.Follower) {
	f.Linked(s.segments)
	at := s.position()
	for _, segment := range s.segments {
		f.Keys(segment, s.Keys(segment))
		s.load(f, segment)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		events, ok, wake := s.since(at)
		if !ok {
			f.Lost(ErrAway)
			return
		}
		for _, event := range events {
			event(f)
		}
		at += len(events)
		if len(events) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
			s.heartbeat(f)
		}
	}
}

func (s *Service) position() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events)
}

func (s *Service) since(at int) (events []func(block.Follower), ok bool, wake chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events[at:]), !s.away && s.refused == nil, s.wake
}

func (s *Service) load(f block.Follower, segment string) {
	f.Expect(segment)
	s.mu.Lock()
	snapshot := block.AppendSnapshot(nil, s.sets[segment], s.now())
	s.mu.Unlock()
	if err := f.Load(segment, snapshot); err != nil {
		panic(fmt.Sprintf("a snapshot of our own was refused: %v", err))
	}
}

func (s *Service) heartbeat(f block.Follower) {
	for _, segment := range s.segments {
		if f.Heartbeat(segment, s.Version(segment)) {
			s.load(f, segment)
		}
	}
	if h, ok := f.(block.RetryHearer); ok && s.lastRetry() > 0 {
		h.RetriesAsked(s.lastRetry())
	}
}

// Report implements agent.Link.
func (s *Service) Report(_ context.Context, r block.Report) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return ErrAway
	}
	s.reports = append(s.reports, r)
	return nil
}

// Touch implements agent.Link.
func (s *Service) Touch(_ context.Context, f finding.Finding) error {
	s.mu.Lock()
	if s.away {
		s.mu.Unlock()
		return ErrAway
	}
	s.touches = append(s.touches, f)
	react := s.onTouch
	s.mu.Unlock()
	if react != nil {
		react(f)
	}
	return nil
}

// Last implements ingest.Publisher.
func (s *Service) Last(_ context.Context, source, file string) (ingest.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return ingest.Mark{}, ErrAway
	}
	return s.files[source+"/"+file], nil
}

// Publish implements ingest.Publisher.
func (s *Service) Publish(_ context.Context, b *event.Batch, after uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := b.Source + "/" + b.Order()
	switch {
	case s.away:
		return 0, ErrAway
	case s.files[key].Sequence != after:
		return 0, fmt.Errorf("publish %s: %w", key, ingest.ErrFenced)
	}
	s.rows += b.Rows()
	s.files[key] = ingest.Mark{Sequence: after + 1, End: event.Position{Offset: b.End, Line: b.NextLine}}
	return after + 1, nil
}

func mustTarget(s string) block.Target {
	t, err := block.ParseTarget(s)
	if err != nil {
		panic(err)
	}
	return t
}
