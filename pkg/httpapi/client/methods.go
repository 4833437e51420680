package client

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Agents yields the agents, ordered by name.
func (c *Client) Agents(ctx context.Context) iter.Seq2[block.Agent, error] {
	return all[block.Agent](ctx, c, "agents", nil)
}

// CreateEnrolment makes a one-time token for an agent.
func (c *Client) CreateEnrolment(ctx context.Context, r wire.EnrolmentRequest) (wire.EnrolmentToken, error) {
	var t wire.EnrolmentToken
	err := c.ask(ctx, request{method: http.MethodPost, path: []string{"agents", "enrolments"}, body: r}, &t)
	return t, err
}

// RevokeAgent cuts an agent off for good.
func (c *Client) RevokeAgent(ctx context.Context, name string) error {
	return c.ask(ctx, request{method: http.MethodDelete, path: []string{"agents", name}}, nil)
}

// Decoys yields the decoy catalogue, ordered by id.
func (c *Client) Decoys(ctx context.Context) iter.Seq2[wire.Decoy, error] {
	return all[wire.Decoy](ctx, c, "decoys", nil)
}

// ActorFilter says which actors are wanted. Empty fields ask nothing.
type ActorFilter struct {
	Kind string
	Tier string // this one and the more urgent ones
}

// Actors yields the actors, most urgent and latest first.
func (c *Client) Actors(ctx context.Context) iter.Seq2[wire.Actor, error] {
	return c.FindActors(ctx, ActorFilter{})
}

// FindActors yields the actors within a filter, most urgent and latest first.
func (c *Client) FindActors(ctx context.Context, f ActorFilter) iter.Seq2[wire.Actor, error] {
	return all[wire.Actor](ctx, c, "actors", filled("kind", f.Kind, "tier", f.Tier))
}

// Actor gives an actor with the latest evidence.
func (c *Client) Actor(ctx context.Context, a finding.Actor) (wire.ActorDetail, error) {
	return get[wire.ActorDetail](ctx, c, "actors", string(a.Kind), a.Value)
}

// QuarantineFilter says which quarantined records are wanted. Empty fields ask
// nothing.
type QuarantineFilter struct {
	Source string
	Reason string
	Host   string // an agent, or block.ServiceHost
}

// Quarantine yields the records that could not be parsed, newest first.
func (c *Client) Quarantine(ctx context.Context, f QuarantineFilter) iter.Seq2[wire.Quarantined, error] {
	return all[wire.Quarantined](ctx, c, "quarantine", filled("source", f.Source, "reason", f.Reason, "host", f.Host))
}

// Quarantined gives one record that could not be parsed.
func (c *Client) Quarantined(ctx context.Context, id string) (wire.Quarantined, error) {
	return get[wire.Quarantined](ctx, c, "quarantine", "records", id)
}

// AskRetry has hosts read quarantined records again, and returns at once.
func (c *Client) AskRetry(ctx context.Context, r block.RetryRequest) (block.Retry, error) {
	var asked block.Retry
	err := c.ask(ctx, request{method: http.MethodPost, path: []string{"quarantine", "retries"}, body: r}, &asked)
	return asked, err
}

// Retry tells what has become of a retry.
func (c *Client) Retry(ctx context.Context, number uint64) (block.Retry, error) {
	return get[block.Retry](ctx, c, "quarantine", "retries", strconv.FormatUint(number, 10))
}

// Finding gives what was found, with everything by which it was seen.
func (c *Client) Finding(ctx context.Context, id string) (wire.Finding, error) {
	return get[wire.Finding](ctx, c, "findings", id)
}

// Event gives a stored record, as it was masked on its way into the store.
func (c *Client) Event(ctx context.Context, id string) (wire.Event, error) {
	return get[wire.Event](ctx, c, "events", id)
}

// Status tells what runs.
func (c *Client) Status(ctx context.Context) (wire.Status, error) {
	return get[wire.Status](ctx, c, "status")
}

func get[T any](ctx context.Context, c *Client, path ...string) (T, error) {
	var v T
	err := c.ask(ctx, request{method: http.MethodGet, path: path}, &v)
	return v, err
}
