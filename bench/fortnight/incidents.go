package main

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// incident is something that is planted, and what tells that it was found.
type incident struct {
	Name  string
	Shape finding.Shape
	from  int64 // Unix nanoseconds
	until int64
	// subjects are whom or what a finding may be about, as finding.Actor
	// writes them; families are what kind of evidence it may be.
	subjects []string
	families []finding.Family
	due      finding.Tier // how loudly it should be told, at least
	plant    func(*world, *incident)
}

// grace is how long after its end an incident may still be found: its last
// minute has to be over, and slow series are looked at by the hour.
const grace = 2 * hour

// at is a time of the fortnight.
func (w *world) at(days, hours, minutes int64) int64 {
	return w.from + days*day + hours*hour + minutes*minute
}

// incidents are those that fit into so many days.
func incidents(w *world, days int) []incident {
	var plan []incident
	for _, i := range append(attacks(w), failures(w)...) {
		if i.until <= w.from+int64(days)*day {
			plan = append(plan, i)
		}
	}
	return plan
}

// failures are what goes wrong by itself.
func failures(w *world) []incident {
	return []incident{
		{
			Name: "a nightly job does not come", Shape: finding.Silent, from: w.at(1, 2, 10), until: w.at(1, 5, 0), due: finding.Log,
			subjects: []string{"route:POST /partner/sync", "api:partner", "application:ledger-sync"}, families: []finding.Family{finding.Silence, finding.Volume},
			plant: func(w *world, i *incident) { w.missed = w.at(1, 0, 0) },
		},
		{
			Name: "a third of one route's answers are 5xx for 8 minutes", Shape: finding.Glitch, from: w.at(1, 11, 0), until: w.at(1, 11, 8), due: finding.Log,
			subjects: []string{"route:GET /orders/{id}", "api:account"}, families: []finding.Family{finding.Errors, finding.Format},
			plant: failing("GET /orders/{id}", func(int64) float64 { return 0.33 }),
		},
		{
			Name: "one route grows slower for 60 hours", Shape: finding.Drift, from: w.at(2, 9, 0), until: w.at(4, 21, 0), due: finding.Log,
			subjects: []string{"route:GET /products/{id}", "api:shop", "gateway:edge-1"}, families: []finding.Family{finding.Latency},
			plant: func(w *world, i *incident) {
				w.bend(i, "GET /products/{id}", func(_ *world, q *request) {
					q.took = int64(float64(q.took) * (1 + float64(q.at-i.from)/float64(i.until-i.from)))
				})
			},
		},
		{
			Name: "a gateway's log falls silent for 45 minutes", Shape: finding.Silent, from: w.at(3, 13, 0), until: w.at(3, 13, 45), due: finding.Log,
			subjects: []string{"source:edge-2", "gateway:edge-2"}, families: []finding.Family{finding.Silence, finding.Volume},
			plant: func(w *world, i *incident) {
				w.faults = append(w.faults, &fault{i.from, i.until, func(_ *world, q *request) { q.lost = q.lost || q.route.gateway == 1 }})
			},
		},
		{
			Name: "a gateway takes eight times as long for 6 minutes", Shape: finding.Glitch, from: w.at(5, 12, 0), until: w.at(5, 12, 6), due: finding.Log,
			subjects: []string{"gateway:edge-1", "source:edge-1", "service:all traffic"}, families: []finding.Family{finding.Latency},
			plant: func(w *world, i *incident) {
				w.faults = append(w.faults, &fault{i.from, i.until, func(_ *world, q *request) {
					if q.route.gateway == 0 {
						q.took *= 8
					}
				}})
			},
		},
		{
			Name: "payments fail more and more for two days", Shape: finding.Drift, from: w.at(5, 14, 0), until: w.at(7, 14, 0), due: finding.Log,
			subjects: []string{"route:POST /payments", "api:payments"}, families: []finding.Family{finding.Errors, finding.Format},
			plant: func(w *world, i *incident) {
				failing("POST /payments", func(at int64) float64 { return 0.08 * float64(at-i.from) / float64(i.until-i.from) })(w, i)
			},
		},
		{
			Name: "products are answered 200 with an error page for half an hour", Shape: finding.Broken, from: w.at(6, 9, 0), until: w.at(6, 9, 30), due: finding.Log,
			subjects: []string{"route:GET /products/{id}", "api:shop"}, families: []finding.Family{finding.Format, finding.Volume},
			plant: func(w *world, i *incident) {
				w.bend(i, "GET /products/{id}", func(_ *world, q *request) { q.answered, q.status = 310, 200 })
			},
		},
		{
			Name: "the payment provider's callbacks stop for 3 hours", Shape: finding.Silent, from: w.at(7, 9, 0), until: w.at(7, 12, 0), due: finding.Log,
			subjects: []string{"route:POST /payments/notify", "api:payments"}, families: []finding.Family{finding.Silence, finding.Volume},
			plant: func(w *world, i *incident) {
				w.bend(i, "POST /payments/notify", func(_ *world, q *request) { q.lost = true })
			},
		},
		{
			Name: "payments are answered 204 instead of 201", Shape: finding.Broken, from: w.at(12, 10, 0), until: w.at(12, 11, 0), due: finding.Log,
			subjects: []string{"route:POST /payments", "api:payments"}, families: []finding.Family{finding.Format, finding.Volume}, // it has no body
			plant: func(w *world, i *incident) {
				w.bend(i, "POST /payments", func(_ *world, q *request) {
					if q.status == 201 {
						q.status, q.answered = 204, 0
					}
				})
			},
		},
	}
}

