package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// layout writes one request as a gateway's log has it.
type layout func(b []byte, r *request) []byte

// writeLog makes a log like that of a shop with an API: a few thousand
// clients, paths with ids, long user agents, a referer on most lines, some
// errors. It is the same for a number of lines, but for the times.
func writeLog(path string, lines int, as layout) error {
	return writeLogOver(path, lines, time.Hour, as)
}

// writeLogOver is writeLog for so much time, of the hour that is over now.
func writeLogOver(path string, lines int, span time.Duration, as layout) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	g := newGenerator()
	at := time.Now().Add(-time.Hour)
	step := span / time.Duration(lines+1)
	var line []byte
	for range lines {
		at = at.Add(step)
		line = as(line[:0], g.request(at))
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// The frequencies are those of repetition.
var (
	methods  = []string{"GET", "GET", "GET", "GET", "GET", "GET", "POST", "PUT"}
	statuses = []string{"200", "200", "200", "200", "200", "200", "200", "304", "304", "302", "404", "500"}
	referers = []string{"-", "https://shop.example.net/", "https://shop.example.net/shop/category/shoes", "https://search.example.org/?q=running+shoes"}
)

// generator makes lines of ordinary traffic.
type generator struct {
	random  *rand.Rand
	clients []visitor
	agents  []string
	last    request
}

// request is what one line tells.
type request struct {
	at                      time.Time
	client                  visitor
	method, status, referer string
	uri                     []byte
	bytes                   int64
}

func newGenerator() *generator {
	g := &generator{random: rand.New(rand.NewPCG(20, 26))}
	systems := []string{"X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "iPhone; CPU iPhone OS 17_5 like Mac OS X"}
	for version := range 24 {
		for _, system := range systems {
			g.agents = append(g.agents, fmt.Sprintf(
				"Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", system, 110+version))
		}
	}
	for range 20_000 {
		// From 60.0.0.0 on: no network that honeymoat takes for its own.
		n := g.random.Uint32()
		g.clients = append(g.clients, visitor{
			fmt.Sprintf("%d.%d.%d.%d", 60+n>>24%60, n>>16&255, n>>8&255, 1+n%254), g.agents[g.skewed(len(g.agents))],
		})
	}
	return g
}

// visitor is an address with its browser.
type visitor struct{ address, agent string }

// request makes the next request, which is valid until the one after.
func (g *generator) request(at time.Time) *request {
	r := &g.last
	r.at = at
	r.client = g.clients[g.skewed(len(g.clients))]
	r.method = pick(g, methods)
	r.uri = g.path(r.uri[:0])
	r.status = pick(g, statuses)
	r.bytes = int64(g.random.IntN(40_000))
	r.referer = pick(g, referers)
	return r
}

// combined is the format that nginx and Apache write unless told otherwise.
func combined(b []byte, r *request) []byte {
	b = append(b, r.client.address...)
	b = append(b, " - - ["...)
	b = r.at.AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	b = append(b, "] \""...)
	b = append(b, r.method...)
	b = append(b, ' ')
	b = append(b, r.uri...)
	b = append(b, " HTTP/1.1\" "...)
	b = append(b, r.status...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, r.bytes, 10)
	b = append(b, " \""...)
	b = append(b, r.referer...)
	b = append(b, "\" \""...)
	b = append(b, r.client.agent...)
	return append(b, "\"\n"...)
}

// documented is our log_format for nginx, see deploy/gateways/nginx.
func documented(b []byte, r *request) []byte {
	field := func(name, value string) {
		b = append(append(append(b, `,"`...), name...), `":"`...)
		b = append(append(b, value...), '"')
	}
	b = append(b, `{"time":"`...)
	b = strconv.AppendInt(b, r.at.Unix(), 10)
	b = append(b, ".125\""...)
	field("peer", r.client.address)
	field("client", r.client.address)
	field("forwarded_for", "")
	field("method", r.method)
	field("host", "shop.example.net")
	field("uri", string(r.uri))
	field("protocol", "HTTP/1.1")
	field("status", r.status)
	field("request_bytes", "512")
	field("response_bytes", strconv.FormatInt(r.bytes, 10))
	field("duration", "0.012")
	field("upstream_duration", "0.011")
	field("user_agent", r.client.agent)
	field("referer", r.referer)
	field("content_type", "")
	field("request_id", "7f3a1c9e5b2d48f6a0c4e8b1d3f59a27")
	field("user", "")
	field("tls_version", "TLSv1.3")
	field("decision", "")
	return append(b, "}\n"...)
}

// skewed is an index of which low ones are much more frequent.
func (g *generator) skewed(n int) int {
	f := g.random.Float64()
	return int(f * f * f * float64(n))
}

func pick(g *generator, from []string) string { return from[g.random.IntN(len(from))] }

func (g *generator) path(b []byte) []byte {
	id := int64(g.skewed(100_000))
	switch g.random.IntN(6) {
	case 0:
		return append(strconv.AppendInt(append(b, "/api/v1/orders/"...), id, 10), "/items"...)
	case 1:
		return append(strconv.AppendInt(append(b, "/api/v1/products?page="...), id%50, 10), "&sort=price&currency=EUR"...)
	case 2:
		return append(strconv.AppendInt(append(b, "/static/js/chunk-"...), id%300, 16), ".js"...)
	case 3:
		return append(strconv.AppendInt(append(b, "/images/product/"...), id, 10), "/large.webp"...)
	case 4:
		return append(b, "/api/v1/session"...)
	default:
		return strconv.AppendInt(append(b, "/shop/category/shoes/item-"...), id, 10)
	}
}
