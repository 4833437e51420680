package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const partGateways = "gateways"

const (
	// aloneFor and crowdFor are how long each contender is asked in each round,
	// over one connection and over crowdSize.
	aloneFor  = 250 * time.Millisecond
	crowdFor  = 400 * time.Millisecond
	crowdSize = 16
)

// enforcing is what it costs to have a gateway refuse blocked clients, measured
// on requests that pass.
type enforcing struct {
	Gateway  string  `json:"gateway"`
	Way      string  `json:"way"`
	Blocks   int     `json:"blocks"`
	Rate     float64 `json:"requests_per_second,omitempty"` // over crowdSize connections
	P50      float64 `json:"p50_us,omitempty"`              // over one connection, as P99
	P99      float64 `json:"p99_us,omitempty"`
	CrowdP50 float64 `json:"crowd_p50_us,omitempty"` // over crowdSize connections
	CrowdP99 float64 `json:"crowd_p99_us,omitempty"`
	CPU      float64 `json:"cpu_us"`         // processor time a request, of the gateway and its agent
	Cost     *cost   `json:"cost,omitempty"` // none for what the others are compared with
}

// cost is the difference to the bare gateway of the same rounds.
type cost struct {
	Percent float64 `json:"percent"` // of its requests a second
	Micros  float64 `json:"us"`      // longer a request, at the median over one connection
	CPU     float64 `json:"cpu_us"`
}

const enforcingColumns = "\ngateway\tway\tblocks\trequests/s\talone, p50 µs\tp99 µs\tof 16, p50 µs\tp99 µs\tCPU µs\tcosts %%\tµs\tCPU µs"

func (e *enforcing) columns() string {
	of := func(format string, value float64) string {
		if e.Rate == 0 {
			return "" // a handler by itself has no connections
		}
		return fmt.Sprintf(format, value)
	}
	asked := strings.Join([]string{
		of("%.0f", e.Rate), of("%.0f", e.P50), of("%.0f", e.P99), of("%.0f", e.CrowdP50), of("%.0f", e.CrowdP99),
	}, "\t")
	row := fmt.Sprintf("%s\t%s\t%d\t%s\t%.2f", e.Gateway, e.Way, e.Blocks, asked, e.CPU)
	if e.Cost != nil {
		row += fmt.Sprintf("\t%s\t%s\t%.2f", of("%.1f", e.Cost.Percent), of("%.0f", e.Cost.Micros), e.Cost.CPU)
	}
	return row
}

// measureGateways has all ways of all gateways compete, the service being
// stopped: agents and gateways enforce what they hold.
func measureGateways(ctx context.Context, o options) (results []enforcing, err error) {
	s, err := newStage(o, partGateways)
	if err != nil {
		return nil, err
	}
	a := &arena{Stage: s}
	defer func() { err = errors.Join(err, s.Close(), a.close()) }()
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	l, err := startLoad(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.end()) }()
	for _, group := range a.groups() {
		some, err := measureGroup(ctx, l, group, o.rounds)
		if err != nil {
			return nil, err
		}
		results = append(results, some...)
	}
	inside, err := measureMiddleware(ctx, a.inside)
	return append(results, inside...), err
}

// open sets everything up, and stops the service when all contenders hold what
// they should.
func (a *arena) open(ctx context.Context) (err error) {
	if err := a.answers(ctx); err != nil {
		return err
	}
	if a.service, err = a.Service(ctx, nil); err != nil {
		return err
	}
	for _, blocks := range held {
		if err := a.fill(ctx, blocks); err != nil {
			return fmt.Errorf("block %d clients: %w", blocks, err)
		}
	}
	if err := a.prepare(); err != nil {
		return err
	}
	for _, c := range slices.Concat(a.all, a.inside) {
		if err := a.join(ctx, c); err != nil {
			return fmt.Errorf("%s, %s, %d blocks: %w", c.gateway, c.way, c.blocks, err)
		}
	}
	for _, c := range a.inside {
		if err := c.agent.Stop(); err != nil {
			return err
		}
	}
	return a.service.Stop()
}

