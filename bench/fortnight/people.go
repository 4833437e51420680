package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"
)

// person is a customer with a few devices and places.
type person struct {
	name    string
	devices [2]device
	places  [2]place // at home or at work, and on the way
	orders  int      // id of the first of a few orders
	count   int      // of them
}

type device struct{ userAgent, fingerprint string }

type place struct {
	addr    netip.Addr
	network string
}

var browsers = [...]device{
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36", "t13d1516h2_8daaf6152771_02713d6af862"},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15", "t13d2014h2_a09f3c656075_14788d8d241b"},
	{"Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0", "t13d1715h2_5b57614c22b0_5c2c66f702b0"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1", "t13d2014h2_a09f3c656075_e42f34c56612"},
	{"Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Mobile Safari/537.36", "t13d1517h2_8daaf6152771_b0da82dd1658"},
}

// newPeople makes customers: one in eight sits in one of three offices that
// share an address, and all are on the way at times, behind few addresses.
func newPeople(rng *rand.Rand, n int) []person {
	people := make([]person, n)
	for i := range people {
		p := &people[i]
		p.name = "u" + strconv.Itoa(10_000+i)
		p.devices = [2]device{browsers[rng.IntN(3)], browsers[3+rng.IntN(2)]}
		p.places[0] = place{netip.AddrFrom4([4]byte{81, byte(i >> 8), byte(i), 7}), "AS" + strconv.Itoa(64_500+rng.IntN(9))}
		if rng.IntN(8) == 0 {
			p.places[0] = place{netip.AddrFrom4([4]byte{82, 1, 1, byte(1 + rng.IntN(3))}), "AS64510"}
		}
		p.places[1] = place{netip.AddrFrom4([4]byte{83, 2, byte(rng.IntN(2)), byte(rng.IntN(120))}), "AS64511"}
		p.orders, p.count = rng.IntN(190_000), 1+rng.IntN(6)
	}
	return people
}

// busy is how much goes on at a time, as a share of the busiest hour: by hour
// of the day and day of the week. One Wednesday is a holiday, like a Sunday.
func busy(w *world, at int64) float64 {
	t := time.Unix(0, at).UTC()
	h := float64(t.Hour()) + float64(t.Minute())/60
	level := 0.12 + 0.88*math.Exp(-math.Pow((h-14)/5.2, 2)/2) + 0.25*math.Exp(-math.Pow((h-20.5)/1.6, 2)/2)
	weekday := t.Weekday()
	if at >= w.from+9*day && at < w.from+10*day {
		weekday = time.Sunday
	}
	switch weekday {
	case time.Saturday:
		level *= 0.75
	case time.Sunday:
		level *= 0.6
	}
	return level
}

// arrivals begins the visits of people.
type arrivals struct {
	mood  float64 // how the last hours went, about 1
	until int64
}

func (a *arrivals) step(w *world, now int64) int64 {
	if now >= a.until { // what nobody can explain: a newsletter, the weather
		a.mood = math.Exp(0.7*math.Log(max(a.mood, 0.1)) + 0.06*w.rng.NormFloat64())
		if a.until == 0 {
			a.mood = 1
		}
		a.until = now + hour/2
	}
	p := &w.people[w.rng.IntN(len(w.people))]
	w.add(now, newVisit(w, p))
	return now + w.wait(0.45*w.rate*busy(w, now)*a.mood)
}

// visit is one person on one device for some minutes.
type visit struct {
	person *person
	by     visitor
	at     string // route of the page that is open
	left   int    // pages until the person leaves
	logged bool
	failed int
}

func newVisit(w *world, p *person) *visit {
	where := w.rng.IntN(3) / 2
	d, pl := p.devices[where], p.places[where]
	return &visit{
		person: p, left: 3 + int(w.rng.ExpFloat64()*7), at: "GET /",
		by: visitor{addr: pl.addr, network: pl.network, country: "DE", userAgent: d.userAgent, fingerprint: d.fingerprint,
			session: fmt.Sprintf("s%08x", w.rng.Uint32())},
	}
}

