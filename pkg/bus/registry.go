package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Registry knows the agents: who is enrolled, with which secret and for which
// segments (kept in a bucket), and what each has last reported (in memory).
// Reading needs Run. It is safe for concurrent use.
type Registry struct {
	bus    *Bus
	loaded chan struct{} // closed once the bucket has been read

	writing sync.Mutex // one change at a time

	mu     sync.Mutex
	agents map[string]*member
	waits  waits
}

// enrolled is an agent as the bucket keeps it.
type enrolled struct {
	Agent  block.Agent `json:"agent"`
	Secret auth.Digest `json:"secret"`
}

// member is an enrolled agent and what is known about it now.
type member struct {
	enrolled
	revision uint64 // of the bucket's entry
	status
}

const (
	agentKey     = "agent."
	enrolmentKey = "enrolment."
)

func newRegistry(b *Bus) *Registry {
	return &Registry{bus: b, loaded: make(chan struct{}), agents: map[string]*member{}, waits: waits{}}
}

// run reads the bucket, follows its changes and samples reports until ctx
// ends.
func (r *Registry) run(ctx context.Context) error {
	kv, err := r.bus.js.KeyValue(ctx, agentsBucket)
	if err != nil {
		return ended(ctx, fmt.Errorf("read the registry of agents: %w", publishError(err)))
	}
	w, err := kv.Watch(ctx, agentKey+">")
	if err != nil {
		return ended(ctx, fmt.Errorf("read the registry of agents: %w", publishError(err)))
	}
	defer func() { _ = w.Stop() }()
	samples := time.NewTicker(sampleInterval)
	defer samples.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Updates():
			switch {
			case !ok:
				return ended(ctx, errors.New("read the registry of agents: the watch has ended"))
			case e == nil:
				close(r.loaded)
			default:
				r.take(e)
			}
		case now := <-samples.C:
			r.sample(ctx, now)
		}
	}
}

// take reads an entry of the bucket. Entries are never deleted.
func (r *Registry) take(e jetstream.KeyValueEntry) {
	var a enrolled
	if err := json.Unmarshal(e.Value(), &a); err != nil {
		r.bus.log.Error("an agent's entry cannot be read", "key", e.Key(), "error", err)
		return
	}
	r.set(a, e.Revision())
}

func (r *Registry) set(a enrolled, revision uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.agents[a.Agent.Name]
	if m == nil {
		m = &member{}
		r.agents[a.Agent.Name] = m
	}
	if revision > m.revision {
		m.enrolled, m.revision = a, revision
	}
}

// Agents lists all agents with their state, revoked ones too, ordered by name.
func (r *Registry) Agents(context.Context) ([]block.Agent, error) {
	members := r.members()
	list := make([]block.Agent, 0, len(members))
	for i := range members {
		list = append(list, r.state(&members[i]))
	}
	slices.SortFunc(list, func(a, b block.Agent) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// members copies what is known of all agents, so that it can be used without
// mu.
func (r *Registry) members() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]member, 0, len(r.agents))
	for _, m := range r.agents {
		list = append(list, *m)
	}
	return list
}

// Authenticate gives the agent of this name and secret if it is enrolled and
// not revoked.
func (r *Registry) Authenticate(name, secret string) (block.Agent, bool) {
	m, ok := r.member(name)
	if !ok || m.Agent.Revoked || !m.Secret.Matches(secret) {
		return block.Agent{}, false
	}
	return r.state(&m), true
}

// member copies what is known of an agent.
func (r *Registry) member(name string) (m member, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.agents[name]; known != nil {
		return *known, true
	}
	return m, false
}

// Lookup is what the embedded server asks: the digest of an agent's secret
// and its segments, All included. ok is false when it is unknown or revoked.
func (r *Registry) Lookup(name string) (secret [32]byte, segments []string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.agents[name]
	if m == nil || m.Agent.Revoked {
		return secret, nil, false
	}
	return m.Secret, withAll(m.Agent.Segments), true
}

// segments lists what an enrolled agent gets; ok as in Lookup.
func (r *Registry) segments(name string) (list []string, ok bool) {
	_, list, ok = r.Lookup(name)
	return list, ok
}

// allSegments lists the segments of all agents, and All.
func (r *Registry) allSegments() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]bool{block.All: true}
	for _, m := range r.agents {
		for _, s := range m.Agent.Segments {
			all[s] = true
		}
	}
	return all
}

// withAll adds the segment that everybody gets.
func withAll(segments []string) []string {
	set := map[string]bool{block.All: true}
	for _, s := range segments {
		set[s] = true
	}
	return slices.SortedFunc(maps.Keys(set), strings.Compare)
}

// Revoke cuts an agent off for good: it is refused from now on, and its
// connections end. It wraps respond.ErrNotFound when there is no such agent.
func (r *Registry) Revoke(ctx context.Context, name string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	m := r.agents[name]
	if m == nil || m.Agent.Revoked {
		r.mu.Unlock()
		return fmt.Errorf("revoke agent %s: %w", name, respond.ErrNotFound)
	}
	a, revision := m.enrolled, m.revision
	r.mu.Unlock()
	a.Agent.Revoked = true
	if err := r.save(ctx, a, revision); err != nil {
		return fmt.Errorf("revoke agent %s: %w", name, err)
	}
	r.bus.opts.Disconnect(name)
	r.bus.blocks.board.wake()
	return nil
}

// save stores an agent's entry in place of the one with this revision.
func (r *Registry) save(ctx context.Context, a enrolled, after uint64) error {
	kv, err := r.bus.js.KeyValue(ctx, agentsBucket)
	if err != nil {
		return publishError(err)
	}
	value, err := json.Marshal(a)
	if err != nil {
		return err
	}
	revision, err := kv.Update(ctx, agentKey+a.Agent.Name, value, after)
	if err != nil {
		return publishError(err)
	}
	r.set(a, revision)
	return nil
}
