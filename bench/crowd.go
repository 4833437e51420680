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
}

// arrival is what the process writes, a line for each block that all of its
// agents enforce.
type arrival struct {
	Target string `json:"target"`
	First  int64  `json:"first"` // when the first of them did, in Unix nanoseconds
	Last   int64  `json:"last"`
}

// inStep is the target of the line that is written once all agents are linked
// and have their sets.
const inStep = "in step"

// crowd is all agents of the process.
type crowd struct {
	size  int
	write func(arrival) error

	mu    sync.Mutex
	count map[string]int
	first map[string]time.Time
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
		size: len(order.Names), count: map[string]int{}, first: map[string]time.Time{},
		write: func(a arrival) error { return out.Encode(a) },
	}
	ctx, cancel := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	for i, name := range order.Names {
		g.Go(func() error { return c.play(ctx, order.URL, name, order.Tokens[i]) })
	}
	_, err = in.ReadByte()
	cancel()
	if err == nil {
		return errors.New("one line of input is all that is read")
	}
	return errors.Join(g.Wait(), c.err)
}

// play is one agent from its enrolment on.
func (c *crowd) play(ctx context.Context, url, name, token string) error {
	credential, err := gateway.Enrol(ctx, url, block.EnrolRequest{Token: token, Name: name, Software: "crowd"})
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(credential.CAPEM))
	link, err := bus.NewAgent(bus.AgentOptions{
		URLs: credential.BusURLs, Name: name, Secret: credential.Secret,
		TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		return err
	}
	m := &member{crowd: c, replica: block.NewReplica(), epoch: time.Now(), changed: make(chan struct{}, 1)}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return link.Follow(ctx, m) })
	g.Go(func() error { return m.report(ctx, link) })
	return g.Wait()
}

// arrived notes that one more agent enforces a target.
func (c *crowd) arrived(target string) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count[target]++; c.count[target] == 1 {
		c.first[target] = now
	}
	if c.count[target] == c.size {
		err := c.write(arrival{target, c.first[target].UnixNano(), now.UnixNano()})
		c.err = errors.Join(c.err, err)
		delete(c.count, target)
		delete(c.first, target)
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
	if !d.Removed {
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
