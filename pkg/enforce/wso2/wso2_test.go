package wso2

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// source holds blocks in memory.
type source struct {
	start   time.Time
	mu      sync.Mutex // for all below
	changes []block.Change
	set     *block.Set
	changed chan struct{}
}

func newSource() *source { return &source{start: time.Now(), changed: make(chan struct{})} }

func (s *source) now() time.Duration { return time.Since(s.start) }

func (s *source) change(deltas ...block.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range deltas {
		d.Revision = uint64(len(s.changes) + 1)
		s.set = s.set.Apply(d, s.now())
		s.changes = append(s.changes, block.Change{Segment: block.All, Delta: d})
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// Next implements mirror.Source.
func (s *source) Next(ctx context.Context, after block.Place) ([]block.Change, block.Place, bool, error) {
	for {
		s.mu.Lock()
		at, changed := block.Place(len(s.changes)+1), s.changed
		changes := slices.Clone(s.changes[max(0, int(after)-1):])
		s.mu.Unlock()
		if after == 0 || len(changes) > 0 {
			return changes, at, after == 0, nil
		}
		select {
		case <-ctx.Done():
			return nil, after, false, ctx.Err()
		case <-changed:
		}
	}
}

// Held implements mirror.Source.
func (s *source) Held() iter.Seq[block.Held] {
	s.mu.Lock()
	set, now := s.set, s.now()
	s.mu.Unlock()
	return func(yield func(block.Held) bool) {
		for t, e := range set.Entries() {
			if !yield(block.Held{Segment: block.All, Target: t, Entry: e, Left: e.Deadline - now}) {
				return
			}
		}
	}
}

func target(t *testing.T, text string) block.Target {
	t.Helper()
	parsed, err := block.ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func on(t *testing.T, text string, id block.ID) block.Delta {
	return block.Delta{Target: target(t, text), ID: id, Left: time.Hour}
}

func exempt(t *testing.T, text string, id block.ID) block.Delta {
	return block.Delta{Target: target(t, text).Exempt(), ID: id, Left: time.Hour, Action: block.Allow}
}

func gone(d block.Delta) block.Delta { return block.Delta{Target: d.Target, Removed: true} }

// options are those of an adapter that uses a portal.
func options(t *testing.T, s *source, p *portal) Options {
	t.Helper()
	return Options{
		Source: s, Now: s.now, AdminURL: p.URL + "/api/am/admin/v4/",
		Client: NewClient(nil, Login{
			TokenURL: p.URL + "/oauth2/token", ClientID: "client", ClientSecret: "secret", User: "soc", Password: "pass",
		}),
		MadeFile: filepath.Join(t.TempDir(), "made.json"), Keys: func() []block.MatchKey { return nil },
		Every: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	}
}

// run starts an adapter and gives what stops it.
func run(t *testing.T, o Options) (stop func()) {
	t.Helper()
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// becomes waits until what is denied is just this, once each.
func becomes(t *testing.T, denied func() map[string]int, want ...string) {
	t.Helper()
	wanted := map[string]int{}
	for _, w := range want {
		wanted[w]++
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got := denied()
		if maps.Equal(got, wanted) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("denied: %v\nwant %v", got, wanted)
		}
	}
}

const (
	deny7     = `IP {"fixedIp":"192.0.2.7","invert":false}`
	deny8     = `IP {"fixedIp":"192.0.2.8","invert":false}`
	denyRange = `IPRANGE {"endingIp":"198.51.100.255","invert":false,"startingIp":"198.51.100.0"}`
)

func TestPoliciesFollowTheBlocks(t *testing.T) {
	s, p := newSource(), newPortal(t)
	s.change(on(t, "192.0.2.7", 1), on(t, "198.51.100.0/24", 2), on(t, "application:shop", 3), on(t, "api:/pizza/1.0", 4),
		on(t, "country:AQ", 5), on(t, "192.0.2.9 & user_agent:curl/8", 6))
	run(t, options(t, s, p))
	becomes(t, p.denied, deny7, denyRange, `APPLICATION "shop"`, `API "/pizza/1.0"`)
	s.change(gone(on(t, "192.0.2.7", 0)), on(t, "192.0.2.8", 7), exempt(t, "198.51.100.128", 8))
	becomes(t, p.denied, deny8, `APPLICATION "shop"`, `API "/pizza/1.0"`,
		`IPRANGE {"endingIp":"198.51.100.127","invert":false,"startingIp":"198.51.100.0"}`,
		`IPRANGE {"endingIp":"198.51.100.255","invert":false,"startingIp":"198.51.100.129"}`)
	s.change(exempt(t, "192.0.2.8", 9), gone(exempt(t, "198.51.100.128", 0)))
	becomes(t, p.denied, denyRange, `APPLICATION "shop"`, `API "/pizza/1.0"`)
}

func TestPoliciesOfOthersAreLeftAlone(t *testing.T) {
	s, p := newSource(), newPortal(t)
	p.add(kindAddress, `{"fixedIp":"192.0.2.7","invert":false}`)
	p.add(kindUser, `"mallory"`)
	s.change(on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2))
	run(t, options(t, s, p))
	becomes(t, p.denied, deny7, deny8, `USER "mallory"`)
	s.change(gone(on(t, "192.0.2.7", 0)), gone(on(t, "192.0.2.8", 0)))
	becomes(t, p.denied, deny7, `USER "mallory"`)
}

func TestWhatPeopleChangeIsPutRight(t *testing.T) {
	s, p := newSource(), newPortal(t)
	s.change(on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2))
	run(t, options(t, s, p))
	becomes(t, p.denied, deny7, deny8)
	p.mu.Lock()
	off, first := false, true
	for id, q := range p.policies {
		if first {
			delete(p.policies, id)
		} else {
			q.Status = &off
			p.policies[id] = q
		}
		first = false
	}
	p.mu.Unlock()
	becomes(t, p.denied, deny7, deny8)
}

func TestARestartRemovesWhatEnded(t *testing.T) {
	s, p := newSource(), newPortal(t)
	o := options(t, s, p)
	s.change(on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2))
	stop := run(t, o)
	becomes(t, p.denied, deny7, deny8)
	stop()
	s.change(gone(on(t, "192.0.2.7", 0)))
	run(t, o)
	becomes(t, p.denied, deny8)
}

