package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// population is a place of so many routes, addresses and users that baselines
// have no room for more.
type population struct {
	gateways, apis, routes, networks, people int
	at                                       time.Time
	minutes                                  int // that went by
	batch                                    event.Batch
}

// newPopulation fills the shares that baselines have of so many series.
func newPopulation(series int) *population {
	return &population{
		gateways: max(1, series/500), apis: max(1, series/50), routes: max(1, series/5), networks: max(1, series/12),
		people: max(1, series*29/100), at: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
	}
}

// minute gives each gateway's requests of the next minute to take: so many of
// all, each on the next route and by the next of the people.
func (p *population) minute(requests int, take func(*event.Batch)) {
	each := max(1, requests/p.gateways)
	for g := range p.gateways {
		b := &p.batch
		b.Reset()
		name := fmt.Sprintf("gateway-%d", g)
		b.Header = event.Header{Source: name, Gateway: name, File: "00000000000000be", Path: "access.log"}
		for i := range each {
			p.request(b, g+p.gateways*i, p.minutes*requests+g*each+i)
			b.SetNumber(event.Time, p.at.Add(time.Duration(i)*time.Minute/time.Duration(each)).UnixNano())
			b.EndRow()
		}
		b.Received = p.at.Add(time.Minute).UnixNano()
		take(b)
	}
	p.at = p.at.Add(time.Minute)
	p.minutes++
}

// request is one of some route by somebody.
func (p *population) request(b *event.Batch, route, who int) {
	route, who = route%p.routes, who%p.people
	b.SetString(event.Method, "GET")
	b.SetString(event.Host, "api.example.net")
	b.SetString(event.API, fmt.Sprintf("api-%d", route%p.apis))
	b.SetString(event.Route, fmt.Sprintf("/v1/things-%d/{id}", route))
	b.SetString(event.Path, fmt.Sprintf("/v1/things-%d/%d", route, who%977))
	b.SetString(event.User, fmt.Sprintf("customer-%d", who))
	b.SetString(event.Network, fmt.Sprintf("AS%d", who%p.networks))
	b.SetString(event.Application, fmt.Sprintf("app-%d", who%p.networks))
	b.SetString(event.UserAgent, fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 110+who%24))
	b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{60, byte(who >> 16), byte(who >> 8), byte(who)}))
	b.SetNumber(event.Status, 200)
	b.SetNumber(event.ResponseBytes, int64(1000+who%30_000))
	b.SetNumber(event.Duration, int64(1+who%50)*int64(time.Millisecond))
}
