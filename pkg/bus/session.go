package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const (
	// inboxSize is how many deltas may wait; when there are more, some are
	// lost, the next heartbeats show it, and a snapshot is taken.
	inboxSize = 1 << 16
	// silence is after how long without a heartbeat the connection is given up.
	silence = 10 * time.Second
	// snapshotTimeout bounds the wait for the next part of a snapshot.
	snapshotTimeout = 10 * time.Second
)

// session is one connection of an agent, from hello to its end.
type session struct {
	agent     *Agent
	nc        *nats.Conn
	f         block.Follower
	inbox     chan *nats.Msg
	snapshots chan snapshot
	greetings chan greeted
	fetches   sync.WaitGroup
	fetching  sync.Mutex        // one snapshot after the other: an agent has one lane for them
	waiting   map[string]bool   // segments whose snapshot is under way
	keys      map[string]string // segment → the key set that f has
	sparing   string            // the list of whom to spare that f has
	asking    bool              // for new keys
}

// greeted is the answer to the question for new keys.
type greeted struct {
	greeting
	err error
}

type snapshot struct {
	segment string
	data    []byte
	err     error
}

// session connects and follows until the connection ends or ctx does. inStep
// tells whether it came as far as following.
func (a *Agent) session(ctx context.Context, f block.Follower) (inStep bool, err error) {
	closed := make(chan error, 1)
	nc, err := a.connect(closed)
	if err != nil {
		return false, err
	}
	defer func() {
		nc.Close()
		<-closed
	}()
	// What goes on in the background ends with the session.
	ctx, cancel := context.WithCancel(ctx)
	s := &session{
		agent: a, nc: nc, f: f,
		inbox: make(chan *nats.Msg, inboxSize), snapshots: make(chan snapshot), greetings: make(chan greeted),
		waiting: map[string]bool{}, keys: map[string]string{},
	}
	defer s.fetches.Wait()
	defer cancel()
	g, err := s.greet(ctx)
	if err != nil {
		return false, err
	}
	if err := s.subscribe(g.Segments); err != nil {
		return false, err
	}
	a.use(nc)
	defer a.use(nil)
	f.Linked(g.Segments)
	s.spare(g.Spared)
	for _, name := range g.Segments {
		s.setKeys(name, g.Keys[name])
		s.resync(ctx, name)
	}
	return true, s.follow(ctx, closed)
}

// greet asks which segments this agent gets, and for their keys.
func (s *session) greet(ctx context.Context) (g greeting, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	reply, err := s.nc.RequestWithContext(ctx, "hello."+s.agent.opts.Name, nil)
	if err != nil {
		return g, fmt.Errorf("greet the service: %w", publishError(err))
	}
	if err := json.Unmarshal(reply.Data, &g); err != nil {
		return g, fmt.Errorf("greet the service: read its answer: %w", err)
	}
	if len(g.Segments) == 0 {
		return g, fmt.Errorf("greet the service: it knows no segment for %s: %w", s.agent.opts.Name, ErrAway)
	}
	return g, nil
}

func (s *session) setKeys(segment string, keys []block.MatchKey) {
	s.keys[segment] = keySet(keys)
	s.f.Keys(segment, keys)
}

// spare tells f whom it must not refuse by itself.
func (s *session) spare(prefixes []netip.Prefix) {
	s.sparing = sparedSet(prefixes)
	tellSpared(s.f, prefixes)
}

// askKeys asks for the keys anew, and whom to spare, unless that is under way.
func (s *session) askKeys(ctx context.Context) {
	if s.asking {
		return
	}
	s.asking = true
	s.fetches.Go(func() {
		g, err := s.greet(ctx)
		select {
		case s.greetings <- greeted{g, err}:
		case <-ctx.Done():
		}
	})
}

// rekey takes the keys that are others than before. Without an answer the next
// heartbeat asks again.
func (s *session) rekey(g greeted) {
	s.asking = false
	if g.err != nil {
		s.agent.log.Warn("the new match keys did not come", "error", g.err)
		return
	}
	for name, keys := range g.Keys {
		if had, ok := s.keys[name]; ok && had != keySet(keys) {
			s.setKeys(name, keys)
		}
	}
	if sparedSet(g.Spared) != s.sparing {
		s.spare(g.Spared)
	}
}

// subscribe asks for all that changes, before any snapshot is asked for. All
// goes through one channel, so that it keeps its order.
func (s *session) subscribe(segments []string) error {
	subjects := []string{"withdraw." + s.agent.opts.Name}
	for _, name := range segments {
		subjects = append(subjects, "delta."+name+".>", "heartbeat."+name)
	}
	for _, subject := range subjects {
		if _, err := s.nc.ChanSubscribe(subject, s.inbox); err != nil {
			return fmt.Errorf("subscribe to %s: %w", subject, publishError(err))
		}
	}
	// The server has all of it before it gets the request for a snapshot: they
	// take the same connection, in this order.
	return nil
}

