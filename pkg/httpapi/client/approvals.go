package client

import (
	"context"
	"iter"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Approvals yields the blocks that wait for a second person, oldest first.
func (c *Client) Approvals(ctx context.Context) iter.Seq2[wire.Approval, error] {
	return all[wire.Approval](ctx, c, "approvals", nil)
}

// Approve makes what waits. The caller is not who asked for it.
func (c *Client) Approve(ctx context.Context, id string, r wire.Approving, how Call) (wire.BulkResult, error) {
	return change[wire.BulkResult](ctx, c, how.request(r, "approvals", id, "approve"))
}

// Approval gives what waits under an id, with all of its blocks.
func (c *Client) Approval(ctx context.Context, id string) (wire.Approval, error) {
	return get[wire.Approval](ctx, c, "approvals", id)
}

// Reject drops what waits.
func (c *Client) Reject(ctx context.Context, id, reason string) (wire.Approval, error) {
	return post[wire.Approval](ctx, c, wire.Reason{Reason: reason}, "approvals", id, "reject")
}

// Breaker tells whether automatic blocking is held.
func (c *Client) Breaker(ctx context.Context) (wire.Breaker, error) {
	return get[wire.Breaker](ctx, c, "breaker")
}

// Resume lets rules block again.
func (c *Client) Resume(ctx context.Context, reason string) (wire.Breaker, error) {
	return post[wire.Breaker](ctx, c, wire.Reason{Reason: reason}, "breaker", "resume")
}

// RolloutFilter says which versions are wanted. Empty fields ask nothing.
type RolloutFilter struct{ Rule, Stage, State string }

// Rollouts yields the versions of rules with how far each has come, by rule.
func (c *Client) Rollouts(ctx context.Context, f RolloutFilter) iter.Seq2[rollout.Logic, error] {
	return all[rollout.Logic](ctx, c, "rollouts", filled("rule", f.Rule, "stage", f.Stage, "state", f.State))
}

// CommandRollout does one of rollout.Verbs with a rule's version.
func (c *Client) CommandRollout(ctx context.Context, rule, version, verb, reason string) (rollout.Logic, error) {
	return post[rollout.Logic](ctx, c, wire.Reason{Reason: reason}, "rollouts", rule, version, verb)
}

// Complain tells that a block hit the wrong one.
func (c *Client) Complain(ctx context.Context, r wire.Complaint) (wire.Complained, error) {
	return post[wire.Complained](ctx, c, r, "complaints")
}
