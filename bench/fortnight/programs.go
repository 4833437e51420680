package main

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
)

// program calls one route in a rhythm of its own.
type program struct {
	by    visitor
	route string
	every int64   // nanoseconds
	slack float64 // by which that varies
	day   bool    // as busy as people are
	fill  func(*world, *request)
}

func (p *program) step(w *world, now int64) int64 {
	w.ask(now, w.routes[p.route], &p.by, func(q *request) {
		if p.fill != nil {
			p.fill(w, q)
		}
	})
	gap := float64(p.every) * (1 + p.slack*(2*w.rng.Float64()-1))
	if p.day {
		gap = gap * w.rng.ExpFloat64() / max(busy(w, now), 0.05)
	}
	return now + max(1, int64(gap))
}

// nightly is a job that comes once a day and takes some minutes.
type nightly struct {
	by   visitor
	left int
	skip func(at int64) bool // the night on which it does not come
}

const nightlyCalls = 40

func (n *nightly) step(w *world, now int64) int64 {
	if n.left == 0 {
		n.left = nightlyCalls
	}
	if n.skip == nil || !n.skip(now) {
		w.ask(now, w.routes["POST /partner/sync"], &n.by, nil)
	}
	n.left--
	if n.left > 0 {
		return now + 5e9 + int64(w.rng.ExpFloat64()*3e9)
	}
	return now - now%day + day + 130*minute + int64(w.rng.Float64()*40e9)
}

// scanner passes by and asks for what scanners ask for.
type scanner struct{}

var probes = [...]string{"/.env", "/wp-login.php", "/.git/config", "/admin/", "/phpinfo.php", "/server-status", "/backup.zip", "/api/v1/pods", "/actuator/env", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php"}

// nowhere is the route of what no application serves.
var nowhere = route{method: "GET", api: "", millis: 2, bytes: 150, status: 404}

func (scanner) step(w *world, now int64) int64 {
	by := visitor{
		addr: netip.AddrFrom4([4]byte{185, 220, byte(w.rng.IntN(250)), byte(w.rng.IntN(250))}), network: "AS64666", country: "NL",
		userAgent: "Mozilla/5.0 zgrab/0.x", fingerprint: "t13d1812h1_85036bcba153_d41ae481755e",
	}
	at := now
	for range 3 + w.rng.IntN(6) {
		w.ask(at, &nowhere, &by, func(q *request) {
			q.path = append(q.path[:0], probes[w.rng.IntN(len(probes))]...)
			q.status, q.answered = 404, 150
		})
		at += 200_000_000
	}
	return now + w.wait(1.0/7200)
}

func addPrograms(w *world) {
	at := begin.UnixNano()
	for i := range 10 {
		by := visitor{
			addr: netip.AddrFrom4([4]byte{91, 10, byte(i), 4}), network: "AS645" + strconv.Itoa(20+i), country: "DE",
			userAgent: fmt.Sprintf("acme-sync/%d.2", i), fingerprint: "t13i190800_9dc949149365_97f8aa674fd9", application: "partner-" + strconv.Itoa(i),
		}
		w.add(at+int64(i)*minute/7, &program{by: by, route: "GET /partner/items", every: int64(60e9 + float64(i)*4e9), slack: 0.1})
		w.add(at+int64(i)*minute/3, &program{by: by, route: "PUT /partner/stock/{id}", every: 25e9, day: true})
	}
	provider := visitor{addr: netip.MustParseAddr("93.7.7.7"), network: "AS64540", country: "IE", userAgent: "acme-pay-webhook/3", application: "pay-provider"}
	w.add(at, &program{by: provider, route: "POST /payments/notify", every: 9e9, day: true})
	for i := range 2 {
		monitor := visitor{addr: netip.AddrFrom4([4]byte{94, 8, 8, byte(8 + i)}), network: "AS64541", country: "DE", userAgent: "uptime-check/1.0", application: "uptime"}
		w.add(at+int64(i)*1e9, &program{by: monitor, route: "GET /healthz", every: 30e9, slack: 0.01})
	}
	crawler := visitor{addr: netip.MustParseAddr("66.7.8.9"), network: "AS64542", country: "US", userAgent: "Mozilla/5.0 (compatible; examplebot/2.1; +https://bot.example/)"}
	w.add(at, &program{by: crawler, route: "GET /products/{id}", every: 14e9, slack: 0.9})
	admin := visitor{addr: netip.MustParseAddr("10.1.2.3"), userAgent: "backoffice/5.1", fingerprint: "t13i190800_9dc949149365_97f8aa674fd9", user: "admin-1", session: "sadmin"}
	w.add(at, &program{by: admin, route: "DELETE /users/{id}", every: 500e9, day: true})
	w.add(at+130*minute, &nightly{by: ledger, skip: func(at int64) bool { return w.missed != 0 && at >= w.missed && at < w.missed+day }})
	w.add(at, scanner{})
}

// ledger is the partner's job that comes every night.
var ledger = visitor{addr: netip.AddrFrom4([4]byte{91, 11, 0, 2}), network: "AS64530", country: "DE", userAgent: "ledger-sync/4", application: "ledger-sync"}

// swarm is a program of many hands for some time: every call is by one of
// them.
type swarm struct {
	route string
	until int64
	rate  float64 // calls a second, of all of them
	by    func(*world) *visitor
	fill  func(*world, *request)
	calls int // left; 0 = as many as come
}

func (s *swarm) step(w *world, now int64) int64 {
	w.ask(now, w.routes[s.route], s.by(w), func(q *request) {
		if s.fill != nil {
			s.fill(w, q)
		}
	})
	if s.calls > 0 {
		if s.calls--; s.calls == 0 {
			return 0
		}
	}
	if next := now + max(1, int64(math.Abs(w.lognormal(1e9/s.rate, 0.25)))); next < s.until {
		return next
	}
	return 0
}