func TestAPolicyWhoseAnswerWasLostIsOurs(t *testing.T) {
	s, p := newSource(), newPortal(t)
	s.change(on(t, "192.0.2.7", 1))
	run(t, options(t, s, p))
	becomes(t, p.denied, deny7)
	p.mu.Lock()
	p.lose = http.MethodPost
	p.mu.Unlock()
	s.change(on(t, "192.0.2.8", 2))
	becomes(t, p.denied, deny7, deny8)
	s.change(gone(on(t, "192.0.2.8", 0)), gone(on(t, "192.0.2.7", 0)))
	becomes(t, p.denied)
}

func TestAPortalThatFailsIsTriedAgain(t *testing.T) {
	s, p := newSource(), newPortal(t)
	p.fail = http.StatusServiceUnavailable
	s.change(on(t, "192.0.2.7", 1))
	run(t, options(t, s, p))
	for seen := 0; seen < 3; {
		p.mu.Lock()
		seen = len(p.calls)
		p.mu.Unlock()
	}
	p.mu.Lock()
	p.fail = 0
	p.mu.Unlock()
	becomes(t, p.denied, deny7)
	p.mu.Lock()
	p.tokens++ // what was given out is of no use any more
	p.mu.Unlock()
	s.change(on(t, "192.0.2.8", 2))
	becomes(t, p.denied, deny7, deny8)
}

func TestTheTopicTellsEveryGateway(t *testing.T) {
	s, b := newSource(), newBroker(t)
	s.change(on(t, "192.0.2.7", 1), on(t, "198.51.100.0/24", 2), on(t, "api:/pizza/1.0", 3))
	run(t, Options{
		Source: s, Now: s.now, TopicURL: b.url(), TopicUser: "soc", TopicPassword: "secret", Keys: func() []block.MatchKey { return nil },
		MadeFile: filepath.Join(t.TempDir(), "made.json"), Every: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	becomes(t, b.values, deny7, denyRange, "API /pizza/1.0")
	s.change(gone(on(t, "192.0.2.7", 0)), on(t, "192.0.2.8", 4))
	becomes(t, b.values, deny8, denyRange, "API /pizza/1.0")
	b.forget()
	becomes(t, b.values, deny8, denyRange, "API /pizza/1.0")
	b.cut()
	s.change(on(t, "192.0.2.7", 5))
	becomes(t, b.values, deny7, deny8, denyRange, "API /pizza/1.0")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, err := range b.errs {
		t.Error(err)
	}
}

// What ended while nobody was there to say so is ended at the next start.
func TestTheTopicIsToldWhatEndedMeanwhile(t *testing.T) {
	s, b := newSource(), newBroker(t)
	o := Options{
		Source: s, Now: s.now, TopicURL: b.url(), TopicUser: "soc", TopicPassword: "secret", Keys: func() []block.MatchKey { return nil },
		MadeFile: filepath.Join(t.TempDir(), "made.json"), Every: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	}
	s.change(on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2))
	stop := run(t, o)
	becomes(t, b.values, deny7, deny8)
	stop()
	s.change(gone(on(t, "192.0.2.7", 0)))
	run(t, o)
	becomes(t, b.values, deny8)
}

// A policy that WSO2 does not take, or cannot make, holds up no other.
func TestAPolicyThatIsNotTakenHoldsUpNoOther(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusInternalServerError} {
		s, p := newSource(), newPortal(t)
		p.unknown, p.answersUnknown = `"nobody:knows"`, status
		s.change(on(t, "192.0.2.7", 1), on(t, "application:nobody:knows", 2))
		run(t, options(t, s, p))
		becomes(t, p.denied, deny7)
		s.change(gone(on(t, "192.0.2.7", 0)), on(t, "192.0.2.8", 3), on(t, "198.51.100.0/24", 4))
		becomes(t, p.denied, deny8, denyRange)
	}
}

