package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// maxPrincipal bounds the value of a principal, in bytes.
const maxPrincipal = 4 << 10

// findPrincipal answers who asks for somebody by name: the store knows people
// by keyed hashes only. That it was asked is in the audit, and by whom.
func (s *Server) findPrincipal(x *exchange) error {
	r, err := decode[wire.PrincipalRequest](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.check(r.Value != "" && len(r.Value) <= maxPrincipal, "value", "want 1 to 4096 bytes")
	f.reason(r.Reason)
	if err := f.err(); err != nil {
		return err
	}
	ctx, hashes := x.Request.Context(), s.options.Subjects.Hash(r.Value)
	// Before it is answered: nobody is found without a trace.
	detail := map[string]any{"reason": r.Reason}
	if err := s.options.Operator.Audited(ctx, x.caller, "principal.find", hashes[0], "done", detail); err != nil {
		return fromBus(err)
	}
	events, err := s.options.Subjects.Principal(ctx, r.Value, hashes)
	if err != nil {
		return fromStore(err)
	}
	events.Addresses = filledList(events.Addresses)
	x.JSON(http.StatusOK, wire.Principal{Hashes: hashes, PrincipalEvents: events})
	return nil
}

// erase removes a data subject, and answers with the proof. The audit keeps
// the hash of whom it was.
func (s *Server) erase(x *exchange) error {
	r, err := decode[wire.ErasureRequest](x.Request)
	if err != nil {
		return err
	}
	subject, err := s.subjectOf(r)
	if err != nil {
		return err
	}
	ctx, who := x.Request.Context(), s.options.Subjects.Hash(subject.Text())[0]
	if err := s.options.Operator.Audited(ctx, x.caller, "erase.begin", who, "done", map[string]any{"reason": r.Reason, "dry_run": r.DryRun, "mentions": r.Mentions}); err != nil {
		return fromBus(err)
	}
	if err := unhurried(x.Writer); err != nil {
		return err
	}
	report, err := s.options.Subjects.Erase(ctx, subject)
	outcome := "done"
	switch {
	case r.DryRun:
		outcome = "dry run"
	case err != nil || !report.Complete:
		outcome = "incomplete"
	}
	// However it ended: whoever asked may be gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	if audited := s.options.Operator.Audited(ctx, x.caller, "erase.end", who, outcome, report); audited != nil {
		err = errors.Join(err, audited)
	}
	if err != nil {
		s.options.Log.Error("a data subject could not be erased everywhere", "error", err)
	}
	x.JSON(http.StatusOK, report)
	return nil
}

// auditTimeout bounds how long the end of an erasure waits to be recorded.
const auditTimeout = 5 * time.Second

// unhurried lifts the deadlines of a connection whose request has been read:
// they would end an answer that takes minutes, and its context with it.
func unhurried(w http.ResponseWriter) error {
	control := http.NewResponseController(w)
	for _, lift := range []func(time.Time) error{control.SetReadDeadline, control.SetWriteDeadline} {
		if err := lift(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("lift a deadline: %w", err)
		}
	}
	return nil
}

func (s *Server) subjectOf(r wire.ErasureRequest) (erase.Subject, error) {
	var f faults
	subject := erase.Subject{Mentions: r.Mentions, Search: r.DryRun}
	f.check((r.Address == "") != (r.Principal == ""), "address", "want either an address or a principal")
	f.check(len(r.Principal) <= maxPrincipal, "principal", "longer than 4096 bytes")
	f.reason(r.Reason)
	if r.Address != "" {
		address, err := netip.ParseAddr(r.Address)
		f.check(err == nil, "address", "want one address, such as 192.0.2.7")
		subject.Address = address.Unmap().WithZone("")
	} else if subject.Value = r.Principal; r.Principal != "" {
		f.checkErr(subject.Validate(), "principal")
		subject.Hashes = s.options.Subjects.Hash(r.Principal)
	}
	return subject, f.err()
}
