package client

import (
	"context"
	"iter"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// ActorEvidence tells what the evidence about an actor comes to, and by what.
func (c *Client) ActorEvidence(ctx context.Context, a finding.Actor) (wire.ActorEvidence, error) {
	return get[wire.ActorEvidence](ctx, c, "actors", string(a.Kind), a.Value, "evidence")
}

// Tiers yields the rules that make tiers, the most urgent first.
func (c *Client) Tiers(ctx context.Context) iter.Seq2[wire.TierRule, error] {
	return all[wire.TierRule](ctx, c, "tiers", nil)
}

// Keep tells that a finding was right.
func (c *Client) Keep(ctx context.Context, findingID, reason string) (evidence.Vote, error) {
	return post[evidence.Vote](ctx, c, wire.Reason{Reason: reason}, "findings", findingID, "keep")
}

// Unkeep takes that back.
func (c *Client) Unkeep(ctx context.Context, findingID string) error {
	return c.ask(ctx, request{method: http.MethodDelete, path: []string{"findings", findingID, "keep"}}, nil)
}

// DiscardFinding tells that findings of the same rule about the same actor as
// this one are none.
func (c *Client) DiscardFinding(ctx context.Context, findingID string, r wire.DiscardFinding) (wire.Discard, error) {
	return post[wire.Discard](ctx, c, r, "findings", findingID, "discard")
}

// AddDiscard tells that findings like these are none.
func (c *Client) AddDiscard(ctx context.Context, r wire.DiscardRequest) (wire.Discard, error) {
	return post[wire.Discard](ctx, c, r, "discards")
}

// RemoveDiscard lets findings to come count again.
func (c *Client) RemoveDiscard(ctx context.Context, id string) error {
	return c.ask(ctx, request{method: http.MethodDelete, path: []string{"discards", id}}, nil)
}

// Discards yields what analysts do not count, ordered by id.
func (c *Client) Discards(ctx context.Context) iter.Seq2[wire.Discard, error] {
	return all[wire.Discard](ctx, c, "discards", nil)
}

// Feedback yields by how much analysts have moved rules, ordered by rule and
// kind of actor.
func (c *Client) Feedback(ctx context.Context) iter.Seq2[wire.Opinion, error] {
	return all[wire.Opinion](ctx, c, "feedback", nil)
}

// Findings yields what the store holds of findings, newest first, within a
// filter. Empty fields ask nothing.
func (c *Client) Findings(ctx context.Context, f FindingFilter) iter.Seq2[wire.Finding, error] {
	return all[wire.Finding](ctx, c, "findings", filled("rule", f.Rule, "family", f.Family, "tier", f.Tier, "actor", f.Actor))
}

// FindingFilter says which findings are wanted.
type FindingFilter struct{ Rule, Family, Tier, Actor string }