// All is put right in time, however often blocks change.
func TestChangesDoNotPutOffTheRegularRound(t *testing.T) {
	s, p := newSource(), newPortal(t)
	s.change(on(t, "192.0.2.7", 1))
	o := options(t, s, p)
	o.Every = 200 * time.Millisecond
	run(t, o)
	becomes(t, p.denied, deny7)
	p.mu.Lock()
	clear(p.policies)
	p.mu.Unlock()
	id := block.ID(1)
	becomes(t, func() map[string]int {
		id++
		s.change(on(t, "192.0.2.8", id))
		return p.denied()
	}, deny7, deny8)
}

func TestAnExemptionOfANameWins(t *testing.T) {
	s, p := newSource(), newPortal(t)
	s.change(on(t, "application:shop", 1), on(t, "api:/pizza/1.0", 2), exempt(t, "application:shop", 3))
	run(t, options(t, s, p))
	becomes(t, p.denied, `API "/pizza/1.0"`)
	s.change(exempt(t, "api:/pizza/1.0", 4), gone(exempt(t, "application:shop", 0)))
	becomes(t, p.denied, `APPLICATION "shop"`)
}

// WSO2 may write what it was given in another way.
func TestAPolicyIsKnownByItsID(t *testing.T) {
	s, p := newSource(), newPortal(t)
	p.rewrites = func(value string) string { return strings.Replace(value, "shop", "owner:shop", 1) }
	s.change(on(t, "application:shop", 1))
	run(t, options(t, s, p))
	becomes(t, p.denied, `APPLICATION "owner:shop"`)
	for looks := 0; looks < 3; {
		p.mu.Lock()
		looks = 0
		for _, call := range p.calls {
			if call == http.MethodGet {
				looks++
			}
			if call == http.MethodDelete {
				t.Fatal("a policy that is wanted was deleted")
			}
		}
		p.mu.Unlock()
	}
	s.change(gone(on(t, "application:shop", 0)))
	becomes(t, p.denied)
}

func TestUsersAreNamedByTheFile(t *testing.T) {
	s, p := newSource(), newPortal(t)
	key := block.NewMatchKey([32]byte{1})
	file := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(file, []byte("# users\nalice\n  bob \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.change(on(t, "user:"+key.Hash(block.ScopeUser, "bob"), 1), on(t, "user:"+key.Hash(block.ScopeUser, "carol"), 2))
	o := options(t, s, p)
	o.UsersFile, o.Keys = file, func() []block.MatchKey { return []block.MatchKey{key} }
	run(t, o)
	becomes(t, p.denied, `USER "bob@carbon.super"`)
	if err := os.WriteFile(file+".new", []byte("carol\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	becomes(t, p.denied, `USER "carol@carbon.super"`)
}

// A file of users that cannot be read is told of once, and holds nothing else
// up; who stood in it last is still denied.
func TestAUsersFileThatCannotBeRead(t *testing.T) {
	s, p := newSource(), newPortal(t)
	key := block.NewMatchKey([32]byte{1})
	file := filepath.Join(t.TempDir(), "users")
	var log strings.Builder
	way := &heard{}
	o := options(t, s, p)
	o.UsersFile, o.Keys, o.Way = file, func() []block.MatchKey { return []block.MatchKey{key} }, way
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	for _, name := range []string{"bob", "carol"} {
		s.change(on(t, "user:"+key.Hash(block.ScopeUser, name), block.NewID(name)))
	}
	s.change(on(t, "192.0.2.7", 1))
	stop := run(t, o)
	becomes(t, p.denied, deny7)
	if err := os.WriteFile(file, []byte("bob\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	becomes(t, p.denied, deny7, `USER "bob@carbon.super"`)
	if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
		t.Fatal(err)
	}
	s.change(on(t, "192.0.2.8", 2))
	becomes(t, p.denied, deny7, deny8, `USER "bob@carbon.super"`)
	want := s.Revisions()[block.All]
	becomes(t, way.state, fmt.Sprint("holds ", want, ", leaves 1"))
	stop()
	if told := strings.Count(log.String(), "cannot be read"); told != 2 || way.failures != 0 {
		t.Errorf("told %d times, failed %d times:\n%s", told, way.failures, log.String())
	}
}

// heard is a mirror.Way that remembers what it heard.
type heard struct {
	mu       sync.Mutex // for all below
	revision uint64
	left     int
	failures int
}

func (h *heard) Holds(revisions map[string]uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revision = revisions[block.All]
}

func (h *heard) Fails(error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
}

func (h *heard) Leaves(blocks, _ int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = blocks
}

func (h *heard) state() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return map[string]int{fmt.Sprint("holds ", h.revision, ", leaves ", h.left): 1}
}

func TestMistakesAreTold(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("an adapter without a way was made")
	}
	_, err := New(Options{TopicURL: "amqp://soc:hunter2@%zz"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a broken address: %v", err)
	}
	file := filepath.Join(t.TempDir(), "made.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{AdminURL: "https://wso2.example.net", MadeFile: file}); err == nil {
		t.Error("a damaged list of our policies was taken")
	}
}

// Revisions implements mirror.Source: a change's revision is its number.
func (s *source) Revisions() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]uint64{block.All: uint64(len(s.changes))}
}
