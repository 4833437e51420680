package store

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Events gives one page of events, newest receipt first.
func (s *Store) Events(ctx context.Context, q wire.EventQuery) (wire.Page[wire.Event], error) {
	args, c, err := paging("events", q.Slice, q.Period)
	if err != nil {
		return wire.Page[wire.Event]{}, err
	}
	client, prefix := clientArgs(q.Client)
	args = append(args,
		named("file", c.Key), named("offset", c.Offset), named("client", client), named("client_prefix", prefix),
		named("source", q.Source), named("gateway", q.Gateway), named("kind", q.Kind), named("host", q.Host),
		named("method", q.Method), named("path_prefix", q.PathPrefix),
		named("status_from", int32(q.StatusFrom)), named("status_to", int32(q.StatusTo)),
		named("request_id", q.RequestID), named("decision_action", q.DecisionAction), named("decision_id", q.DecisionID))
	rows, err := ask(ctx, s, "events", scanEvent, args...)
	if err != nil {
		return wire.Page[wire.Event]{}, err
	}
	page := cut(rows, q.Slice, func(e *eventRow) cursor { return recordCursor("events", e.Received, e.file, e.offset) })
	return convert(page, func(e *eventRow) wire.Event { return e.Event }), nil
}

// Event gives an event by its id. It wraps respond.ErrNotFound without one.
func (s *Store) Event(ctx context.Context, id string) (wire.Event, error) {
	file, offset, err := event.ParseRecordID(id)
	if err != nil {
		return wire.Event{}, fmt.Errorf("%w: %w", respond.ErrNotFound, err)
	}
	row, err := askOne(ctx, s, "event", scanEvent, named("file", file), named("offset", uint64(offset)))
	return row.Event, err
}

// eventRow is an event with what its cursor needs.
type eventRow struct {
	wire.Event
	file   string
	offset uint64
}

func scanEvent(scan scanner, e *eventRow) error {
	var line uint64
	err := scan(
		&e.ID, &e.Time, &e.Received, &e.Agent, &e.Source, &e.Gateway, &e.Kind, &e.Direction, &e.Format,
		&e.FilePath, &e.file, &e.offset, &line,
		&e.PeerAddress, &e.ClientAddress, &e.ForwardedFor, &e.Method, &e.Host, &e.Path, &e.Query, &e.Protocol,
		&e.Route, &e.RouteOrigin, &e.Status, &e.RequestBytes, &e.ResponseBytes, &e.Duration, &e.UpstreamDuration,
		&e.UserAgent, &e.Referer, &e.ContentType, &e.RequestID, &e.HeaderSignature, &e.QuerySignature,
		&e.TLSFingerprint, &e.TLSVersion, &e.PrincipalKind, &e.Principal, &e.Application, &e.User, &e.Session,
		&e.Tenant, &e.API, &e.Tags, &e.Country, &e.Network, &e.Sensitive,
		&e.DecisionAction, &e.DecisionID, &e.Quality)
	e.Line = int64(line)
	return err
}

// clientArgs asks for one address, for all of a prefix, or for nothing.
func clientArgs(p netip.Prefix) (address, prefix string) {
	switch {
	case !p.IsValid():
		return "", ""
	case p.IsSingleIP():
		return p.Addr().Unmap().String(), ""
	}
	return "", p.Masked().String()
}

// convert maps the items of a page.
func convert[A, B any](p wire.Page[A], f func(*A) B) wire.Page[B] {
	out := wire.Page[B]{Items: make([]B, 0, len(p.Items)), Next: p.Next}
	for i := range p.Items {
		out.Items = append(out.Items, f(&p.Items[i]))
	}
	return out
}
