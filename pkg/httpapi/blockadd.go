package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) addBlock(x *exchange) error {
	p := newParams(x.Request.URL)
	wait := waiting(p)
	if err := p.err(); err != nil {
		return err
	}
	r, err := decode[wire.BlockRequest](x.Request)
	if err != nil {
		return err
	}
	add, err := addBlockOf(r.Target, r.BlockSpec)
	if err != nil {
		return err
	}
	add.DryRun = r.DryRun
	if add.IdempotencyKey, err = idempotencyKey(x); err != nil {
		return err
	}
	added, err := s.options.Operator.AddBlock(x.Request.Context(), x.caller, add)
	if err != nil {
		return addFailed(added.Block, err)
	}
	return s.answerAdded(x, &added, &add, wait)
}

// answerAdded tells what became of a block, once the agents have it where
// that is waited for.
func (s *Server) answerAdded(x *exchange, added *respond.Added, asked *respond.AddBlock, wait time.Duration) error {
	result := wire.BlockResult{
		Block: wire.BlockOf(added.Block), Created: added.Created, DryRun: asked.DryRun,
		Guard: rulingOf(added.Ruling), Approval: approvalOf(added.Approval, wire.MaxApprovalBlocks),
		AlreadyWaiting: added.Already,
	}
	if wait > 0 && added.Block.Revision > 0 && !asked.DryRun {
		result.Propagation = s.await(x.Request.Context(), wait, []block.Block{added.Block})
	}
	status := http.StatusOK
	switch {
	case added.Created:
		status = http.StatusCreated
		x.Header("Location", "/api/v1/blocks/"+added.Block.ID.String())
	case added.Approval != nil && !asked.DryRun:
		status = http.StatusAccepted
		x.Header("Location", "/api/v1/approvals/"+added.Approval.ID)
	}
	x.JSON(status, result)
	return nil
}

// addFailed is the problem of a block that was not made. held stands on the
// target already, if that is why.
func addFailed(held block.Block, err error) error {
	if !errors.Is(err, respond.ErrExists) {
		return fromBus(err)
	}
	p := conflict.hinted("the block "+held.ID.String()+" is on "+held.Target.String()+" in the segment "+held.Segment+" already",
		"GET /api/v1/blocks/"+held.ID.String()+" or `honeymoat blocks why` tells of it; to change it, remove it first.")
	p.BlockID = held.ID.String()
	return p
}

// maxKey bounds an idempotency key, in bytes.
const maxKey = 128

func idempotencyKey(x *exchange) (string, error) {
	key := x.GetHeader("Idempotency-Key")
	if len(key) > maxKey {
		return "", invalid("Idempotency-Key", "longer than 128 bytes")
	}
	return key, nil
}

// addBlockOf checks what can be said of a block without knowing anything, and
// gives it to respond's words.
func addBlockOf(target wire.Criteria, spec wire.BlockSpec) (respond.AddBlock, error) {
	var f faults
	var err error
	add := respond.AddBlock{
		Segment: spec.Segment, Terms: spec.Terms, Percent: spec.Percent,
		Lifetime: seconds(spec.LifetimeSeconds), Reason: spec.Reason,
	}
	if add.Segment == "" {
		add.Segment = block.All
	}
	if spec.Action != nil {
		add.Action = *spec.Action
	}
	if spec.Mode != nil {
		add.Mode = *spec.Mode
	}
	if add.Criteria, err = target.Canonical(); err != nil {
		f.check(false, "target", targetFault(err))
	}
	if !block.ValidName(add.Segment) {
		f.checkErr(block.ErrName, "segment")
	}
	f.check(add.Mode != block.Canary || add.Percent >= 1 && add.Percent <= 99, "percent", "want 1 to 99 in mode canary")
	f.check(add.Mode == block.Canary || add.Percent == 0, "percent", "want none but in mode canary")
	f.check(add.Action != block.Allow || add.Mode == block.Enforce, "mode", "want enforce: an exemption in another mode would exempt nobody")
	most := int64(respond.MaxLifetime / time.Second)
	f.check(spec.LifetimeSeconds >= 1 && spec.LifetimeSeconds <= most, "lifetime_seconds", "want 1 second to 366 days")
	f.reason(spec.Reason)
	return add, f.err()
}

func rulingOf(r respond.Ruling) wire.Ruling {
	v := wire.Ruling{Word: string(r.Word), Warnings: r.Warnings}
	if r.Because != nil {
		v.Rule, v.Reason, v.Hint = r.Because.Rule, r.Because.Reason, r.Because.Hint
	}
	if d := r.Impact; d != nil {
		v.LastDay = &wire.LastDay{Requests: d.Requests, Successful: d.Successful, Principals: d.Principals}
	}
	return v
}
