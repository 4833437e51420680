package slow

import (
	"cmp"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds on what a day holds of an actor. Who does more is busy, and the
// detectors of the stream see it.
const (
	MaxMinutes = 300 // of the day, in which it was active
	MaxPlaces  = 24  // the busiest
	MaxRoutes  = 3   // those with the most objects
	MaxObjects = 32  // of a route, the first ones of the day
)

// ActorDay is what one actor did on one day, UTC, by the time of the records.
// What our own blocks refused is counted in Denied and nowhere else.
type ActorDay struct {
	Actor finding.Actor
	Day   int32 // since 1970-01-01
	First int64 // Unix nanoseconds of the first record, and of the last
	Last  int64

	Requests int64 // all that name it
	// Acts are the requests that name nobody more closely: those of an address
	// without a user, say. All below but places, minutes and sign-ins is of
	// these alone, so that nothing is held against two actors.
	Acts     int64
	Browsers int64 // of Acts, by what claims to be a browser
	Denied   int64
	Answered int64 // 2xx and 3xx
	Refused  int64 // 401 and 403
	Missing  int64 // 404 and 410
	Bytes    int64 // of the answers that were given and told it

	Logins       int64 // sign-ins that were tried
	FailedLogins int64
	FailedFrom   int64 // addresses from which they failed

	// Minutes of the day with requests, ascending; nil when there are more than
	// MaxMinutes.
	Minutes []uint16
	Places  []Place
	Routes  []RouteDay
}

// Place is from where somebody came on a day: a country, or a network where
// that is not known.
type Place struct {
	Country  string // "NL"; "" = not known
	Network  string // "AS64500", or the address's /16 (IPv6: /32)
	First    int64  // Unix nanoseconds
	Last     int64
	Requests int64
}

// RouteDay is what an actor did on one route on a day.
type RouteDay struct {
	Route    string // "GET /users/{id}"; "" = none is known
	API      string
	Owner    string // team that answers for it
	Requests int64
	Missed   int64 // answered 401, 403, 404 or 410
	Bytes    int64
	Distinct int64 // objects, about
	// Objects are the first ones that it asked for, in the order of the first
	// request for each: numbers as they are, anything else as a hash with the
	// highest bit set.
	Objects []uint64
	Pages   []uint32 // numbers of pages in the query, ascending
}

// notNumber marks objects that are no numbers.
const notNumber = 1 << 63

const dayLength = int64(24 * time.Hour)

// compare orders days by actor and day.
func compare(a, b *ActorDay) int {
	return cmp.Or(cmp.Compare(a.Actor.Kind, b.Actor.Kind), cmp.Compare(a.Actor.Value, b.Actor.Value), cmp.Compare(a.Day, b.Day))
}

// joined sorts days in place, and joins those of one actor and day, which come
// in parts when they were received on several days.
func joined(days []ActorDay) []ActorDay {
	slices.SortStableFunc(days, func(a, b ActorDay) int { return compare(&a, &b) })
	out := days[:0]
	for i := range days {
		if n := len(out); n > 0 && compare(&out[n-1], &days[i]) == 0 {
			out[n-1].join(&days[i])
			continue
		}
		out = append(out, days[i])
	}
	return out
}

// join adds the other part of the same day.
func (d *ActorDay) join(o *ActorDay) {
	if o.First < d.First {
		first := *o
		first.join(d)
		*d = first
		return
	}
	d.Last = max(d.Last, o.Last)
	for _, n := range []struct{ to, from *int64 }{
		{&d.Requests, &o.Requests}, {&d.Acts, &o.Acts}, {&d.Browsers, &o.Browsers}, {&d.Denied, &o.Denied}, {&d.Answered, &o.Answered},
		{&d.Refused, &o.Refused}, {&d.Missing, &o.Missing}, {&d.Bytes, &o.Bytes}, {&d.Logins, &o.Logins},
		{&d.FailedLogins, &o.FailedLogins}, {&d.FailedFrom, &o.FailedFrom},
	} {
		*n.to += *n.from
	}
	d.Minutes = joinedMinutes(d.Minutes, o.Minutes)
	d.Places = slices.Concat(d.Places, o.Places)
	d.joinRoutes(o.Routes)
}

// joinedMinutes is nil when either part had too many, or both have.
func joinedMinutes(a, b []uint16) []uint16 {
	if a == nil || b == nil {
		return nil
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > MaxMinutes {
		return nil
	}
	return all
}

func (d *ActorDay) joinRoutes(routes []RouteDay) {
	d.Routes = slices.Clone(d.Routes)
	for i := range routes {
		o := &routes[i]
		at := slices.IndexFunc(d.Routes, func(r RouteDay) bool { return r.Route == o.Route && r.API == o.API })
		if at < 0 {
			d.Routes = append(d.Routes, *o)
			continue
		}
		r := &d.Routes[at]
		r.Requests, r.Missed, r.Bytes, r.Distinct = r.Requests+o.Requests, r.Missed+o.Missed, r.Bytes+o.Bytes, r.Distinct+o.Distinct
		r.Objects, r.Pages = slices.Concat(r.Objects, o.Objects), slices.Concat(r.Pages, o.Pages)
	}
}
