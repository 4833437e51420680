package slow

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// visit is a request of the simulated town, as a log would have it.
type visit struct {
	at               int64 // Unix nanoseconds
	address          string
	user, key        string
	country, network string
	method, route    string // "/orders/{id}"
	object           string
	query            string
	status           int64
	bytes            int64
	agent            string
}

const (
	browserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
	programAgent = "acme-sync/2.1"
	firstDay     = 20_000 // of the simulation
	second       = int64(1e9)
)

// town simulates an API and those who use it, day by day.
type town struct {
	*rand.Rand
	visits []visit
	orders int              // that exist
	owned  map[string][]int // orders of a user
	fresh  []int            // orders of the day
}

func newTown(seed uint64) *town {
	return &town{Rand: rand.New(rand.NewPCG(seed, seed)), orders: 50_000, owned: map[string][]int{}}
}

// when is a time of a day, at an hour that people are awake at.
func (w *town) when(day int) int64 {
	hour := 8 + 14*w.Float64()
	return (int64(firstDay+day)*24*3600+int64(3600*hour))*second + w.Int64N(second)
}

func (w *town) see(v visit) { w.visits = append(w.visits, v) }

// product is one of 3,000, of which few are popular.
func (w *town) product() string { return strconv.Itoa(int(3000 * math.Pow(w.Float64(), 3))) }

// day lets everybody do what they do.
func (w *town) day(day int) {
	w.fresh = w.fresh[:0]
	for n := range 300 {
		if w.Float64() < 0.3+0.5*float64(n%7)/7 {
			w.person(day, n)
		}
	}
	for n := range 300 {
		if w.Float64() < 0.4 {
			w.passer(day, n)
		}
	}
	for n := range 40 {
		w.partner(day, n)
	}
}

// person is a user with orders of their own, at home and on the way.
func (w *town) person(day, n int) {
	user := fmt.Sprintf("user%d", n)
	home := visit{address: fmt.Sprintf("10.1.%d.%d", n/200, n%200), user: user, country: "NL", network: fmt.Sprintf("AS10%d", n%5), agent: browserAgent}
	mobile := home
	mobile.address, mobile.network = fmt.Sprintf("10.2.%d.%d", w.IntN(50), w.IntN(200)), "AS200"
	if n%40 == 0 && day%7 == 3 { // who works abroad once a week
		mobile.country, mobile.network = "BE", "AS300"
	}
	w.signIn(day, home)
	if w.Float64() < 0.4 {
		w.orders += 1 + w.IntN(40)
		w.owned[user] = append(w.owned[user], w.orders)
		w.fresh = append(w.fresh, w.orders)
	}
	for range 3 + w.IntN(25) {
		v := home
		if w.Float64() < 0.3 {
			v = mobile
		}
		v.at, v.method, v.status, v.bytes = w.when(day), "GET", 200, int64(math.Exp(9+1.2*w.NormFloat64()))
		v.route, v.object = "/products/{id}", w.product()
		if own := w.owned[user]; len(own) > 0 && w.Float64() < 0.4 {
			v.route, v.object = "/orders/{id}", strconv.Itoa(own[w.IntN(len(own))])
		}
		w.see(v)
	}
}

// signIn fails one time in eight.
func (w *town) signIn(day int, v visit) {
	v.method, v.route, v.user, v.at = "POST", "/login", "", w.when(day)
	for v.status = 401; v.status == 401; v.at += 10 * second {
		if v.status = 200; w.Float64() < 0.12 {
			v.status = 401
		}
		w.see(v)
	}
}

// passer is somebody without an account.
func (w *town) passer(day, n int) {
	for range 1 + w.IntN(12) {
		w.see(visit{
			at: w.when(day), address: fmt.Sprintf("10.3.%d.%d", n/200, n%200), country: "NL", network: "AS400", agent: browserAgent,
			method: "GET", route: "/products/{id}", object: w.product(), status: 200, bytes: 4000,
		})
	}
}

