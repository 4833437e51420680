package slow

import (
	"cmp"
	"math"
	"slices"
)

// routeView is what is known of a route in a window.
type routeView struct {
	holders map[uint64]uint8 // how many actors have asked for an object; 3 = more
	visits  []visits         // of each actor
	breadth tail             // distinct objects of an actor
	pages   tail             // distinct pages of an actor
	steps   int              // of all actors: from one object to the next
	small   int              // of these, as small as those of a walk
	public  bool             // objects are there for all
	newest  map[int32]newest // on each day
}

// visits is what one actor has asked for on a route: each object once, in
// order.
type visits struct {
	actor    int // its place in the window's list
	days     int // on which it asked for something new
	objects  []uint64
	numbers  []numbered // those of objects that are numbers
	distinct float64    // objects in all, about
	requests int64
	missed   int64
	pages    []uint32
	steps    int
	small    int
	last     RouteDay // names api and owner
}

// numbered is an object that is a number, and the day of the first request.
type numbered struct {
	n   uint64
	day int32
}

// seeRoutes adds the visits of an actor to the window's routes.
func (w *window) seeRoutes(actor int, h history) {
	byRoute := map[string]*visits{}
	seen := map[string]map[uint64]bool{}
	for i := range h {
		for k := range h[i].Routes {
			r := &h[i].Routes[k]
			v := byRoute[r.Route]
			if v == nil {
				v = &visits{actor: actor}
				byRoute[r.Route], seen[r.Route] = v, map[uint64]bool{}
			}
			v.add(r, h[i].Day, seen[r.Route])
		}
	}
	for route, v := range byRoute {
		v.finish()
		view := w.routes[route]
		if view == nil {
			view = &routeView{holders: map[uint64]uint8{}}
			w.routes[route] = view
		}
		view.add(v)
	}
}

// add takes a day in.
func (v *visits) add(r *RouteDay, day int32, seen map[uint64]bool) {
	fresh := 0
	for _, o := range r.Objects {
		if seen[o] {
			continue
		}
		seen[o] = true
		fresh++
		v.objects = append(v.objects, o)
		if o < notNumber {
			v.numbers = append(v.numbers, numbered{o, day})
		}
	}
	if fresh > 0 {
		v.days++
	}
	// Of a day that shows only some of its objects the others are taken to be
	// as new as these.
	if n := len(r.Objects); n > 0 {
		v.distinct += float64(fresh) * max(1, float64(r.Distinct)/float64(n))
	}
	v.requests, v.missed, v.last = v.requests+r.Requests, v.missed+r.Missed, *r
	v.pages = append(v.pages, r.Pages...)
}

// missing is the share of requests that were refused or found nothing.
func (v *visits) missing() float64 { return float64(v.missed) / float64(max(1, v.requests)) }

// stepMultiples is up to how many strides a step may be to be one of a walk:
// some objects do not exist, or are left out.
const stepMultiples = 3

func (v *visits) finish() {
	slices.Sort(v.pages)
	v.pages = slices.Compact(v.pages)
	if len(v.numbers) < 2 {
		return
	}
	stride := v.stride()
	v.steps = len(v.numbers) - 1
	for i := range v.steps {
		if d := distance(v.numbers[i].n, v.numbers[i+1].n); d%stride == 0 && d/stride <= stepMultiples {
			v.small++
		}
	}
}

// stride is the commonest step, the smallest of several.
func (v *visits) stride() uint64 {
	counts := map[uint64]int{}
	for i := range len(v.numbers) - 1 {
		counts[distance(v.numbers[i].n, v.numbers[i+1].n)]++
	}
	best, most := uint64(math.MaxUint64), 0
	for d, n := range counts {
		if n > most || n == most && d < best {
			best, most = d, n
		}
	}
	return best
}

func distance(a, b uint64) uint64 { return max(a, b) - min(a, b) }

func (r *routeView) add(v *visits) {
	for _, o := range v.objects {
		r.holders[o] = min(3, r.holders[o]+1)
	}
	r.visits = append(r.visits, *v)
	r.steps, r.small = r.steps+v.steps, r.small+v.small
}

// finish measures a route when all actors are in.
func (r *routeView) finish() {
	r.newest = newestOf(r.visits)
	var breadth, pages, public []float64
	for i := range r.visits {
		v := &r.visits[i]
		if v.distinct > 0 {
			breadth = append(breadth, v.distinct)
			public = append(public, r.held(v, 3))
		}
		if len(v.pages) > 0 {
			pages = append(pages, float64(len(v.pages)))
		}
	}
	slices.Sort(public)
	r.breadth, r.pages, r.public = tailOf(breadth), tailOf(pages), median(public) > 0.3
}

// held is the share of an actor's objects that so many actors, itself among
// them, have asked for.
func (r *routeView) held(v *visits, by uint8) float64 {
	n := 0
	for _, o := range v.objects {
		if r.holders[o] >= by {
			n++
		}
	}
	return float64(n) / float64(max(1, len(v.objects)))
}

// of gives the visits of an actor, or nil. The visits are in the order of the
// actors.
func (r *routeView) of(actor int) *visits {
	i, ok := slices.BinarySearchFunc(r.visits, actor, func(v visits, actor int) int { return cmp.Compare(v.actor, actor) })
	if !ok {
		return nil
	}
	return &r.visits[i]
}
