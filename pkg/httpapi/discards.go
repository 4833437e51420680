package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) listDiscards(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	page, err := pageOf(s.options.Operator.Discards(), slice, func(d respond.Discard) string { return d.ID })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, page)
	return nil
}

func (s *Server) addDiscard(x *exchange) error {
	r, err := decode[wire.DiscardRequest](x.Request)
	if err != nil {
		return err
	}
	var f faults
	d := respond.AddDiscard{Rule: r.Rule, Path: r.Path, Reason: r.Reason, Lifetime: seconds(r.LifetimeSeconds)}
	if r.Actor != "" {
		d.Actor, err = finding.ParseActor(r.Actor)
		f.checkErr(err, "actor")
	}
	f.check(r.Actor != "" || r.Rule != "" || r.Path != "", "actor", "want at least one of actor, rule and path")
	f.reason(r.Reason)
	f.optionalLifetime(r.LifetimeSeconds)
	if err := f.err(); err != nil {
		return err
	}
	return s.discard(x, d)
}

// discardFinding discards findings of the same rule about the same actor. One
// that is not in memory any more is looked up in the store.
func (s *Server) discardFinding(x *exchange) error {
	r, err := decode[wire.DiscardFinding](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.reason(r.Reason)
	f.optionalLifetime(r.LifetimeSeconds)
	if err := f.err(); err != nil {
		return err
	}
	ctx, id, lifetime := x.Request.Context(), x.Param("id"), seconds(r.LifetimeSeconds)
	d, err := s.options.Operator.DiscardFinding(ctx, x.caller, id, r.Reason, lifetime)
	if !errors.Is(err, respond.ErrNotFound) {
		return created(x, d, err)
	}
	found, err := s.options.History.Finding(ctx, id)
	if err != nil {
		return fromStore(err)
	}
	return s.discard(x, respond.AddDiscard{Actor: found.Actor, Rule: found.Rule, Reason: r.Reason, Lifetime: lifetime})
}

func (s *Server) discard(x *exchange, r respond.AddDiscard) error {
	d, err := s.options.Operator.Discard(x.Request.Context(), x.caller, r)
	return created(x, d, err)
}

// created answers with what was made.
func created[T any](x *exchange, v T, err error) error {
	if err != nil {
		return fromBus(err)
	}
	x.JSON(http.StatusCreated, v)
	return nil
}

func (s *Server) removeDiscard(x *exchange) error {
	if err := s.options.Operator.RemoveDiscard(x.Request.Context(), x.caller, x.Param("id")); err != nil {
		return fromBus(err)
	}
	x.Status(http.StatusNoContent)
	return nil
}

// maxReason bounds a reason, in bytes, and maxLifetime a lifetime, in seconds.
const (
	maxReason   = 500
	maxLifetime = 10 * 365 * 24 * 3600
)

// reason checks that somebody said why: the audit is worth nothing without.
func (f *faults) reason(s string) {
	f.check(strings.TrimSpace(s) != "", "reason", "say why; it goes into the audit")
	f.check(!strings.ContainsFunc(s, unicode.IsControl), "reason", "want one line of text: control characters would go to everybody's terminal")
	f.check(len(s) <= maxReason, "reason", "longer than 500 bytes")
}

// optionalLifetime checks a lifetime of which 0 means no end.
func (f *faults) optionalLifetime(n int64) {
	f.check(n >= 0 && n <= maxLifetime, "lifetime_seconds", "want 0 (until it is removed) to ten years")
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
