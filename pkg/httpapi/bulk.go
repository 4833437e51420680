package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// addBlocks asks for many blocks at once. What is wrong with one item keeps
// none of the others.
func (s *Server) addBlocks(x *exchange) error {
	p := newParams(x.Request.URL)
	wait := waiting(p)
	if err := p.err(); err != nil {
		return err
	}
	if err := jsonBody(x.Request); err != nil {
		return err
	}
	body, err := readBulk(x.Request.Body)
	if err != nil {
		return err
	}
	bulk := respond.Bulk{Reason: body.Reason, DryRun: body.DryRun}
	if bulk.IdempotencyKey, err = idempotencyKey(x); err != nil {
		return err
	}
	if len(body.Items) == 0 {
		return invalid("items", "want at least one")
	}
	places := body.asked(&bulk)
	var done respond.BulkResult
	if len(bulk.Items) > 0 {
		if done, err = s.options.Operator.AddBlocks(x.Request.Context(), x.caller, bulk); err != nil {
			return bulkFailed(err)
		}
	}
	return s.answerBulk(x, body.result(places, &done), &done, wait)
}

// asked puts the items that are well put into a request, and gives the place
// of each in the body.
func (b *bulkBody) asked(bulk *respond.Bulk) (places []int) {
	for i := range b.Items {
		if b.wrong[i] != nil {
			continue
		}
		add, err := addBlockOf(b.Items[i].Target, b.Items[i].Or(b.BlockSpec))
		if err != nil {
			b.wrong[i] = err
			continue
		}
		bulk.Items, places = append(bulk.Items, add), append(places, i)
	}
	return places
}

// result tells what has become of each item of the body.
func (b *bulkBody) result(places []int, done *respond.BulkResult) *wire.BulkResult {
	r := &wire.BulkResult{
		Batch: done.Batch, DryRun: b.DryRun, Counts: map[string]int{}, Items: make([]wire.BulkOutcome, len(b.Items)),
		Approval: approvalOf(done.Approval, wire.MaxApprovalBlocks), AlreadyWaiting: done.Already,
	}
	for i, err := range b.wrong {
		r.Items[i] = wire.BulkOutcome{Outcome: wire.OutcomeInvalid, Detail: faultText(err)}
	}
	for n, i := range places {
		r.Items[i] = outcomeOf(&done.Items[n])
	}
	for i := range r.Items {
		r.Counts[r.Items[i].Outcome]++
	}
	return r
}

func outcomeOf(item *respond.BulkItem) wire.BulkOutcome {
	o := wire.BulkOutcome{Outcome: wire.OutcomeMade, Warnings: item.Ruling.Warnings}
	if item.Block.Target.Valid() {
		target := item.Block.Target
		o.Target = &target
	}
	id := item.Block.ID
	var refusal *respond.Refusal
	switch {
	case errors.As(item.Err, &refusal):
		o.Outcome, o.Rule, o.Detail, o.Hint = wire.OutcomeRefused, refusal.Rule, refusal.Reason, refusal.Hint
	case errors.Is(item.Err, respond.ErrExists):
		o.Outcome, o.BlockID = wire.OutcomeExists, &id
	case item.Err != nil:
		o.Outcome, o.Detail = wire.OutcomeInvalid, faultText(item.Err)
	case item.Approval != nil:
		o.Outcome, o.BlockID = wire.OutcomePending, &id
		if because := item.Ruling.Because; because != nil {
			o.Rule, o.Detail, o.Hint = because.Rule, because.Reason, because.Hint
		}
	default:
		o.BlockID = &id
	}
	return o
}

// faultText is what is wrong with an item, in one line.
func faultText(err error) string {
	var p *wire.Problem
	if !errors.As(err, &p) || len(p.Invalid) == 0 {
		return plainError(err)
	}
	text := ""
	for _, i := range p.Invalid {
		if text != "" {
			text += "; "
		}
		text += i.Name + ": " + i.Reason
	}
	return text
}

// bulkFailed is the problem of a bulk that was not carried through.
func bulkFailed(err error) error {
	failed := fromBus(err)
	if p := problemOf(failed); p.Status >= 500 {
		again := *p
		again.Hint = "Send the same with the same Idempotency-Key again: what was made stays made, and the rest is made then."
		return &failure{&again, err}
	}
	return failed
}

func (s *Server) answerBulk(x *exchange, result *wire.BulkResult, done *respond.BulkResult, wait time.Duration) error {
	if made := madeOf(done); wait > 0 && !result.DryRun && len(made) > 0 {
		result.Propagation = s.await(x.Request.Context(), wait, made)
	}
	status := http.StatusOK
	switch {
	case done.Created > 0:
		status = http.StatusCreated
	case done.Approval != nil && !result.DryRun:
		status = http.StatusAccepted
	}
	x.JSON(status, result)
	return nil
}

// madeOf lists the blocks of a bulk that are in force.
func madeOf(done *respond.BulkResult) []block.Block {
	var made []block.Block
	for i := range done.Items {
		if item := &done.Items[i]; item.Err == nil && item.Block.Revision > 0 {
			made = append(made, item.Block)
		}
	}
	return made
}