// bend changes what one route answers while an incident lasts.
func (w *world) bend(i *incident, route string, change func(*world, *request)) {
	w.faults = append(w.faults, &fault{i.from, i.until, func(w *world, q *request) {
		if q.route == w.routes[route] {
			change(w, q)
		}
	}})
}

// failing has a share of a route's answers fail.
func failing(route string, share func(at int64) float64) func(*world, *incident) {
	return func(w *world, i *incident) {
		w.bend(i, route, func(w *world, q *request) {
			if w.rng.Float64() < share(q.at) {
				q.status, q.answered = 500, 133
			}
		})
	}
}

// attacker is a visitor from an address of nobody's.
func attacker(last byte, userAgent string) visitor {
	return visitor{addr: netip.AddrFrom4([4]byte{45, 1, 1, last}), network: "AS64666", country: "NL", userAgent: userAgent, fingerprint: "t13d1516h2_8daaf6152771_02713d6af862"}
}

func always(by visitor) func(*world) *visitor { return func(*world) *visitor { return &by } }

// customer is a customer on the device at home.
func (w *world) customer(i int) visitor {
	p := &w.people[i]
	return visitor{
		addr: p.places[0].addr, network: p.places[0].network, country: "DE", userAgent: p.devices[0].userAgent,
		fingerprint: p.devices[0].fingerprint, user: p.name, session: "s-" + p.name,
	}
}

// of are the names that a visitor may be found by.
func of(v visitor) []string {
	return []string{"user:" + v.user, "session:" + v.session, "address:" + v.addr.String(), "application:" + v.application}
}

func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// inOrder has each call ask for the next object of a route.
func inOrder(first int) func(*world, *request) {
	id := first
	return func(_ *world, q *request) {
		q.path = q.route.appendObject(q.path[:0], id)
		q.status = 200
		id++
	}
}

// guessing is a sign-in that fails.
func guessing(_ *world, q *request) { q.status, q.answered, q.sent = 401, 120, 260 }

// botnet gives an address of so many.
func botnet(second byte, n int, userAgent string) func(*world) *visitor {
	by := attacker(0, userAgent)
	return func(w *world) *visitor {
		i := w.rng.IntN(n)
		by.addr = netip.AddrFrom4([4]byte{47, second, byte(i >> 8), byte(i)})
		by.network = "AS" + strconv.Itoa(64_600+i%40)
		return &by
	}
}

func (w *world) swarm(i *incident, s swarm) {
	s.until = i.until
	w.add(i.from, &s)
}

func pages(_ *world) func(*world, *request) {
	page := 0
	return func(_ *world, q *request) {
		page++
		q.query = fmt.Sprintf("page=%d", page)
	}
}