func (s *session) follow(ctx context.Context, closed chan error) error {
	quiet := time.NewTimer(silence)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-closed:
			closed <- err // for the end of the session
			return closedError(s.agent.opts.Name, err)
		case <-quiet.C:
			return fmt.Errorf("no heartbeat for %s: %w", silence, ErrAway)
		case snap := <-s.snapshots:
			if err := s.load(snap); err != nil {
				return err
			}
		case g := <-s.greetings:
			s.rekey(g)
		case m := <-s.inbox:
			if s.take(ctx, m) {
				quiet.Reset(silence)
			}
		}
	}
}

// closedError is why the server or the network has ended the connection.
func closedError(agent string, err error) error {
	if errors.Is(err, nats.ErrAuthorization) {
		return fmt.Errorf("bus connection of %s: %w", agent, ErrRefused)
	}
	if err == nil {
		err = nats.ErrConnectionClosed
	}
	return fmt.Errorf("bus connection: %w: %w", ErrAway, err)
}

// take handles one message and tells whether it was a heartbeat.
func (s *session) take(ctx context.Context, m *nats.Msg) (heartbeat bool) {
	kind, rest, _ := strings.Cut(m.Subject, ".")
	var err error
	switch kind {
	case "delta":
		err = s.apply(m)
	case "heartbeat":
		heartbeat, err = true, s.compare(ctx, rest, m.Data)
	case "withdraw":
		var id block.ID
		if id, err = block.ParseID(string(m.Data)); err == nil {
			s.f.Withdraw(id)
		}
	}
	if err != nil {
		s.agent.log.Warn("a message of the bus cannot be read", "subject", m.Subject, "error", err)
	}
	return heartbeat
}

func (s *session) apply(m *nats.Msg) error {
	segment, d, err := parseRepublished(m)
	if err != nil {
		return err
	}
	if told := s.agent.opts.Stamped; told != nil && !d.Removed {
		stored, err := time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer))
		if err != nil {
			return fmt.Errorf("header %s: %w", jetstream.TimeStampHeaer, err)
		}
		told(d.Target, putTime(m.Header, stored), stored)
	}
	s.f.Apply(segment, d)
	return nil
}

func (s *session) compare(ctx context.Context, segment string, data []byte) error {
	var beat heartbeat
	if err := json.Unmarshal(data, &beat); err != nil {
		return fmt.Errorf("read heartbeat: %w", err)
	}
	if s.f.Heartbeat(segment, beat.Version) {
		s.resync(ctx, segment)
	}
	if beat.Keys != s.keys[segment] || segment == block.All && beat.Spared != s.sparing {
		s.askKeys(ctx)
	}
	if h, ok := s.f.(block.RetryHearer); ok && beat.Retries > 0 {
		h.RetriesAsked(beat.Retries)
	}
	return nil
}

// resync begins a segment anew, unless that is under way.
func (s *session) resync(ctx context.Context, segment string) {
	if s.waiting[segment] {
		return
	}
	s.waiting[segment] = true
	s.f.Expect(segment)
	s.fetches.Go(func() {
		s.fetching.Lock()
		data, err := s.fetch(ctx, segment)
		s.fetching.Unlock()
		select {
		case s.snapshots <- snapshot{segment, data, err}:
		case <-ctx.Done():
		}
	})
}

// fetch asks for a snapshot and puts its parts together.
func (s *session) fetch(ctx context.Context, segment string) ([]byte, error) {
	inbox := s.nc.NewInbox()
	sub, err := s.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", segment, publishError(err))
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only when the connection is closed
	// A snapshot in flight is as large as it is: dropping a part helps nobody.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", segment, err)
	}
	if err := s.nc.PublishRequest("snapshot."+s.agent.opts.Name+"."+segment, inbox, nil); err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", segment, publishError(err))
	}
	var data []byte
	for {
		part, err := nextPart(ctx, sub)
		if err != nil {
			return nil, fmt.Errorf("snapshot of %s: %w", segment, publishError(err))
		}
		if len(part.Data) == 0 {
			return data, noResponders(part)
		}
		data = append(data, part.Data...)
	}
}

func nextPart(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	return sub.NextMsgWithContext(ctx)
}

// noResponders tells the end of a snapshot from the server's word that nobody
// answers.
func noResponders(m *nats.Msg) error {
	if m.Header.Get("Status") == "503" {
		return fmt.Errorf("%w: %w", ErrAway, nats.ErrNoResponders)
	}
	return nil
}

// load hands a snapshot on. When there is none, the session is at its end,
// and the next one tries again.
func (s *session) load(snap snapshot) error {
	delete(s.waiting, snap.segment)
	if snap.err != nil {
		return snap.err
	}
	if err := s.f.Load(snap.segment, snap.data); err != nil {
		return fmt.Errorf("snapshot of %s: %w", snap.segment, err)
	}
	return nil
}
