package client

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// BlockFilter says which blocks are wanted. Empty fields ask nothing.
type BlockFilter struct {
	Segment string
	Target  string // an address or a prefix: blocks that overlap it; else exactly this target
	Scope   string // one of block's scopes, or "all" for several at once
	Action  string
	Mode    string
	Rule    string
	By      string
	Batch   string
}

// Blocks yields the live blocks, ordered by segment and target.
func (c *Client) Blocks(ctx context.Context, f BlockFilter) iter.Seq2[wire.Block, error] {
	return all[wire.Block](ctx, c, "blocks", filled(
		"segment", f.Segment, "target", f.Target, "scope", f.Scope, "action", f.Action,
		"mode", f.Mode, "rule", f.Rule, "by", f.By, "batch", f.Batch))
}

// Call is how a change is asked for. The zero Call neither waits nor can be
// repeated.
type Call struct {
	// Key makes a call that is repeated with it give the first one's answer.
	Key string
	// Wait is how long the answer may wait for agents to enforce the change;
	// 0 = it does not. It has to be shorter than the client's timeout.
	Wait time.Duration
}

func (k Call) request(body any, path ...string) request {
	r := request{method: http.MethodPost, path: path, body: body, header: http.Header{}}
	if k.Key != "" {
		r.header.Set("Idempotency-Key", k.Key)
	}
	if k.Wait > 0 {
		r.query = filled("wait", "enforced", "timeout", k.Wait.String())
	}
	return r
}

// AddBlock asks for a block. That it waits for approval is no error: the
// result says so.
func (c *Client) AddBlock(ctx context.Context, r wire.BlockRequest, how Call) (wire.BlockResult, error) {
	return change[wire.BlockResult](ctx, c, how.request(r, "blocks"))
}

// AddBlocks asks for many blocks, wire.MaxBulk at most. That some were refused
// is no error: the result says so.
func (c *Client) AddBlocks(ctx context.Context, r wire.BulkRequest, how Call) (wire.BulkResult, error) {
	return change[wire.BulkResult](ctx, c, how.request(r, "blocks", "bulk"))
}

// Block gives a block, live or over, with its history.
func (c *Client) Block(ctx context.Context, id block.ID) (wire.BlockDetail, error) {
	return get[wire.BlockDetail](ctx, c, "blocks", id.String())
}

// RemoveBlock ends a live block and gives it.
func (c *Client) RemoveBlock(ctx context.Context, id block.ID, reason string) (wire.Block, error) {
	return change[wire.Block](ctx, c, request{
		method: http.MethodDelete, path: []string{"blocks", id.String()}, query: filled("reason", reason),
	})
}

// Why tells what holds for a target, and on what evidence.
func (c *Client) Why(ctx context.Context, r wire.TargetRequest) (wire.Why, error) {
	return post[wire.Why](ctx, c, r, "blocks", "why")
}

// Preview tells what a block of the target would have hit in the last day.
func (c *Client) Preview(ctx context.Context, r wire.TargetRequest) (wire.Preview, error) {
	return post[wire.Preview](ctx, c, r, "blocks", "preview")
}

// UndoBatch ends all blocks of a batch.
func (c *Client) UndoBatch(ctx context.Context, batch, reason string) (wire.UndoResult, error) {
	return post[wire.UndoResult](ctx, c, wire.Reason{Reason: reason}, "batches", batch, "undo")
}

// change asks for something and gives the answer.
func change[T any](ctx context.Context, c *Client, r request) (T, error) {
	var v T
	err := c.ask(ctx, r, &v)
	return v, err
}
