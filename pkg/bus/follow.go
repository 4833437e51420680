package bus

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Follow keeps f in step with the blocklist for an agent that holds have,
// until ctx ends, which is no error, or the agent is revoked: then the error
// wraps ErrRefused. It is for agents that come by HTTP. A segment of which
// have is the current version, or one that the last changes lead on from,
// gets no snapshot.
//
// A follower may be slow: nothing is queued for it. What it misses meanwhile
// it gets at once, as changes or as a snapshot.
func (b *Bus) Follow(ctx context.Context, agent string, have map[string]block.Version, f block.Follower) error {
	detach, ok := b.registry.attach(agent)
	if !ok {
		return fmt.Errorf("follow as %s: %w", agent, ErrRefused)
	}
	defer detach()
	withdrawn, done := b.withdrawals.follow(agent)
	defer done()
	segments, _ := b.registry.segments(agent)
	s := &following{
		board: b.blocks.board, retries: b.retries, matchKeys: b.opts.MatchKeys, spared: b.opts.Spared, f: f,
		has: map[string]block.Version{}, keys: map[string]string{},
	}
	f.Linked(segments)
	s.spare()
	for _, name := range segments {
		s.has[name] = have[name]
		s.setKeys(name, s.matchKeys(name))
	}
	tick := time.NewTicker(heartbeatInterval)
	defer tick.Stop()
	for {
		changed := s.board.next()
		if _, ok := b.registry.segments(agent); !ok {
			return fmt.Errorf("follow as %s: %w", agent, ErrRefused)
		}
		if err := s.catchUp(ctx); err != nil {
			return ended(ctx, fmt.Errorf("follow as %s: %w", agent, err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case id := <-withdrawn:
			f.Withdraw(id)
		case <-tick.C:
			s.beat()
		}
	}
}

// following is one follower and what it has.
type following struct {
	board     *board
	retries   *Retries
	matchKeys func(segment string) []block.MatchKey
	spared    func() []netip.Prefix
	f         block.Follower
	has       map[string]block.Version
	keys      map[string]string // segment → the key set that f has
	sparing   string            // the list of whom to spare that f has
}

// spare tells f whom it must not refuse by itself, unless it was told.
func (s *following) spare() {
	prefixes := s.spared()
	if set := sparedSet(prefixes); set != s.sparing {
		s.sparing = set
		tellSpared(s.f, prefixes)
	}
}

func (s *following) setKeys(segment string, keys []block.MatchKey) {
	s.keys[segment] = keySet(keys)
	s.f.Keys(segment, keys)
}

// catchUp brings every segment of the follower to its current version.
func (s *following) catchUp(ctx context.Context) error {
	for name, have := range s.has {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		deltas, ok := s.board.since(name, have)
		if !ok {
			if err := s.load(name); err != nil {
				return err
			}
			continue
		}
		for _, d := range deltas {
			s.f.Apply(name, d.delta)
			s.has[name] = d.version
		}
	}
	return nil
}

func (s *following) load(name string) error {
	set := s.board.set(name)
	s.f.Expect(name)
	if err := s.f.Load(name, block.AppendSnapshot(nil, set, s.board.now())); err != nil {
		return fmt.Errorf("send snapshot of segment %s: %w", name, err)
	}
	s.has[name] = set.Version()
	return nil
}

// beat tells what the follower should have. A segment that it says is stale
// is sent anew, and so are keys that are others now.
func (s *following) beat() {
	s.spare()
	for name, v := range s.has {
		if keys := s.matchKeys(name); keySet(keys) != s.keys[name] {
			s.setKeys(name, keys)
		}
		if s.f.Heartbeat(name, v) {
			s.has[name] = unknownVersion
		}
	}
	if h, ok := s.f.(block.RetryHearer); ok {
		if last := s.retries.last(); last > 0 {
			h.RetriesAsked(last)
		}
	}
}

// unknownVersion is one that no set ever has.
var unknownVersion = block.Version{Count: -1}

// withdrawals passes withdrawals on to followers in the process.
type withdrawals struct {
	mu    sync.Mutex
	chans map[string]map[chan block.ID]bool
}

func (w *withdrawals) follow(agent string) (ids <-chan block.ID, done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := make(chan block.ID, 64)
	if w.chans == nil {
		w.chans = map[string]map[chan block.ID]bool{}
	}
	if w.chans[agent] == nil {
		w.chans[agent] = map[chan block.ID]bool{}
	}
	w.chans[agent][ch] = true
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.chans[agent], ch)
	}
}

func (w *withdrawals) add(agent string, id block.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.chans[agent] {
		select {
		case ch <- id:
		default: // a refusal that is not withdrawn ends by itself
		}
	}
}
