package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus"
)

// crowdStage is the process that plays many agents: each has a credential, a
// TLS connection with the bus and a replica of its own, and reports as an
// agent does. What it lacks of one is the state on disk, which two hundred
// agents of one host would fight for.
const crowdStage = "crowd"

// crowdOrder is what the process reads, as one line.
type crowdOrder struct {
	URL    string   `json:"url"` // of the service's front
	Names  []string `json:"names"`
	Tokens []string `json:"tokens"`
	Ship   string   `json:"ship,omitempty"` // the log that each of them ships, see courier
}

// arrival is what the process writes, a line for each block that all of its
// agents enforce, and for each touch that they have shipped. Times are in Unix
// nanoseconds.
type arrival struct {
	Target string `json:"target"`
	Put    int64  `json:"put,omitempty"`    // when the service put it on the bus
	Stored int64  `json:"stored,omitempty"` // when the bus began to write it
	First  int64  `json:"first"`            // when the first of them enforced it
	Last   int64  `json:"last"`
	// Of a touch.
	Read         int64 `json:"read,omitempty"`         // out of the log
	Closed       int64 `json:"closed,omitempty"`       // its batch: nothing more comes into it
	Acknowledged int64 `json:"acknowledged,omitempty"` // the bus has it on disk
}

// inStep is the target of the line that is written once all agents are linked
// and have their sets.
const inStep = "in step"

// crowd is all agents of the process.
type crowd struct {
	size  int
	ship  string
	write func(arrival) error

	mu    sync.Mutex
	count map[string]int
	on    map[string]arrival // its way
	err   error
}

// runCrowd plays agents until its input ends.
func runCrowd(ctx context.Context) error {
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	var order crowdOrder
	if err := json.Unmarshal(line, &order); err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	c := &crowd{
		size: len(order.Names), ship: order.Ship, count: map[string]int{}, on: map[string]arrival{},
		write: func(a arrival) error { return out.Encode(a) },
	}
	ctx, cancel := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	for i, name := range order.Names {
		g.Go(func() error { return c.play(ctx, order.URL, name, order.Tokens[i], i == 0) })
	}
	_, err = in.ReadByte()
	cancel()
	if err == nil {
		return errors.New("one line of input is all that is read")
	}
	return errors.Join(g.Wait(), c.err)
}

// play is one agent from its enrolment on.
func (c *crowd) play(ctx context.Context, url, name, token string, first bool) error {
	credential, err := gateway.Enrol(ctx, url, block.EnrolRequest{Token: token, Name: name, Software: "crowd"})
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(credential.CAPEM))
	options := bus.AgentOptions{
		URLs: credential.BusURLs, Name: name, Secret: credential.Secret,
		TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	if first && c.ship == "" {
		options.Stamped = c.stamped
	}
	link, err := bus.NewAgent(options)
	if err != nil {
		return err
	}
	m := &member{crowd: c, replica: block.NewReplica(), epoch: time.Now(), changed: make(chan struct{}, 1)}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return link.Follow(ctx, m) })
	g.Go(func() error { return m.report(ctx, link) })
	if c.ship != "" {
		g.Go(func() error { return newCourier(link, c.note).run(ctx, c.ship) })
	}
	return g.Wait()
}

// stamped notes what the bus says of a block that the first agent is about to
// apply: one is enough.
func (c *crowd) stamped(t block.Target, put, stored time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	target := t.String()
	a := c.on[target]
	a.Put, a.Stored = put.UnixNano(), stored.UnixNano()
	c.on[target] = a
}

// note writes what was found out.
func (c *crowd) note(a arrival) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = errors.Join(c.err, c.write(a))
}

// arrived notes that one more agent enforces a target.
func (c *crowd) arrived(target string) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.on[target]
	if c.count[target]++; c.count[target] == 1 {
		a.Target, a.First = target, now.UnixNano()
		c.on[target] = a
	}
	if c.count[target] == c.size {
		a.Last = now.UnixNano()
		c.err = errors.Join(c.err, c.write(a))
		delete(c.count, target)
		delete(c.on, target)
	}
}

// member is one agent's follower.
type member struct {
	crowd   *crowd
	replica *block.Replica
	epoch   time.Time
	changed chan struct{}
	known   atomic.Bool // its set was the service's once
}

func (m *member) now() time.Duration { return time.Since(m.epoch) }

func (m *member) notify() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// reportGap is an agent's own, between two reports of a burst.
const reportGap = 5 * time.Millisecond

// report tells what is enforced after each change, until ctx ends.
func (m *member) report(ctx context.Context, link *bus.Agent) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.changed:
		}
		if err := link.Report(ctx, block.Report{Software: "crowd", Enforcing: m.replica.Versions()}); err != nil && ctx.Err() == nil {
			return err
		}
		if pause(ctx, reportGap) != nil {
			return nil
		}
	}
}

// Linked implements block.Follower.
func (m *member) Linked([]string) { m.notify() }

// Lost implements block.Follower.
func (m *member) Lost(error) {}

// Keys implements block.Follower.
func (m *member) Keys(segment string, keys []block.MatchKey) { m.replica.SetKeys(segment, keys) }

// Expect implements block.Follower.
func (m *member) Expect(segment string) { m.replica.Expect(segment) }

// Load implements block.Follower.
func (m *member) Load(segment string, data []byte) error {
	set, err := block.ReadSnapshot(data, m.now(), 0)
	if err != nil {
		return err
	}
	m.replica.Load(segment, set, m.now())
	m.notify()
	return nil
}

// Apply implements block.Follower.
func (m *member) Apply(segment string, d block.Delta) {
	if !m.replica.Apply(segment, d, m.now()) {
		return
	}
	m.notify()
	if !d.Removed && m.crowd.ship == "" {
		m.crowd.arrived(d.Target.String())
	}
}

// Heartbeat implements block.Follower.
func (m *member) Heartbeat(segment string, v block.Version) (stale bool) {
	stale = m.replica.Heartbeat(segment, v)
	if m.replica.Sets()[segment].Version() == v && !m.known.Swap(true) {
		m.crowd.arrived(inStep)
	}
	return stale
}

// Withdraw implements block.Follower.
func (m *member) Withdraw(block.ID) {}
