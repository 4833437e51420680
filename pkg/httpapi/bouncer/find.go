package bouncer

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// find gives the decisions that a query asks for, in the order of their
// places.
func (v *view) find(q *query, now time.Time) []found {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refresh()
	var out []found
	visit := func(p place) {
		if q.kind != "" && q.kind != banned || q.value != "" && q.value != p.value {
			return
		}
		for i := range v.current[p] {
			if d := &v.current[p][i]; d.until.After(now) && q.wants(p, d) {
				out = append(out, found{p, *d})
			}
		}
	}
	switch {
	case q.prefix.IsValid() && q.contains:
		covering(q.prefix, visit)
	case q.prefix.IsValid():
		v.within(q.prefix, visit)
	default:
		for p := range v.current {
			visit(p)
		}
	}
	slices.SortFunc(out, func(a, b found) int { return strings.Compare(a.place.scope+a.place.value, b.place.scope+b.place.value) })
	return out
}

// covering visits every place that could hold all of a prefix.
func covering(p netip.Prefix, visit func(place)) {
	if p.IsSingleIP() {
		visit(place{scopeIP, p.Addr().String()})
	}
	for bits := p.Bits(); bits >= 0; bits-- {
		if wide := netip.PrefixFrom(p.Addr(), bits).Masked(); !wide.IsSingleIP() {
			visit(place{scopeRange, wide.String()})
		}
	}
}

// within visits every place inside a prefix.
func (v *view) within(p netip.Prefix, visit func(place)) {
	for at := range v.current {
		switch at.scope {
		case scopeIP:
			if a, err := netip.ParseAddr(at.value); err == nil && p.Contains(a) {
				visit(at)
			}
		case scopeRange:
			if inner, err := netip.ParsePrefix(at.value); err == nil && inner.Bits() >= p.Bits() && p.Contains(inner.Addr()) {
				visit(at)
			}
		}
	}
}
