package httpapi

import (
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// page answers a list that the store gives.
func page[T any](x *exchange, p wire.Page[T], err error) error {
	if err != nil {
		return fromStore(err)
	}
	x.JSON(http.StatusOK, filled(p))
	return nil
}

// one answers one thing that the store gives.
func one[T any](x *exchange, v T, err error) error {
	if err != nil {
		return fromStore(err)
	}
	x.JSON(http.StatusOK, v)
	return nil
}

func (s *Server) listEvents(x *exchange) error {
	p := newParams(x.Request.URL)
	q := wire.EventQuery{
		Slice: p.slice(), Period: p.period(), Client: read(p, "client", addressOrPrefix),
		Source: p.text("source"), Gateway: p.text("gateway"), Kind: read(p, "kind", oneOf("access", "decoy")),
		Host: p.text("host"), Method: p.text("method"), PathPrefix: p.text("path_prefix"),
		RequestID: p.text("request_id"), DecisionAction: p.text("decision_action"),
		DecisionID: read(p, "decision_id", decisionID),
	}
	q.StatusFrom, q.StatusTo = p.status()
	if err := p.err(); err != nil {
		return err
	}
	events, err := s.options.History.Events(x.Request.Context(), q)
	return page(x, events, err)
}

func decisionID(s string) (string, error) {
	id, err := block.ParseID(s)
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

func (s *Server) getEvent(x *exchange) error {
	id := x.Param("id")
	if _, _, err := event.ParseRecordID(id); err != nil {
		return invalid("id", err.Error())
	}
	e, err := s.options.History.Event(x.Request.Context(), id)
	return one(x, e, err)
}

func (s *Server) listFindings(x *exchange) error {
	p := newParams(x.Request.URL)
	q := wire.FindingQuery{
		Slice: p.slice(), Period: p.period(), Rule: p.text("rule"), Family: finding.Family(p.text("family")),
		Tier: read(p, "tier", finding.ParseTier), Actor: read(p, "actor", finding.ParseActor),
		Discarded: read(p, "discarded", truth),
	}
	if err := p.err(); err != nil {
		return err
	}
	findings, err := s.options.History.Findings(x.Request.Context(), q)
	return page(x, findings, err)
}

func (s *Server) getFinding(x *exchange) error {
	f, err := s.options.History.Finding(x.Request.Context(), x.Param("id"))
	return one(x, f, err)
}

func (s *Server) listAudit(x *exchange) error {
	p := newParams(x.Request.URL)
	q := wire.AuditQuery{
		Slice: p.slice(), Period: p.period(), Who: p.text("who"), Action: p.text("action"), Subject: p.text("subject"),
	}
	if err := p.err(); err != nil {
		return err
	}
	entries, err := s.options.History.Audit(x.Request.Context(), q)
	return page(x, entries, err)
}