// groups are contenders that are measured side by side: a gateway, bare and in
// its ways with so many blocks.
func (a *arena) groups() [][]*contender {
	var groups [][]*contender
	for _, gateway := range []string{nginxName, haproxyName, caddyName, envoyName} {
		bare := a.pick(func(c *contender) bool { return c.gateway == gateway && !c.refusing })
		for _, blocks := range held {
			refusing := a.pick(func(c *contender) bool { return c.gateway == gateway && c.refusing && c.blocks == blocks })
			groups = append(groups, append(slices.Clone(bare), refusing...))
		}
	}
	return groups
}

func (a *arena) pick(want func(c *contender) bool) []*contender {
	return slices.DeleteFunc(slices.Clone(a.all), func(c *contender) bool { return !want(c) })
}

// round is how one contender fared in one round.
type round struct {
	alone, crowd answered
	cpu          time.Duration // a request
}

// measureGroup asks contenders in turn, the bare one first in each round: what
// the machine does meanwhile happens to all of them.
func measureGroup(ctx context.Context, l *load, group []*contender, rounds int) ([]enforcing, error) {
	all := make([][]round, len(group))
	for range rounds {
		for i, c := range group {
			r, err := c.fare(l)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, %d blocks: %w", c.gateway, c.way, c.blocks, err)
			}
			all[i] = append(all[i], r)
		}
	}
	results := make([]enforcing, len(group))
	for i, c := range group {
		if err := c.refuses(ctx); err != nil {
			return nil, fmt.Errorf("after it was asked: %w", err)
		}
		results[i] = summary(all[i], all[0])
		results[i].Gateway, results[i].Way, results[i].Blocks = c.gateway, c.way, c.blocks
	}
	results[0].Cost = nil
	return results, nil
}

func (c *contender) fare(l *load) (r round, err error) {
	o := order{Kind: c.kind, Address: c.address, Connections: 1, For: aloneFor}
	if r.alone, err = l.do(o); err != nil {
		return r, err
	}
	before, err := c.usage()
	if err != nil {
		return r, err
	}
	o.Connections, o.For = crowdSize, crowdFor
	if r.crowd, err = l.do(o); err != nil {
		return r, err
	}
	after, err := c.usage()
	r.cpu = (after - before) / time.Duration(r.crowd.Requests)
	return r, err
}

// usage is the processor time that the gateway and its agent took so far.
func (c *contender) usage() (sum time.Duration, err error) {
	for _, p := range c.processes {
		own, below, err := p.Usage()
		if err != nil {
			return 0, err
		}
		sum += own.CPU + below.CPU
	}
	return sum, nil
}

// summary is the medians of rounds, and of the differences to the bare ones.
func summary(rounds, bare []round) enforcing {
	of := func(value func(i int) float64) float64 {
		values := make([]float64, len(rounds))
		for i := range rounds {
			values[i] = value(i)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return enforcing{
		Rate: of(func(i int) float64 { return rounds[i].crowd.rate() }),
		P50:  of(func(i int) float64 { return micros(rounds[i].alone.P50) }), P99: of(func(i int) float64 { return micros(rounds[i].alone.P99) }),
		CrowdP50: of(func(i int) float64 { return micros(rounds[i].crowd.P50) }), CrowdP99: of(func(i int) float64 { return micros(rounds[i].crowd.P99) }),
		CPU: of(func(i int) float64 { return micros(rounds[i].cpu) }),
		Cost: &cost{
			Percent: of(func(i int) float64 { return 100 * (1 - rounds[i].crowd.rate()/bare[i].crowd.rate()) }),
			Micros:  of(func(i int) float64 { return micros(rounds[i].alone.P50 - bare[i].alone.P50) }),
			CPU:     of(func(i int) float64 { return micros(rounds[i].cpu - bare[i].cpu) }),
		},
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
