package httpapi

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Lifetimes of enrolment tokens: long enough to install something by hand.
const (
	enrolmentLifetime    = time.Hour
	maxEnrolmentLifetime = 7 * 24 * time.Hour
)

func (s *Server) listAgents(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	agents, err := s.options.Agents.Agents(x.Request.Context())
	if err != nil {
		return fromBus(err)
	}
	page, err := pageOf(agents, slice, func(a block.Agent) string { return a.Name })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, page)
	return nil
}

func (s *Server) createEnrolment(x *exchange) error {
	r, err := decode[wire.EnrolmentRequest](x.Request)
	if err != nil {
		return err
	}
	if err := checkEnrolment(r); err != nil {
		return err
	}
	lifetime := cmp.Or(seconds(r.LifetimeSeconds), enrolmentLifetime)
	e := Enrolment{
		Name: r.Name, Gateway: r.Gateway, Segments: filledList(r.Segments), By: "token:" + x.caller.Name,
		ExpiresAt: s.options.Now().Add(lifetime).UTC().Truncate(time.Second),
	}
	token, err := auth.NewEnrolment(s.options.Random, s.options.CA)
	if err != nil {
		return err
	}
	if err := s.options.Agents.CreateEnrolment(x.Request.Context(), token.Digest(), e); err != nil {
		return fromBus(err)
	}
	s.audit(x, "agent.enrolment", cmp.Or(r.Name, r.Gateway), e)
	x.JSON(http.StatusCreated, wire.EnrolmentToken{
		Token: token.String(), Name: e.Name, Gateway: e.Gateway, Segments: e.Segments, ExpiresAt: e.ExpiresAt,
	})
	return nil
}

func checkEnrolment(r wire.EnrolmentRequest) error {
	var f faults
	if r.Name != "" && !validAgent(r.Name) {
		f.check(false, "name", agentNames)
	}
	f.check(r.Gateway != "" && len(r.Gateway) <= 64, "gateway", "want the name of the agent's gateway, of at most 64 bytes")
	for _, segment := range r.Segments {
		if !block.ValidName(segment) {
			f.checkErr(block.ErrName, "segments")
		}
	}
	most := int64(maxEnrolmentLifetime / time.Second)
	f.check(r.LifetimeSeconds >= 0 && r.LifetimeSeconds <= most, "lifetime_seconds", "want 1 second to a week, or none for an hour")
	return f.err()
}

// local is the name under which the service itself ships logs.
const local = "local"

const agentNames = "want 1 to 64 of the characters a-z, 0-9, - and _, and not local"

func validAgent(name string) bool { return block.ValidName(name) && name != local }

// enrol trades a one-time token for a credential. The token in the body is
// what opens this path.
func (s *Server) enrol(x *exchange) error {
	if err := s.throttle(x); err != nil {
		return err
	}
	r, err := decodeAgents[block.EnrolRequest](x.Request)
	if err != nil {
		return err
	}
	token, err := auth.ParseEnrolment(r.Token)
	if err != nil {
		return s.reject(x, wrongToken.hinted(err.Error(), "Ask an administrator for a token: honeymoat agents enroll."))
	}
	if r.Name != "" && !validAgent(r.Name) {
		return invalid("name", agentNames)
	}
	secret, err := auth.NewSecret(s.options.Random)
	if err != nil {
		return err
	}
	a, err := s.options.Agents.Enrol(x.Request.Context(), token.Digest(), auth.DigestOf(secret), r.Name)
	switch {
	case errors.Is(err, respond.ErrNotFound):
		return s.reject(x, wrongToken.hinted("the token is unknown, used or out of date",
			"A token enrols one agent, once. Make another: honeymoat agents enroll."))
	case errors.Is(err, respond.ErrExists):
		return conflict.hinted("there is an agent of this name", "Choose another name, or revoke the other: honeymoat agents revoke.")
	case err != nil:
		return fromBus(err)
	}
	x.agent = a
	s.auditAs(x, respond.Caller{Name: "agent:" + a.Name, Role: agent.String(), Address: s.address(x.Context)}, "agent.enrol", a.Name, a)
	x.JSON(http.StatusCreated, block.Enrolment{
		Name: a.Name, Secret: secret, Segments: others(a.Segments), Gateway: a.Gateway, BusURLs: s.options.BusURLs, CAPEM: string(s.options.CAPEM),
	})
	return nil
}

// others are the segments besides All.
func others(segments []string) []string {
	return filledList(slices.DeleteFunc(slices.Clone(segments), func(s string) bool { return s == block.All }))
}

func (s *Server) revokeAgent(x *exchange) error {
	name := x.Param("name")
	if !block.ValidName(name) {
		return invalid("name", agentNames)
	}
	switch err := s.options.Agents.Revoke(x.Request.Context(), name); {
	case errors.Is(err, respond.ErrNotFound):
		return notFound.hinted("no agent is called "+name, "GET /api/v1/agents (honeymoat agents list) lists them.")
	case err != nil:
		return fromBus(err)
	}
	s.audit(x, "agent.revoke", name, nil)
	x.Status(http.StatusNoContent)
	return nil
}

func (s *Server) audit(x *exchange, action, subject string, detail any) {
	s.auditAs(x, x.caller, action, subject, detail)
}

// auditAs records what was done. What was done stays done when it cannot be
// recorded, so that is told in the log and not to the caller.
func (s *Server) auditAs(x *exchange, by respond.Caller, action, subject string, detail any) {
	if err := s.options.Operator.Audited(x.Request.Context(), by, action, subject, "done", detail); err != nil {
		s.options.Log.Error("an action is missing in the audit", "request", x.id, "who", by.Name, "action", action, "subject", subject, "error", err)
	}
}

func (s *Server) listDecoys(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	decoys := slices.SortedFunc(slices.Values(s.options.Catalogue().Decoys()), func(a, b *decoy.Decoy) int {
		return cmp.Compare(a.ID, b.ID)
	})
	page, err := pageOf(decoys, slice, func(d *decoy.Decoy) string { return d.ID })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Page[wire.Decoy]{Items: mapped(page.Items, wire.DecoyOf), Next: page.Next})
	return nil
}
