package series

import "time"

// facts are what is known of a route template, all methods and gateways
// together: who it works for.
type facts struct {
	lanes    int32 // that share it
	since    int64
	requests uint64
	combos   []combo
}

// combo is a method used by a kind of principal.
type combo struct {
	method, kind uint8
	works        bool
	refusals     uint32 // until it worked
}

const (
	knownRequests = 1000 // after which, and in no less than
	knownFor      = int64(24 * time.Hour)
	knownKind     = 100 // requests of a kind in a source, after which it is not new there
	refusedOften  = 20  // from here on it was refused for a reason; less is trying it out
)

// kinds is since when a source has told of which kinds of principals.
type kinds [kindCount]struct {
	since    int64
	requests uint32
}

// see notes a request's kind, and tells whether the kind is none that the
// source has begun to tell of lately.
func (k *kinds) see(kind uint8, t int64) (known bool) {
	one := &k[kind]
	if one.requests == 0 {
		one.since = t
	}
	if one.requests < knownKind {
		one.requests++
		return false
	}
	return t-one.since >= knownFor
}

// see notes an answer. It tells whether it is the first success of a kind of
// principal with a method, on a route that is known well: one that had been
// refused to this kind all the time, or that it had never tried. familiar tells
// that the kind is known.
func (f *facts) see(method, kind uint8, status, t int64, familiar bool) (first bool, before combo) {
	if f.requests == 0 {
		f.since = t
	}
	f.requests++
	switch {
	case status >= 200 && status < 300:
		c := f.combo(method, kind)
		before = *c
		c.works = true
		first = !before.works && familiar && f.requests > knownRequests && t-f.since >= knownFor &&
			(before.refusals == 0 || before.refusals >= refusedOften)
	case status == 401 || status == 403 || status == 404 || status == 405:
		if c := f.combo(method, kind); !c.works {
			c.refusals++
		}
	}
	return first, before
}

// combo gives that of a method and kind; there are not many.
func (f *facts) combo(method, kind uint8) *combo {
	for i := range f.combos {
		if c := &f.combos[i]; c.method == method && c.kind == kind {
			return c
		}
	}
	f.combos = append(f.combos, combo{method: method, kind: kind})
	return &f.combos[len(f.combos)-1]
}
