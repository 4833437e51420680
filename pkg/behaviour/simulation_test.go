package behaviour

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// request is one of a simulated day.
type request struct {
	at                          time.Duration
	user, session, token, app   string
	address, network, country   string
	agent, method, host, api    string
	path, route, query, referer string
	tags                        string
	status                      int64
	bytes                       int64
}

// world is a simulated day: an API with customers, and a site with visitors.
type world struct {
	random   *rand.Rand
	requests []*request
	strength float64 // of what is planted
	hours    int
	guilty   map[string][]string // actor → detectors of which one has to speak
}

var (
	midnight = time.Date(2025, 10, 10, 0, 0, 0, 0, time.UTC)

	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0"
	app     = "Shop/%d.1 (iPhone; iOS 17.4)"
)

func newWorld(seed uint64, hours int) *world {
	return &world{random: rand.New(rand.NewPCG(seed, 99)), hours: hours, strength: 1, guilty: map[string][]string{}}
}

func (w *world) add(r request) {
	if r.method == "" {
		r.method = "GET"
	}
	if r.status == 0 {
		r.status = 200
	}
	if r.bytes == 0 {
		r.bytes = int64(800 * math.Exp(w.random.NormFloat64()))
	}
	w.requests = append(w.requests, &r)
}

// pause of a person, lognormal.
func (w *world) pause(median float64) time.Duration {
	return time.Duration(median * math.Exp(0.9*w.random.NormFloat64()) * float64(time.Second))
}

func (w *world) someTime() time.Duration {
	return time.Duration(w.random.Float64() * float64(w.hours) * float64(time.Hour))
}

func (w *world) browser(i int) string {
	if i%3 == 0 {
		return fmt.Sprintf(firefox, 110+i%17, 110+i%17)
	}
	return fmt.Sprintf(chrome, 100+i%29)
}

func address(n int) string {
	return fmt.Sprintf("%d.%d.%d.%d", 20+n/7%180, n*37%256, n*101%256, 1+n%254)
}

// popular picks one of n, the first ones more often.
func (w *world) popular(n int) int { return int(float64(n) * math.Pow(w.random.Float64(), 3)) }

// customers use the API: each has orders of his own, signs in, browses products.
func (w *world) customers(n int) {
	for i := range n {
		for range 1 + w.random.IntN(4) {
			w.visit(i)
		}
	}
}

func (w *world) visit(i int) {
	at, name := w.someTime(), fmt.Sprintf("user%d", i)
	r := request{
		user: name, address: address(i), network: fmt.Sprintf("AS%d", 64500+i%9), country: "DE", api: "shop", host: "api.example", agent: fmt.Sprintf(app, 1+i%4),
	}
	if i%10 < 4 {
		r.agent = w.browser(i)
	}
	if i%12 == 0 {
		r.address, r.network = "198.51.100.9", "AS64777" // an office
	}
	mobile := i%5 == 0
	for w.random.Float64() < 0.12 {
		w.add(with(r, at, "POST", "/login", "/login", 401))
		at += w.pause(8)
	}
	w.add(with(r, at, "POST", "/login", "/login", 200))
	w.shop(i, r, at, mobile)
}

func with(r request, at time.Duration, method, path, route string, status int64) request {
	r.at, r.method, r.path, r.route, r.status = at, method, path, route, status
	return r
}

