package service

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

// rest is why an entry is not made, and before when it is not asked for again.
type rest struct {
	until        time.Time
	rule, reason string
}

// resting is the entries of a list that are not made. A list of a million may
// be refused whole: of each it holds its rule and its time, and the guard's
// words of some. Nil holds none.
type resting struct {
	entries map[netip.Prefix]nap
	rules   []string // by number
	reasons map[netip.Prefix]string
}

// nap is a rest in few bytes.
type nap struct {
	until int64 // in seconds since 1970
	rule  uint16
}

// add takes an entry.
func (r *resting) add(p netip.Prefix, why rest) {
	if r.entries == nil {
		r.entries, r.reasons = map[netip.Prefix]nap{}, map[netip.Prefix]string{}
	}
	rule := slices.Index(r.rules, why.rule)
	if rule < 0 {
		rule = len(r.rules)
		r.rules = append(r.rules, why.rule)
	}
	r.entries[p] = nap{why.until.Unix(), uint16(rule)}
	if _, there := r.reasons[p]; there || len(r.reasons) < intel.MostRefusals {
		r.reasons[p] = why.reason
	}
}

func (r *resting) holds(p netip.Prefix) bool {
	if r == nil {
		return false
	}
	_, rests := r.entries[p]
	return rests
}

// awaken forgets those who have rested.
func (r *resting) awaken(now time.Time) {
	if r == nil {
		return
	}
	at := now.Unix()
	r.forget(func(_ netip.Prefix, n nap) bool { return n.until <= at })
}

// keep forgets all others.
func (r *resting) keep(listed func(netip.Prefix) bool) {
	if r == nil {
		return
	}
	r.forget(func(p netip.Prefix, _ nap) bool { return !listed(p) })
}

func (r *resting) forget(over func(netip.Prefix, nap) bool) {
	maps.DeleteFunc(r.entries, over)
	maps.DeleteFunc(r.reasons, func(p netip.Prefix, _ string) bool { return !r.holds(p) })
	if len(r.entries) == 0 {
		*r = resting{} // a map keeps the room of what it held
	}
}

// tell counts all by their rule, and names those whose reason is known.
func (r *resting) tell(to *intel.Refusals) {
	if r == nil {
		return
	}
	for _, n := range r.entries {
		to.Counts[r.rules[n.rule]]++
	}
	for p, reason := range r.reasons {
		n := r.entries[p]
		to.Entries = append(to.Entries, intel.Refusal{
			Entry: block.PrefixTarget(p).String(), Rule: r.rules[n.rule], Reason: reason, Again: time.Unix(n.until, 0).UTC(),
		})
	}
	slices.SortFunc(to.Entries, func(a, b intel.Refusal) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Entry, b.Entry))
	})
}
