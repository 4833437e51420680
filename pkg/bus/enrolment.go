package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Enrolment is what a one-time token makes.
type Enrolment struct {
	Name      string    `json:"name,omitempty"` // empty = the agent chooses
	Gateway   string    `json:"gateway"`
	Segments  []string  `json:"segments"`
	By        string    `json:"by"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (e *Enrolment) validate() error {
	if e.Name != "" {
		if err := validAgent(e.Name); err != nil {
			return err
		}
	}
	for _, s := range e.Segments {
		if !block.ValidName(s) {
			return fmt.Errorf("segment %q: %w", s, block.ErrName)
		}
	}
	if !time.Now().Before(e.ExpiresAt) {
		return fmt.Errorf("it would expire at %s, which is over", e.ExpiresAt.Format(time.RFC3339))
	}
	return nil
}

// CreateEnrolment keeps the digest of a one-time token, and what the agent
// that shows it is to be.
func (r *Registry) CreateEnrolment(ctx context.Context, token auth.Digest, e Enrolment) error {
	if err := e.validate(); err != nil {
		return fmt.Errorf("create enrolment: %w", err)
	}
	kv, err := r.bus.js.KeyValue(ctx, agentsBucket)
	if err != nil {
		return fmt.Errorf("create enrolment: %w", publishError(err))
	}
	value, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("create enrolment: %w", err)
	}
	if _, err := kv.Create(ctx, enrolmentKey+token.String(), value, jetstream.KeyTTL(ttl(time.Until(e.ExpiresAt)))); err != nil {
		return fmt.Errorf("create enrolment: %w", publishError(err))
	}
	return nil
}

// Enrol uses up the token with this digest and makes the agent, whose secret
// has the other digest. name is the agent's wish, which counts when the token
// names none. It wraps ErrToken and respond.ErrNotFound when there is no such
// token (any more), ErrName when the name cannot be one, and
// respond.ErrExists when it is taken; a revoked agent's name is free.
func (r *Registry) Enrol(ctx context.Context, token, secret auth.Digest, name string) (block.Agent, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	kv, err := r.bus.js.KeyValue(ctx, agentsBucket)
	if err != nil {
		return block.Agent{}, fmt.Errorf("enroll agent: %w", publishError(err))
	}
	e, revision, err := readEnrolment(ctx, kv, token)
	if err != nil {
		return block.Agent{}, fmt.Errorf("enroll agent: %w", err)
	}
	if e.Name == "" {
		e.Name = name
	}
	after, err := r.free(e.Name)
	if err != nil {
		return block.Agent{}, fmt.Errorf("enroll agent: %w", err)
	}
	// The token goes first: after a crash it is used up and there is no agent,
	// which is better than the other way round.
	if err := kv.Delete(ctx, enrolmentKey+token.String(), jetstream.LastRevision(revision)); err != nil {
		return block.Agent{}, fmt.Errorf("enroll agent: use up the token: %w", publishError(err))
	}
	a := enrolled{
		Agent: block.Agent{
			Name: e.Name, Gateway: e.Gateway, Segments: e.Segments, EnrolledAt: time.Now().UTC(), EnrolledBy: e.By,
		},
		Secret: secret,
	}
	if err := r.save(ctx, a, after); err != nil {
		return block.Agent{}, fmt.Errorf("enroll agent %s: %w", e.Name, err)
	}
	return a.Agent, nil
}

func readEnrolment(ctx context.Context, kv jetstream.KeyValue, token auth.Digest) (e Enrolment, revision uint64, err error) {
	entry, err := kv.Get(ctx, enrolmentKey+token.String())
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return e, 0, fmt.Errorf("%w: %w", ErrToken, respond.ErrNotFound)
	}
	if err != nil {
		return e, 0, publishError(err)
	}
	if err := json.Unmarshal(entry.Value(), &e); err != nil {
		return e, 0, fmt.Errorf("read enrolment: %w", err)
	}
	if !time.Now().Before(e.ExpiresAt) {
		return e, 0, fmt.Errorf("%w: %w", ErrToken, respond.ErrNotFound)
	}
	return e, entry.Revision(), nil
}

// free gives the revision of the entry that a new agent of this name
// replaces, 0 when there is none.
func (r *Registry) free(name string) (after uint64, err error) {
	if err := validAgent(name); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.agents[name]
	if m == nil {
		return 0, nil
	}
	if !m.Agent.Revoked {
		return 0, fmt.Errorf("agent %s: %w", name, respond.ErrExists)
	}
	return m.revision, nil
}