// shop goes through the shop as customers do.
func (w *world) shop(i int, r request, at time.Duration, mobile bool) {
	for range 5 + w.random.IntN(25) {
		at += w.pause(6)
		if mobile && w.random.Float64() < 0.15 {
			r.network, r.address = fmt.Sprintf("AS%d", 64500+w.random.IntN(2)*20+i%9), address(i+5000*w.random.IntN(2))
		}
		switch x := w.random.Float64(); {
		case x < 0.45:
			product := w.popular(3000)
			w.add(with(r, at, "GET", fmt.Sprintf("/products/%d", product), "/products/{id}", 200))
			if w.random.Float64() < 0.3 {
				w.add(with(r, at+w.pause(4), "POST", "/cart", "/cart", 201))
			}
		case x < 0.65:
			pages := 1 + w.popular(9)
			for page := range pages {
				list := with(r, at+w.pause(5), "GET", "/products", "/products", 200)
				list.query, list.bytes = fmt.Sprintf("page=%d&q=shoes", page+1), 20_000
				w.add(list)
				at += 3 * time.Second
			}
		case x < 0.85:
			order := 10_000 + i*7 + w.random.IntN(3)
			status := int64(200)
			if w.random.Float64() < 0.02 {
				status = 404
			}
			w.add(with(r, at, "GET", "/orders", "/orders", 200))
			w.add(with(r, at+time.Second, "GET", fmt.Sprintf("/orders/%d", order), "/orders/{id}", status))
		case x < 0.95:
			w.add(with(r, at, "GET", fmt.Sprintf("/documents/%s", uuid(i, w.random.IntN(4))), "/documents/{uuid}", 200))
		default:
			w.add(with(r, at, "GET", "/me", "/me", 200))
		}
	}
}

func uuid(owner, n int) string {
	h := hashOf(owner*16 + n)
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", h>>32, h>>16&0xffff, h&0xfff, h>>4&0xfff, h>>16)
}

// machines are honest programs: partners who fetch everything, support that
// looks at orders of others, telephones that ask for news.
func (w *world) machines() {
	for partner := range 6 {
		r := request{app: fmt.Sprintf("partner%d", partner), address: address(9000 + partner), network: "AS64900", country: "IE", api: "shop", host: "api.example", agent: "okhttp/4.12.0"}
		for hour := range w.hours {
			at := time.Duration(hour)*time.Hour + time.Duration(partner)*time.Minute
			for page := range 40 {
				list := with(r, at, "GET", "/products", "/products", 200)
				list.query, list.bytes = fmt.Sprintf("page=%d", page+1), 50_000
				w.add(list)
				at += 700 * time.Millisecond
			}
			for product := range 300 {
				w.add(with(r, at, "GET", fmt.Sprintf("/products/%d", product*3+partner), "/products/{id}", 200))
				at += 400 * time.Millisecond
			}
		}
	}
	for agent := range 8 {
		r := request{user: fmt.Sprintf("support%d", agent), address: "198.51.100.9", network: "AS64777", country: "DE", api: "shop", host: "api.example", agent: w.browser(agent)}
		for at := time.Duration(0); at < time.Duration(w.hours)*time.Hour; at += w.pause(120) {
			owner := w.random.IntN(600)
			w.add(with(r, at, "GET", "/orders", "/orders", 200))
			w.add(with(r, at+2*time.Second, "GET", fmt.Sprintf("/orders/%d", 10_000+owner*7+w.random.IntN(3)), "/orders/{id}", 200))
		}
	}
	for phone := range 40 { // asks for news, like clockwork
		r := request{user: fmt.Sprintf("user%d", phone), address: address(phone), network: fmt.Sprintf("AS%d", 64500+phone%9), country: "DE", api: "shop", host: "api.example", agent: w.browser(phone)}
		for at := time.Duration(0); at < time.Duration(w.hours)*time.Hour; at += 60 * time.Second {
			w.add(with(r, at, "GET", "/news", "/news", 200))
		}
	}
	for n := range 400 { // sessions of a portal
		r := request{session: fmt.Sprintf("session%d", n), address: address(20_000 + n), network: fmt.Sprintf("AS%d", 64500+n%9), country: "DE", api: "portal", host: "portal.example", agent: w.browser(n)}
		at := w.someTime()
		for range 4 + w.random.IntN(20) {
			at += w.pause(10)
			if n%6 == 0 && w.random.Float64() < 0.3 { // a telephone between two networks
				r.network = fmt.Sprintf("AS%d", 64500+w.random.IntN(2)*30)
			}
			page := w.random.IntN(12)
			w.add(with(r, at, "GET", fmt.Sprintf("/portal/%d", page), "/portal/{page}", 200))
		}
	}
}

