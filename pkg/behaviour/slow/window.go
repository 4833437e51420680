package slow

import (
	"cmp"
	"math"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// history is what an actor did in a window: its days, ascending, at least one.
type history []ActorDay

func (h history) actor() finding.Actor { return h[0].Actor }
func (h history) last() *ActorDay      { return &h[len(h)-1] }

// sum adds up something of all days.
func (h history) sum(of func(*ActorDay) int64) (n int64) {
	for i := range h {
		n += of(&h[i])
	}
	return n
}

// count counts the days of which something holds.
func (h history) count(of func(*ActorDay) bool) (n int) {
	for i := range h {
		if of(&h[i]) {
			n++
		}
	}
	return n
}

// busiest is the route that most of the requests of a day were of; nil when
// none is known.
func (h history) busiest() (most *RouteDay) {
	for i := range h {
		for k := range h[i].Routes {
			if r := &h[i].Routes[k]; most == nil || r.Requests > most.Requests {
				most = r
			}
		}
	}
	return most
}

// group is whom an actor is compared with: those who are told apart the same
// way.
func group(k finding.ActorKind) finding.ActorKind {
	if k == finding.Prefix {
		return finding.Address
	}
	return k
}

// window is all that is known of some days, the last of which is judged.
type window struct {
	from, to int32 // days, both inclusive
	known    int32 // the first day of which anything is known
	actors   []history
	routes   map[string]*routeView
	peers    map[finding.ActorKind]*peers
}

// peers are the actors of a group.
type peers struct {
	actors            int
	bytes, networks   tail
	daily, failedFrom tail // requests on an active day; addresses from which sign-ins failed
	failing           float64
	beacons           float64 // share of those who could be seen to be regular
	overlap           float64 // share of days in two places at once
	returned          float64 // share who came back after silence, from elsewhere
}

// newWindow takes from the sorted days those of a window.
func newWindow(days []ActorDay, from, to, known int32) *window {
	w := &window{from: from, to: to, known: known, routes: map[string]*routeView{}, peers: map[finding.ActorKind]*peers{}}
	for i := 0; i < len(days); {
		end := i + 1
		for end < len(days) && days[end].Actor == days[i].Actor {
			end++
		}
		if h := within(days[i:end], from, to); len(h) > 0 {
			w.actors = append(w.actors, h)
		}
		i = end
	}
	for i, h := range w.actors {
		w.seeRoutes(i, h)
	}
	for _, v := range w.routes {
		v.finish()
	}
	w.compareAll()
	return w
}

// within cuts an actor's days to a window.
func within(days []ActorDay, from, to int32) history {
	at := func(day int32) int {
		i, _ := slices.BinarySearchFunc(days, day, func(d ActorDay, day int32) int { return cmp.Compare(d.Day, day) })
		return i
	}
	return history(days[at(from):at(to+1)])
}

// compareAll measures what is ordinary in each group.
func (w *window) compareAll() {
	groups := map[finding.ActorKind][]history{}
	for _, h := range w.actors {
		g := group(h.actor().Kind)
		groups[g] = append(groups[g], h)
	}
	for kind, all := range groups {
		p := &peers{actors: len(all)}
		p.bytes = tailOf(each(all, func(h history) float64 { return float64(bytesOf(h)) }))
		p.networks = tailOf(each(all, func(h history) float64 { return float64(len(networksOf(h))) }))
		p.daily = tailOf(each(all, func(h history) float64 { return float64(h.sum(requestsOf)) / float64(len(h)) }))
		p.failedFrom = tailOf(each(all, func(h history) float64 { return float64(h.sum(failedFromOf)) }))
		p.failing = failingShare(all)
		p.beacons = share(all, func(h history) (hit, of int) { return once(regular(h)) })
		p.overlap = share(all, func(h history) (hit, of int) { return h.count(overlaps), len(h) })
		p.returned = share(all, func(h history) (hit, of int) { return bit(w.awakened(h) != nil), 1 })
		w.peers[kind] = p
	}
}

func each(all []history, of func(history) float64) []float64 {
	values := make([]float64, 0, len(all))
	for _, h := range all {
		if v := of(h); v > 0 {
			values = append(values, v)
		}
	}
	return values
}

// share is how often something holds, with a little doubt: never 0 and never 1.
func share(all []history, of func(history) (hit, of int)) float64 {
	hits, total := 0.5, 50.0
	for _, h := range all {
		hit, n := of(h)
		hits, total = hits+float64(hit), total+float64(n)
	}
	return hits / total
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// once counts those who could be looked at, and of whom it holds.
func once(found, looked bool) (hit, of int) { return bit(found && looked), bit(looked) }

func requestsOf(d *ActorDay) int64   { return d.Requests }
func failedFromOf(d *ActorDay) int64 { return d.FailedFrom }

// score is that of a probability, as behaviour's: one in a million is 0.5.
func score(p float64) float64 { return min(1, -math.Log10(max(p, 1e-300))/12) }
