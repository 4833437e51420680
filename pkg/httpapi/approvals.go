package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) listApprovals(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	page, err := pageOf(s.options.Operator.Approvals(), slice, func(a respond.Approval) string {
		return fmt.Sprintf("%020d %s", max(0, a.At.UnixNano()), a.ID) // oldest first
	})
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Page[wire.Approval]{Next: page.Next, Items: mapped(page.Items, func(a respond.Approval) wire.Approval {
		return *approvalOf(&a, wire.MaxApprovalBlocks)
	})})
	return nil
}

// getApproval gives one with all of its blocks.
func (s *Server) getApproval(x *exchange) error {
	for _, a := range s.options.Operator.Approvals() {
		if a.ID == x.Param("id") {
			x.JSON(http.StatusOK, approvalOf(&a, len(a.Blocks)))
			return nil
		}
	}
	return noApproval()
}

func noApproval() error {
	return notFound.hinted("nothing of this id waits for a second person (any more)",
		"GET /api/v1/approvals (honeymoat blocks approvals) lists what does.")
}

// approve makes what waits. Some of it may be refused by now.
func (s *Server) approve(x *exchange) error {
	p := newParams(x.Request.URL)
	wait := waiting(p)
	if err := p.err(); err != nil {
		return err
	}
	r, err := decode[wire.Approving](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.reason(r.Reason)
	if err := f.err(); err != nil {
		return err
	}
	done, err := s.options.Operator.Approve(x.Request.Context(), x.caller, respond.Approving{ID: x.Param("id"), Revision: r.Revision, Reason: r.Reason})
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return noApproval()
	case err != nil:
		return fromBus(err)
	}
	result := wire.BulkResult{Batch: done.Batch, Counts: map[string]int{}, Items: []wire.BulkOutcome{}}
	for i := range done.Items {
		o := outcomeOf(&done.Items[i])
		result.Counts[o.Outcome]++
		result.Items = append(result.Items, o)
	}
	if made := madeOf(&done); wait > 0 && len(made) > 0 {
		result.Propagation = s.await(x.Request.Context(), wait, made)
	}
	x.JSON(http.StatusOK, result)
	return nil
}

func (s *Server) rejectApproval(x *exchange) error {
	reason, err := decodeReason(x)
	if err != nil {
		return err
	}
	a, err := s.options.Operator.Reject(x.Request.Context(), x.caller, x.Param("id"), reason)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return noApproval()
	case err != nil:
		return fromBus(err)
	}
	x.JSON(http.StatusOK, approvalOf(&a, wire.MaxApprovalBlocks))
	return nil
}

// undoBatch ends what was made by one call.
func (s *Server) undoBatch(x *exchange) error {
	reason, err := decodeReason(x)
	if err != nil {
		return err
	}
	undone, err := s.options.Operator.UndoBatch(x.Request.Context(), x.caller, x.Param("id"), reason)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return notFound.hinted("nothing of this batch is in force or waits",
			"GET /api/v1/blocks?batch=ID (honeymoat blocks list --batch ID) lists what is.")
	case err != nil:
		return fromBus(err)
	}
	x.JSON(http.StatusOK, wire.UndoResult{Batch: undone.Batch, Removed: len(undone.Removed)})
	return nil
}

// decodeReason reads the body of what needs nothing but a reason.
func decodeReason(x *exchange) (string, error) {
	r, err := decode[wire.Reason](x.Request)
	if err != nil {
		return "", err
	}
	var f faults
	f.reason(r.Reason)
	return r.Reason, f.err()
}

// approvalOf is an approval with so many of its blocks; nil stays nil.
func approvalOf(a *respond.Approval, most int) *wire.Approval {
	if a == nil {
		return nil
	}
	w := &wire.Approval{
		ID: a.ID, By: a.By, At: a.At, ExpiresAt: a.ExpiresAt, Reason: a.Reason, Revision: a.Revision, Batch: a.Blocks[0].Batch,
		Guard: rulingOf(respond.Ruling{Word: respond.NeedsApproval, Because: a.Because, Impact: a.Impact}),
		Count: len(a.Blocks), Blocks: mapped(a.Blocks[:min(most, len(a.Blocks))], wire.BlockOf),
		ActorKind: string(a.Actor.Kind), Actor: a.Actor.Value, Findings: a.Findings,
	}
	if a.Findings > 0 {
		w.Tier = a.Tier.String()
	}
	return w
}