// partner is a program with a key, which says what it is, and handles new
// orders in order.
func (w *town) partner(day, n int) {
	v := visit{address: fmt.Sprintf("10.4.0.%d", n), key: fmt.Sprintf("key%d", n), country: "DE", network: "AS500", agent: programAgent, method: "GET", status: 200}
	for minute := n; minute < 24*60; minute += 30 {
		v.at, v.route, v.object, v.bytes = (int64(firstDay+day)*24*60+int64(minute))*60*second, "/orders", "", 20_000
		w.see(v)
	}
	for i, order := range w.fresh {
		if i%4 == n%4 {
			v.at, v.route, v.object, v.bytes = (int64(firstDay+day)*24*3600+82_000+int64(i))*second, "/orders/{id}", strconv.Itoa(order), 3000
			w.see(v)
		}
	}
}

// counted makes of visits what the store makes of events.
func counted(visits []visit) []ActorDay {
	type id struct {
		actor finding.Actor
		day   int32
	}
	days := map[id]*ActorDay{}
	slices.SortStableFunc(visits, func(a, b visit) int { return int(a.at/second - b.at/second) })
	for i := range visits {
		v := &visits[i]
		for _, a := range v.actors() {
			key := id{a, int32(v.at / dayLength)}
			if days[key] == nil {
				days[key] = &ActorDay{Actor: a, Day: key.day, First: v.at, Minutes: []uint16{}}
			}
			days[key].count(v, a == v.actors()[0])
		}
	}
	var list []ActorDay
	for _, d := range days {
		if len(d.Minutes) > MaxMinutes {
			d.Minutes = nil
		}
		list = append(list, *d)
	}
	return list
}

// actors are whom a visit names, the closest first.
func (v *visit) actors() (list []finding.Actor) {
	if v.user != "" {
		list = append(list, finding.Actor{Kind: finding.User, Value: v.user})
	}
	if v.key != "" {
		list = append(list, finding.Actor{Kind: finding.Key, Value: v.key})
	}
	return append(list, finding.Actor{Kind: finding.Address, Value: v.address})
}

func (d *ActorDay) count(v *visit, closest bool) {
	d.Last = v.at
	d.Requests++
	if minute := uint16(v.at / (60 * second) % (24 * 60)); !slices.Contains(d.Minutes, minute) {
		d.Minutes = append(d.Minutes, minute)
		slices.Sort(d.Minutes)
	}
	if v.route == "/login" {
		d.Logins++
		if v.status == 401 {
			d.FailedLogins++
			d.FailedFrom++
		}
	}
	at := slices.IndexFunc(d.Places, func(p Place) bool { return p.Country == v.country && p.Network == v.network })
	if at < 0 {
		d.Places = append(d.Places, Place{Country: v.country, Network: v.network, First: v.at})
		at = len(d.Places) - 1
	}
	d.Places[at].Last = v.at
	d.Places[at].Requests++
	if !closest {
		return
	}
	d.Acts++
	if strings.HasPrefix(v.agent, "Mozilla") {
		d.Browsers++
	}
	if v.status < 400 {
		d.Answered++
		d.Bytes += v.bytes
	}
	d.countRoute(v)
}

func (d *ActorDay) countRoute(v *visit) {
	route := v.method + " " + v.route
	at := slices.IndexFunc(d.Routes, func(r RouteDay) bool { return r.Route == route })
	if at < 0 {
		d.Routes = append(d.Routes, RouteDay{Route: route, API: "shop", Owner: "checkout"})
		at = len(d.Routes) - 1
	}
	r := &d.Routes[at]
	r.Requests++
	if v.status == 401 || v.status == 403 || v.status == 404 {
		r.Missed++
	}
	r.Bytes += v.bytes
	if object, err := strconv.ParseUint(v.object, 10, 63); err == nil && !slices.Contains(r.Objects, object) {
		r.Distinct++
		if len(r.Objects) < MaxObjects {
			r.Objects = append(r.Objects, object)
		}
	}
	if page, err := strconv.ParseUint(strings.TrimPrefix(v.query, "page="), 10, 32); err == nil && !slices.Contains(r.Pages, uint32(page)) {
		r.Pages = append(r.Pages, uint32(page))
		slices.Sort(r.Pages)
	}
}

// lived is a town after some days in which culprits do what they do as well.
func lived(seed uint64, days int, culprits map[string]func(w *town, day int)) []ActorDay {
	w := newTown(seed)
	for day := range days {
		w.day(day)
		for _, name := range slices.Sorted(maps.Keys(culprits)) {
			culprits[name](w, day)
		}
	}
	return counted(w.visits)
}
