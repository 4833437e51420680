package slow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// crowd is a population of clients with the group of each; honest ones are of
// none.
type crowd struct {
	*rand.Rand
	requests map[string][]Request
	group    map[string]int
}

var browsers = []string{
	"Mozilla/5.0 (Windows NT 10.0) Chrome/126", "Mozilla/5.0 (Windows NT 10.0) Firefox/127", "Mozilla/5.0 (Macintosh) Safari/605",
	"Mozilla/5.0 (X11) Chrome/126", "Mozilla/5.0 (iPhone) Safari/604", "Mozilla/5.0 (Linux; Android 14) Chrome/126",
}

// script is what the bots of a botnet share.
type script struct {
	paths []string
	delay float64 // seconds between requests, on average
	query string
	start float64 // hour
}

func newCrowd(seed uint64) *crowd {
	c := &crowd{rand.New(rand.NewPCG(seed, 7)), map[string][]Request{}, map[string]int{}}
	for n := range 400 {
		c.person(fmt.Sprint("person", n))
	}
	for g := range 8 {
		s := c.script()
		for n := range 6 + c.IntN(10) {
			c.bot(fmt.Sprintf("bot%d-%d", g, n), g+1, s)
		}
	}
	return c
}

// script takes targets that botnets have in common, and some of its own.
func (c *crowd) script() script {
	common := []string{"/wp-login.php", "/.env", "/xmlrpc.php", "/admin/config.php", "/api/v1/users", "/login", "/products", "/search", "/.git/config", "/vendor/phpunit", "/actuator/env", "/index.php"}
	s := script{delay: []float64{0.3, 1, 2, 5, 20, 60}[c.IntN(6)], query: []string{"", "id=1", "q=x&page=2", "token=a"}[c.IntN(4)], start: 24 * c.Float64()}
	for range 4 + c.IntN(4) {
		s.paths = append(s.paths, common[c.IntN(len(common))])
	}
	for n := range 1 + c.IntN(3) {
		s.paths = append(s.paths, fmt.Sprintf("/shop/%d/item%d", c.IntN(4), n))
	}
	return s
}

// person looks at pages with what belongs to them.
func (c *crowd) person(name string) {
	agent := browsers[c.IntN(len(browsers))]
	at, before := int64(3600*(7+15*c.Float64()))*second, ""
	for range 2 + c.IntN(8) {
		path := []string{"/", "/products", "/products/" + fmt.Sprint(c.IntN(500)), "/search", "/cart", "/about", "/blog/" + fmt.Sprint(c.IntN(30)), "/login"}[c.IntN(8)]
		r := Request{Time: at, Method: "GET", Path: path, Status: 200, Protocol: "HTTP/2.0", UserAgent: agent, Referer: before}
		if path == "/search" {
			r.Query = "q=" + fmt.Sprint(c.IntN(99))
		}
		c.requests[name] = append(c.requests[name], r)
		for _, asset := range []string{"/static/app.js", "/static/app.css", "/static/logo.png"} {
			r.Path, r.Query, r.Referer = asset, "", "https://shop.example"+path
			r.Time += second / 10
			if c.Float64() < 0.5 {
				c.requests[name] = append(c.requests[name], r)
			}
		}
		before = "https://shop.example" + path
		at += int64(c.ExpFloat64()*30+2) * second
	}
}

// bot follows its script with jitter: it leaves out a third, changes the order
// of some, and its user agent and hour are its own.
func (c *crowd) bot(name string, group int, s script) {
	c.group[name] = group
	agent := browsers[c.IntN(len(browsers))]
	at := int64(3600*(s.start+6*c.Float64())) * second
	for range 1 + c.IntN(3) {
		paths := slices.Clone(s.paths)
		if i := c.IntN(len(paths) - 1); c.Float64() < 0.5 {
			paths[i], paths[i+1] = paths[i+1], paths[i]
		}
		for _, path := range paths {
			if c.Float64() < 0.3 {
				continue
			}
			status := int64(404)
			if strings.HasPrefix(path, "/shop") || path == "/products" {
				status = 200
			}
			c.requests[name] = append(c.requests[name], Request{Time: at, Method: "GET", Path: path, Query: s.query, Status: status, Protocol: "HTTP/1.1", UserAgent: agent})
			at += int64(s.delay * (0.5 + c.ExpFloat64()) * float64(second))
		}
	}
	if len(c.requests[name]) == 0 {
		c.requests[name] = []Request{{Time: at, Method: "GET", Path: s.paths[0], Status: 404, Protocol: "HTTP/1.1", UserAgent: agent}}
	}
}

