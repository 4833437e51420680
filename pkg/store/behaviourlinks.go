package store

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Bounds on what is told of links and likeness.
const (
	maxLinks  = 100
	maxLinked = 50
	// maxAlike actors are compared, by so many requests each.
	maxAlike         = 300
	requestsOfActors = 200
)

// ActorLinks tells with whom an actor was seen in events received in a period.
// A user, key, token or session is given in the clear or by its hash; of a
// prefix only a /64 of IPv6 is known.
func (s *Store) ActorLinks(ctx context.Context, a finding.Actor, hashes Hashes, p wire.Period) (wire.ActorLinks, error) {
	v := wire.ActorLinks{Actor: a, Since: p.Since, Until: p.Until}
	args := actorArgs(a, hashes, p)
	var err error
	v.Links, err = ask(ctx, s, "actor_links", func(scan scanner, l *wire.Link) error {
		var kind, value string
		err := scan(&kind, &value, &l.Requests, &l.FirstSeen, &l.LastSeen, &l.Others)
		l.Actor = actorOf(kind, value)
		return err
	}, append(args, named("limit", uint32(maxLinks)))...)
	if err != nil || len(v.Links) == 0 {
		return v, err
	}
	v.Linked, err = ask(ctx, s, "actor_linked", func(scan scanner, l *wire.LinkedActor) error {
		var who string
		var kinds, values []string
		err := scan(&who, &l.Requests, &l.FirstSeen, &l.LastSeen, &kinds, &values)
		l.Actor = actorOf(storedKind(a.Kind), who)
		for i := range kinds {
			l.Through = append(l.Through, actorOf(kinds[i], values[i]))
		}
		return err
	}, append(args, named("limit", uint32(maxLinked)))...)
	return v, err
}

// actorArgs are an actor and a period as queries know them.
func actorArgs(a finding.Actor, hashes Hashes, p wire.Period) []any {
	since, until := bounds(p)
	return []any{
		named("kind", storedKind(a.Kind)), named("values", kept(hashes, string(a.Kind), a.Value)), named("since", since), named("until", until),
	}
}

// storedKind is what queries call a kind: addresses of IPv6 are told apart by
// their /64.
func storedKind(k finding.ActorKind) string {
	if k == finding.Prefix {
		k = finding.Address
	}
	return string(k)
}

// Alike gives requests of an actor, and of those of its kind who have most in
// common with it, among the events received in a period.
func (s *Store) Alike(ctx context.Context, a finding.Actor, hashes Hashes, p wire.Period) (of []slow.Request, others map[finding.Actor][]slow.Request, err error) {
	type row struct {
		who string
		slow.Request
	}
	rows, err := ask(ctx, s, "actor_alike", func(scan scanner, r *row) error {
		return scan(&r.who, &r.Time, &r.Method, &r.Path, &r.Query, &r.Status, &r.Protocol, &r.UserAgent, &r.Referer, &r.Fingerprint, &r.Headers, &r.QuerySignature)
	}, append(actorArgs(a, hashes, p), named("actors", uint32(maxAlike)), named("requests", uint32(requestsOfActors)))...)
	others = map[finding.Actor][]slow.Request{}
	for i := range rows {
		if rows[i].who == "" {
			of = append(of, rows[i].Request)
			continue
		}
		who := actorOf(storedKind(a.Kind), rows[i].who)
		others[who] = append(others[who], rows[i].Request)
	}
	return of, others, err
}
