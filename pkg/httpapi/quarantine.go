package httpapi

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) listQuarantine(x *exchange) error {
	p := newParams(x.Request.URL)
	q := wire.QuarantineQuery{
		Slice: p.slice(), Period: p.period(), Source: p.text("source"), Reason: p.text("reason"), Host: p.text("host"),
	}
	if err := p.err(); err != nil {
		return err
	}
	records, err := s.options.History.Quarantine(x.Request.Context(), q)
	return page(x, records, err)
}

func (s *Server) getQuarantined(x *exchange) error {
	id := x.Param("id")
	if _, _, err := event.ParseRecordID(id); err != nil {
		return invalid("id", err.Error())
	}
	r, err := s.options.History.Quarantined(x.Request.Context(), id)
	return one(x, r, err)
}

// askRetry has quarantined records read again. It returns at once: agents may
// be away.
func (s *Server) askRetry(x *exchange) error {
	r, err := decode[block.RetryRequest](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.check(r.Agent == "" || validAgent(r.Agent), "agent", agentNames)
	f.check(r.Agent == "" || !r.All, "all", "want one agent, or all")
	f.check(len(r.Source) <= maxText && len(r.Reason) <= maxText, "reason", "too long")
	if err := f.err(); err != nil {
		return err
	}
	asked, err := s.options.Retries.Ask(x.Request.Context(), "token:"+x.caller.Name, r)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return notFound.hinted("no agent is called "+r.Agent, "GET /api/v1/agents (honeymoat agents list) lists them.")
	case err != nil:
		return fromBus(err)
	}
	s.audit(x, "quarantine.retry", strconv.FormatUint(asked.Number, 10), r)
	x.JSON(http.StatusAccepted, asked)
	return nil
}

// getRetry tells what has become of a retry so far.
func (s *Server) getRetry(x *exchange) error {
	number, err := strconv.ParseUint(x.Param("number"), 10, 64)
	if err != nil {
		return invalid("number", "want the number of a retry")
	}
	r, err := s.options.Retries.Get(number)
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, r)
	return nil
}

// retryOrders tells an agent what it is to read again.
func (s *Server) retryOrders(x *exchange) error {
	p := newParams(x.Request.URL)
	after := read(p, "after", func(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) })
	if err := p.err(); err != nil {
		return err
	}
	x.JSON(http.StatusOK, filledList(s.options.Retries.Orders(x.agent.Name, after)))
	return nil
}

// retried takes what became of a retry on an agent.
func (s *Server) retried(x *exchange) error {
	r, err := decodeAgents[block.RetryResult](x.Request)
	if err != nil {
		return err
	}
	if err := s.options.Retries.Retried(x.Request.Context(), x.agent.Name, r); err != nil {
		return fromBus(err)
	}
	x.Status(http.StatusNoContent)
	return nil
}