// precision asks for the most alike of every bot, and gives how many of the
// first 5 and of the first 10 are of its botnet, beside what chance would give.
func (c *crowd) precision(without ...Aspect) (five, ten, chance float64) {
	var all []Candidate
	for name, requests := range c.requests {
		all = append(all, Candidate{name, NewProfile(requests, without...)})
	}
	slices.SortFunc(all, func(a, b Candidate) int { return strings.Compare(a.Name, b.Name) })
	mates := map[int]int{}
	for _, g := range c.group {
		mates[g]++
	}
	asked := float64(len(c.group))
	for i, of := range all {
		group := c.group[of.Name]
		if group == 0 {
			continue
		}
		found := Similar(of.Profile, slices.Delete(slices.Clone(all), i, i+1), 10)
		hits := func(k int) (n float64) {
			for _, m := range found[:k] {
				if c.group[m.Name] == group {
					n++
				}
			}
			return n / float64(min(k, mates[group]-1))
		}
		five, ten = five+hits(5)/asked, ten+hits(10)/asked
		chance += float64(mates[group]-1) / float64(len(all)-1) / asked
	}
	return five, ten, chance
}

// TestBotsOfABotnetAreFoundByOneOfThem measures the precision among 400 honest
// clients and eight botnets that share targets; their user agents tell nothing.
func TestBotsOfABotnetAreFoundByOneOfThem(t *testing.T) {
	c := newCrowd(1)
	five, ten, chance := c.precision()
	t.Logf("precision@5 %.3f, @10 %.3f, by chance %.3f", five, ten, chance)
	if five < 0.85 || ten < 0.85 {
		t.Errorf("precision@5 is %.3f, @10 %.3f", five, ten)
	}
	for _, only := range Aspects() {
		alone, _, _ := c.precision(slices.DeleteFunc(Aspects(), func(a Aspect) bool { return a == only })...)
		t.Logf("%-10s alone: precision@5 %.3f", only, alone)
	}
}

func TestMatchesAreExplained(t *testing.T) {
	c := newCrowd(2)
	of := NewProfile(c.requests["bot0-0"])
	m := Similar(of, []Candidate{{"bot0-1", NewProfile(c.requests["bot0-1"])}, {"person1", NewProfile(c.requests["person1"])}, {"itself", of}}, 2)
	if len(m) != 2 || m[0].Name != "itself" || m[1].Name != "bot0-1" || m[0].Likeness < 0.999 {
		t.Fatalf("matches %+v", m)
	}
	shares := 0.0
	for _, p := range m[1].Parts {
		shares += p.Share
	}
	if shares < 0.999 || shares > 1.001 || m[1].Parts[0].Common == "" {
		t.Errorf("shares add up to %f: %+v", shares, m[1].Parts)
	}
	if got := Similar(NewProfile(nil), []Candidate{{"bot", of}}, 5); len(got) != 1 || got[0].Likeness != 0 {
		t.Errorf("nobody is like %+v", got)
	}
}

func TestShape(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Shape(in); got != want {
			t.Errorf("%s has the shape %s, want %s", in, got, want)
		}
	}
	f("/", "/")
	f("/users/17/orders/4711.json", "/users/#/orders/#.json")
	f("/v1/item12b", "/v#/item#b")
	f("/f/3f2504e0-4f89-11d3-9a0c-0305e82c3301/x", "/f/*/x")
	f("/static/app.0f3a2b1c9d8e7f60.js", "/static/app.#f#a#b#c#d#e#f#.js")
	f("/"+strings.Repeat("x", 500), "/"+strings.Repeat("x", maxShape-1))
}
