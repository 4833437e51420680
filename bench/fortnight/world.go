package main

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// begin is the first moment of all weeks, a Monday.
var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

const (
	minute = int64(time.Minute)
	hour   = int64(time.Hour)
	day    = 24 * hour
)

// visitor is who sends a request, as the gateway logs it.
type visitor struct {
	addr        netip.Addr
	network     string
	country     string
	userAgent   string
	fingerprint string
	user        string
	session     string
	application string
}

// request is one request and its answer, before it is written as a row.
type request struct {
	at       int64
	route    *route
	path     []byte
	query    string
	by       *visitor
	referer  string
	status   int64
	sent     int64 // bytes of the request
	answered int64 // bytes of the answer
	took     int64 // nanoseconds
	lost     bool  // the gateway does not log it
}

// process makes requests, one step at a time.
type process interface {
	// step acts at a time and tells when it will act next; 0 = never.
	step(w *world, now int64) (next int64)
}

// world is the API with everybody who uses it.
type world struct {
	rng    *rand.Rand
	rate   float64
	from   int64 // of the incidents
	end    int64
	routes map[string]*route
	people []person
	queue  queue
	faults []*fault
	writer writer
	body   request // that is being made
	made   int64
	missed int64 // the day on which the nightly job does not come; 0 = none
}

func newWorld(o options) *world {
	w := &world{
		rng: rand.New(rand.NewPCG(o.seed, 0x6d6f6174)), rate: o.rate,
		from: begin.UnixNano() + int64(o.learn)*day, end: begin.UnixNano() + int64(o.learn+o.days)*day,
		routes: map[string]*route{},
	}
	for i := range catalogue {
		r := catalogue[i]
		w.routes[r.name()] = &r
	}
	w.people = newPeople(w.rng, 3000)
	w.add(begin.UnixNano(), &arrivals{})
	addPrograms(w)
	return w
}

// add has a process act from a time on.
func (w *world) add(at int64, p process) { heap.Push(&w.queue, turn{at, len(w.queue), p}) }

// run lets everybody act until the end; take gets the rows of each gateway by
// the minute.
func (w *world) run(ctx context.Context, plan []incident, take func(*event.Batch, int64) error) error {
	for i := range plan {
		plan[i].plant(w, &plan[i])
	}
	closing := begin.UnixNano() + minute
	for len(w.queue) > 0 && w.queue[0].at < w.end {
		for w.queue[0].at >= closing {
			if err := cmp.Or(ctx.Err(), w.writer.flush(closing, take)); err != nil {
				return err
			}
			closing += minute
		}
		t := &w.queue[0]
		if next := t.process.step(w, t.at); next > t.at {
			t.at = next
			heap.Fix(&w.queue, 0)
		} else {
			heap.Pop(&w.queue)
		}
	}
	return w.writer.flush(w.end, take)
}

// ask makes a request of a route; fill may change what came of it before it is
// logged.
func (w *world) ask(at int64, r *route, by *visitor, fill func(*request)) {
	q := &w.body
	*q = request{at: at, route: r, by: by, path: q.path[:0], status: r.status, sent: 180 + int64(w.rng.IntN(200))}
	q.path = r.appendPath(q.path, w.rng)
	q.answered = int64(w.lognormal(r.bytes, 0.35))
	q.took = int64(w.lognormal(r.millis, 0.45) * 1e6)
	switch luck := w.rng.Float64(); {
	case luck < 0.0015:
		q.status, q.answered = 502, 157
	case luck < 0.0015+r.missing:
		q.status, q.answered = 404, 96
	}
	if fill != nil {
		fill(q)
	}
	for _, f := range w.faults {
		if at >= f.from && at < f.until {
			f.bend(w, q)
		}
	}
	w.made++
	if !q.lost {
		w.writer.row(q)
	}
}

func (w *world) lognormal(median, sigma float64) float64 {
	return median * math.Exp(w.rng.NormFloat64()*sigma)
}

// wait is the time until the next of events that come with a rate a second.
func (w *world) wait(rate float64) int64 {
	return max(1, int64(w.rng.ExpFloat64()/max(rate, 1e-9)*1e9))
}

// fault bends what is answered between two times.
type fault struct {
	from, until int64
	bend        func(*world, *request)
}

// turn is when a process acts.
type turn struct {
	at      int64
	order   int // of joining: ties are broken the same way always
	process process
}

type queue []turn

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(turn)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	*q = (*q)[:last]
	return t
}