// visitors look at a site of pages with pictures.
func (w *world) visitors(n int) {
	for i := range n {
		r := request{address: address(40_000 + i), host: "www.example", agent: w.browser(i), country: "DE"}
		if i%15 == 0 {
			r.address = "203.0.113.80" // many people behind one address
		}
		at := w.someTime()
		from := "https://search.example/"
		if w.random.Float64() < 0.3 {
			from = ""
		}
		for page := range 1 + int(8*math.Exp(0.8*w.random.NormFloat64())) {
			r.referer = from
			article := w.popular(4000)
			w.add(with(r, at, "GET", fmt.Sprintf("/articles/%d", article), "/articles/{id}", 200))
			if page == 0 && w.random.Float64() < 0.96 {
				for part := range 6 {
					w.add(with(r, at+time.Second, "GET", fmt.Sprintf("/static/%d.js", part), "/static/{slug}.js", 200))
				}
			}
			from = "https://www.example/articles/1"
			at += w.pause(25)
		}
	}
	for i := range 12 { // crawlers that say so
		r := request{address: address(60_000 + i), host: "www.example", agent: fmt.Sprintf("Mozilla/5.0 (compatible; Crawler%d/2.1; +http://crawler.example/bot.html)", i)}
		for at := w.someTime() / 8; at < time.Duration(w.hours)*time.Hour; at += w.pause(20) {
			status := int64(200)
			if w.random.Float64() < 0.05 {
				status = 404
			}
			w.add(with(r, at, "GET", fmt.Sprintf("/articles/%d", w.random.IntN(4000)), "/articles/{id}", status))
		}
	}
}

// honest is a whole day without anything.
func (w *world) honest() *world {
	w.customers(600)
	w.machines()
	w.visitors(1500)
	w.oddities()
	return w
}

var textFields = [...]event.TextField{
	event.User, event.Session, event.Principal, event.Application, event.Network, event.Country, event.UserAgent, event.Method,
	event.Host, event.API, event.Path, event.Route, event.Query, event.Referer, event.Tags,
}

func (r *request) texts() [len(textFields)]string {
	return [...]string{
		r.user, r.session, r.token, r.app, r.network, r.country, r.agent, r.method, r.host, r.api, r.path, r.route, r.query, r.referer, r.tags,
	}
}

// batch makes columns of the requests, in the order of time.
func (w *world) batch() *event.Batch {
	slices.SortStableFunc(w.requests, func(a, b *request) int { return int(a.at - b.at) })
	b := &event.Batch{Header: event.Header{Source: "sim", Gateway: "gw", File: "f"}}
	for i, r := range w.requests {
		b.SetNumber(event.Time, midnight.Add(r.at).UnixNano())
		b.SetNumber(event.Offset, int64(i))
		b.SetNumber(event.Status, r.status)
		b.SetNumber(event.ResponseBytes, r.bytes)
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(r.address))
		texts := r.texts()
		for i, f := range textFields {
			b.SetString(f, texts[i])
		}
		b.EndRow()
	}
	return b
}

// watched gives what an observer tells of the whole world.
func (w *world) watched(o *Observer) []Suspicion {
	var told []Suspicion
	b := w.batch()
	o.Add(b, 0, b.Rows(), nil, func(s *Suspicion) { told = append(told, *s) })
	return told
}

func describeAll(told []Suspicion) string {
	var s strings.Builder
	for _, t := range told {
		fmt.Fprintf(&s, "\n  %s %s %s p=%.2g seen %.1f, ordinary %.1f to %.1f: %s", t.Detector, t.Actor, t.Tier, t.Statistic.Probability, t.Statistic.Seen, t.Statistic.Lower, t.Statistic.Upper, t.Reason)
	}
	return s.String()
}

func TestAnHonestDayIsSilent(t *testing.T) {
	w := newWorld(1, 8).honest()
	o := New(Options{})
	told := w.watched(o)
	t.Logf("%d requests of %d actors", len(w.requests), o.Stats().Actors)
	if len(told) > 0 {
		t.Errorf("%d suspicions:%s", len(told), describeAll(told))
	}
}
