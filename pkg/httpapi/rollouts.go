package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

func (s *Server) listRollouts(x *exchange) error {
	p := newParams(x.Request.URL)
	slice, rule, stage, state := p.slice(), p.text("rule"), read(p, "stage", parsed[rollout.Stage]), p.text("state")
	if err := p.err(); err != nil {
		return err
	}
	list := slices.DeleteFunc(slices.Clone(s.options.Operator.Rollouts()), func(l rollout.Logic) bool {
		return rule != "" && l.Rule != rule || stage != nil && l.Stage != *stage || state != "" && string(l.State) != state
	})
	slices.SortFunc(list, func(a, b rollout.Logic) int { return strings.Compare(logicKey(a), logicKey(b)) })
	page, err := pageOf(list, slice, logicKey)
	if err != nil {
		return err
	}
	page.Items = mapped(page.Items, filledLogic)
	x.JSON(http.StatusOK, page)
	return nil
}

// logicKey orders versions by rule, those of one in the order in which they
// were seen first.
func logicKey(l rollout.Logic) string {
	return fmt.Sprintf("%s %020d %s", l.Rule, max(0, l.Began.UnixNano()), l.Version)
}

func filledLogic(l rollout.Logic) rollout.Logic {
	l.Gates, l.History = filledList(l.Gates), filledList(l.History)
	return l
}

// commandRollout does what a person says of a rule's version.
func (s *Server) commandRollout(x *exchange) error {
	reason, err := decodeReason(x)
	if err != nil {
		return err
	}
	rule, version := x.Param("rule"), x.Param("version")
	logic, err := s.options.Operator.CommandRollout(x.Request.Context(), x.caller, rule, version, x.Param("verb"), reason)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return notFound.hinted("the rule "+rule+" has no version "+version+" in rollout",
			"GET /api/v1/rollouts (honeymoat rollouts list) lists what is.")
	case errors.Is(err, respond.ErrInvalid):
		return notFound.hinted("a rollout knows no "+x.Param("verb"), "It knows "+strings.Join(rollout.Verbs(), ", ")+".")
	case err != nil:
		return fromBus(err)
	}
	x.JSON(http.StatusOK, filledLogic(logic))
	return nil
}

func (s *Server) breaker(x *exchange) error {
	x.JSON(http.StatusOK, wire.Breaker(s.options.Operator.Breaker()))
	return nil
}

// resume lets rules block again after a storm.
func (s *Server) resume(x *exchange) error {
	reason, err := decodeReason(x)
	if err != nil {
		return err
	}
	b, err := s.options.Operator.Resume(x.Request.Context(), x.caller, reason)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return conflict.hinted("automatic blocking is not held", "Nothing has to be done.")
	case err != nil:
		return fromBus(err)
	}
	x.JSON(http.StatusOK, wire.Breaker(b))
	return nil
}

// maxComplaint bounds the text of a complaint, in bytes.
const maxComplaint = 2000

// complain takes somebody's word that a block hit the wrong one.
func (s *Server) complain(x *exchange) error {
	r, err := decode[wire.Complaint](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.check(r.BlockID != "" || r.RequestID != "", "block_id", "want the block that was in the way, or request_id, the request that was refused")
	f.check(r.Text != "" && len(r.Text) <= maxComplaint, "text", "want 1 to 2000 bytes: who could not do what")
	c := respond.Complaint{Request: r.RequestID, Text: r.Text}
	if r.BlockID != "" {
		c.Block, err = block.ParseID(r.BlockID)
		f.checkErr(err, "block_id")
	}
	if err := f.err(); err != nil {
		return err
	}
	if c.Block == 0 {
		if c.Block, err = s.refuserOf(x, r.RequestID); err != nil {
			return err
		}
	}
	b, err := s.options.Operator.Complain(x.Request.Context(), x.caller, c)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return notFound.hinted("no block has had the id "+c.Block.String()+" of late", "The id stands in the gateway's log, and in the header "+block.DecisionHeader+".")
	case err != nil:
		return fromBus(err)
	}
	x.JSON(http.StatusCreated, wire.Complained{Block: wire.BlockOf(b), Rollout: b.Rule != ""})
	return nil
}

// refuserOf finds the block that refused a request.
func (s *Server) refuserOf(x *exchange, request string) (block.ID, error) {
	page, err := s.options.History.Events(x.Request.Context(), wire.EventQuery{RequestID: request, Slice: wire.Slice{Limit: 10}})
	if err != nil {
		return 0, fromStore(err)
	}
	for _, e := range page.Items {
		if id, err := block.ParseID(e.DecisionID); err == nil {
			return id, nil
		}
	}
	return 0, notFound.hinted("no stored request with the id "+request+" was refused by a block", "A request is stored a second or so after it; give block_id if you know it.")
}
