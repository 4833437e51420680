package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// writeLog makes a combined log like that of a shop with an API: a few
// thousand clients, paths with ids, long user agents, a referer on most lines,
// some errors. It is the same for a number of lines, but for the times.
func writeLog(path string, lines int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	g := newGenerator()
	at := time.Now().Add(-time.Hour)
	step := time.Hour / time.Duration(lines+1)
	var line []byte
	for range lines {
		at = at.Add(step)
		line = g.line(line[:0], at)
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
	methods  = []string{"GET ", "GET ", "GET ", "GET ", "GET ", "GET ", "POST ", "PUT "}
	statuses = []string{"200", "200", "200", "200", "200", "200", "200", "304", "304", "302", "404", "500"}
	referers = []string{"-", "https://shop.example.net/", "https://shop.example.net/shop/category/shoes", "https://search.example.org/?q=running+shoes"}
)

// generator makes lines of ordinary traffic.
type generator struct {
	random  *rand.Rand
	clients []string
	agents  []string
}

func newGenerator() *generator {
	g := &generator{random: rand.New(rand.NewPCG(20, 26))}
	for range 20_000 {
		// From 60.0.0.0 on: no network that honeymoat takes for its own.
		n := g.random.Uint32()
		g.clients = append(g.clients, fmt.Sprintf("%d.%d.%d.%d", 60+n>>24%60, n>>16&255, n>>8&255, 1+n%254))
	}
	systems := []string{"X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "iPhone; CPU iPhone OS 17_5 like Mac OS X"}
	for version := range 24 {
		for _, system := range systems {
			g.agents = append(g.agents, fmt.Sprintf(
				"Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", system, 110+version))
		}
	}
	return g
}

func (g *generator) line(b []byte, at time.Time) []byte {
	b = append(b, g.clients[g.skewed(len(g.clients))]...)
	b = append(b, " - - ["...)
	b = at.AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	b = append(b, "] \""...)
	b = append(b, pick(g, methods)...)
	b = g.path(b)
	b = append(b, " HTTP/1.1\" "...)
	b = append(b, pick(g, statuses)...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(g.random.IntN(40_000)), 10)
	b = append(b, " \""...)
	b = append(b, pick(g, referers)...)
	b = append(b, "\" \""...)
	b = append(b, g.agents[g.skewed(len(g.agents))]...)
	return append(b, "\"\n"...)
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
