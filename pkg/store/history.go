package store

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Audit gives one page of what people did, newest first.
func (s *Store) Audit(ctx context.Context, q wire.AuditQuery) (wire.Page[wire.AuditEntry], error) {
	args, c, err := paging("audit", q.Slice, q.Period)
	if err != nil {
		return wire.Page[wire.AuditEntry]{}, err
	}
	args = append(args, named("after_id", c.Key), named("who", q.Who), named("action", q.Action), named("subject", q.Subject))
	rows, err := ask(ctx, s, "audit", func(scan scanner, e *wire.AuditEntry) error {
		return scan(&e.ID, &e.At, &e.Who, &e.Role, &e.Address, &e.Action, &e.Subject, &e.Detail, &e.Outcome)
	}, args...)
	if err != nil {
		return wire.Page[wire.AuditEntry]{}, err
	}
	return cut(rows, q.Slice, func(e *wire.AuditEntry) cursor {
		return cursor{List: "audit", At: e.At.UnixNano(), Key: e.ID}
	}), nil
}

// BlockLog gives the events in the life of a block, oldest first.
func (s *Store) BlockLog(ctx context.Context, id block.ID) ([]wire.BlockLogEntry, error) {
	return ask(ctx, s, "block_log", func(scan scanner, e *wire.BlockLogEntry) error {
		return scan(&e.At, &e.Event, &e.BlockID, &e.Segment, &e.Target, &e.Reason, &e.By, &e.Denied)
	}, named("block_id", id.String()))
}

// ActorState is what was known of an actor from a time on.
type ActorState struct {
	Actor     finding.Actor
	At        time.Time
	Tier      string
	Reasons   []string
	Families  []string
	Findings  int64
	FirstSeen time.Time
	LastSeen  time.Time
	BlockID   string // empty: not blocked
}

// ActorHistory gives the states of an actor in a period, newest first and at
// most wire.MaxLimit.
func (s *Store) ActorHistory(ctx context.Context, a finding.Actor, p wire.Period) ([]ActorState, error) {
	since, until := bounds(p)
	return ask(ctx, s, "actor_history", func(scan scanner, v *ActorState) error {
		var kind string
		err := scan(&kind, &v.Actor.Value, &v.At, &v.Tier, &v.Reasons, &v.Families, &v.Findings,
			&v.FirstSeen, &v.LastSeen, &v.BlockID)
		v.Actor.Kind = finding.ActorKind(kind)
		return err
	}, named("id", a.String()), named("since", since), named("until", until), named("limit", uint32(wire.MaxLimit)))
}

// AgentReport is the last word of an agent on a segment.
type AgentReport struct {
	Name, Segment     string
	At                time.Time
	Gateway, Software string
	Connected         bool
	Revision, Latest  uint64 // enforced by the agent, known to the service then
	Count             uint64
	PropagationMillis *float64 // nil: not measured
	Denied, Decided   uint64
}

// AgentReports gives the last reports of all agents that reported within some
// days, ordered by name and segment.
func (s *Store) AgentReports(ctx context.Context, days int) ([]AgentReport, error) {
	return ask(ctx, s, "agents", func(scan scanner, r *AgentReport) error {
		return scan(&r.Name, &r.Segment, &r.At, &r.Gateway, &r.Software, &r.Connected, &r.Revision, &r.Latest,
			&r.Count, &r.PropagationMillis, &r.Denied, &r.Decided)
	}, named("days", uint32(days)))
}

// Counts is how much there is in a period.
type Counts struct {
	Requests, Denied, Quarantined, Findings, Actors, BlocksAdded int64
}

// Counts gives totals for a first sight.
func (s *Store) Counts(ctx context.Context, p wire.Period) (Counts, error) {
	since, until := bounds(p)
	return askOne(ctx, s, "counts", func(scan scanner, c *Counts) error {
		return scan(&c.Requests, &c.Denied, &c.Quarantined, &c.Findings, &c.Actors, &c.BlocksAdded)
	}, named("since", since), named("until", until))
}
