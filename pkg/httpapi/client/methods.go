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

// BlockFilter says which blocks are wanted. Empty fields ask nothing.
type BlockFilter struct {
	Segment string
	Target  string // an address or a prefix: blocks that overlap it
	Mode    string // "enforce" or "shadow"
	Rule    string
	By      string
}

// Blocks yields the live blocks, ordered by segment and target.
func (c *Client) Blocks(ctx context.Context, f BlockFilter) iter.Seq2[wire.Block, error] {
	return all[wire.Block](ctx, c, "blocks", filled(
		"segment", f.Segment, "target", f.Target, "mode", f.Mode, "rule", f.Rule, "by", f.By))
}

// AddBlock asks for a block. A call that is repeated with the same key, which
// may be empty, gives the first one's answer.
func (c *Client) AddBlock(ctx context.Context, r wire.BlockRequest, key string) (wire.BlockResult, error) {
	q := request{method: http.MethodPost, path: []string{"blocks"}, body: r, header: http.Header{}}
	if key != "" {
		q.header.Set("Idempotency-Key", key)
	}
	var result wire.BlockResult
	err := c.ask(ctx, q, &result)
	return result, err
}

// Block gives a block, live or over, with its history.
func (c *Client) Block(ctx context.Context, id block.ID) (wire.BlockDetail, error) {
	return get[wire.BlockDetail](ctx, c, "blocks", id.String())
}

// RemoveBlock ends a live block and gives it.
func (c *Client) RemoveBlock(ctx context.Context, id block.ID, reason string) (wire.Block, error) {
	var b wire.Block
	err := c.ask(ctx, request{
		method: http.MethodDelete, path: []string{"blocks", id.String()}, query: filled("reason", reason),
	}, &b)
	return b, err
}

// Why tells what holds for an address or a prefix, and on what evidence.
func (c *Client) Why(ctx context.Context, target string) (wire.Why, error) {
	var w wire.Why
	err := c.ask(ctx, request{method: http.MethodGet, path: []string{"blocks", "why"}, query: filled("target", target)}, &w)
	return w, err
}

// Preview tells what a block of the target would have hit in the last day.
func (c *Client) Preview(ctx context.Context, target string) (wire.Preview, error) {
	var p wire.Preview
	err := c.ask(ctx, request{method: http.MethodGet, path: []string{"blocks", "preview"}, query: filled("target", target)}, &p)
	return p, err
}

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

// Actors yields the actors, most urgent and latest first.
func (c *Client) Actors(ctx context.Context) iter.Seq2[wire.Actor, error] {
	return all[wire.Actor](ctx, c, "actors", nil)
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