// next are the pages that people go to from a page, with their odds.
var next = map[string][]struct {
	odds int
	to   string
}{
	"GET /":              {{4, "GET /products"}, {3, "GET /search"}, {2, "POST /login"}},
	"GET /products":      {{6, "GET /products/{id}"}, {1, "GET /search"}, {1, "GET /"}},
	"GET /search":        {{5, "GET /products/{id}"}, {2, "GET /search"}},
	"GET /products/{id}": {{4, "GET /products"}, {4, "GET /products/{id}"}, {2, "POST /carts"}, {1, "POST /login"}},
	"POST /carts":        {{3, "PUT /carts/{id}"}, {2, "POST /login"}, {2, "GET /products"}},
	"PUT /carts/{id}":    {{2, "POST /payments"}, {2, "GET /products"}},
	"POST /login":        {{5, "GET /me"}, {2, "GET /orders"}},
	"GET /me":            {{3, "GET /orders"}, {1, "GET /users/{id}"}, {1, "GET /reports"}, {3, "GET /products"}},
	"GET /users/{id}":    {{1, "GET /me"}},
	"GET /orders":        {{4, "GET /orders/{id}"}, {1, "GET /me"}},
	"GET /orders/{id}":   {{3, "GET /orders"}, {1, "GET /payments/{id}"}, {1, "GET /orders/{id}"}},
	"GET /payments/{id}": {{1, "GET /orders"}},
	"POST /payments":     {{1, "GET /payments/{id}"}, {1, "GET /orders"}},
	"GET /reports":       {{5, "GET /reports/{id}"}, {1, "GET /me"}},
	"GET /reports/{id}":  {{3, "GET /reports"}, {1, "GET /export"}},
	"GET /export":        {{1, "GET /me"}},
}

func (v *visit) step(w *world, now int64) int64 {
	w.ask(now, w.routes[v.at], &v.by, v.fill(w))
	if v.at == "GET /" || v.at == "GET /products" {
		for i := range int64(2 + w.rng.IntN(4)) {
			w.ask(now+(i+1)*60_000_000, w.routes["GET /static/{file}"], &v.by, v.referred)
		}
	}
	v.left--
	if v.left <= 0 {
		return 0
	}
	if v.at == "POST /login" && v.failed > 0 && v.failed < 3 && !v.logged {
		return now + int64(w.lognormal(6e9, 0.5)) // tries again
	}
	v.at = v.choose(w)
	return now + int64(w.lognormal(9e9, 0.9)) + 400_000_000
}

func (v *visit) referred(q *request) { q.referer = "https://shop.example/" }

// fill is what is particular about a person's request.
func (v *visit) fill(w *world) func(*request) {
	return func(q *request) {
		v.referred(q)
		switch v.at {
		case "POST /login":
			v.logged = w.rng.Float64() > 0.09
			if !v.logged {
				v.failed++
				q.status, q.answered = 401, 120
				return
			}
			v.failed, v.by.user = 0, v.person.name
		case "GET /search":
			q.query = "q=" + words[w.rng.IntN(len(words))]
		case "GET /products":
			q.query = "page=" + strconv.Itoa(1+int(w.rng.ExpFloat64()*2))
		case "GET /orders/{id}", "GET /payments/{id}":
			q.path = q.route.appendObject(q.path[:0], v.person.orders+w.rng.IntN(v.person.count))
		case "GET /users/{id}":
			q.path = q.route.appendObject(q.path[:0], v.person.orders%50_000)
		}
	}
}

var words = [...]string{"lamp", "chair", "desk", "rug", "mirror", "shelf", "vase", "clock", "sofa", "bed"}

// choose goes to another page; what needs a login leads there first.
func (v *visit) choose(w *world) string {
	ways := next[v.at]
	total := 0
	for _, way := range ways {
		total += way.odds
	}
	luck := w.rng.IntN(total)
	to := ways[0].to
	for _, way := range ways {
		if luck -= way.odds; luck < 0 {
			to = way.to
			break
		}
	}
	if w.routes[to].api != "shop" && v.by.user == "" {
		return "POST /login"
	}
	return to
}
