package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/honeymoat/honeymoat/bench/stage"
	api "github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// held are the numbers of blocks that gateways and their agents hold.
var held = []int{0, 10_000, 100_000}

// contender is a gateway that is set up in one way.
type contender struct {
	gateway   string
	way       string
	refusing  bool // or it is what the others are compared with
	blocks    int
	kind      string // of those that ask it
	address   string
	agent     *stage.Agent     // nil where there is none
	gate      *stage.Gateway   // as visitors see it; nil where none can
	processes []*stage.Process // that take part in an answer
	start     func(ctx context.Context) error
}

// arena is where they compete.
type arena struct {
	*stage.Stage
	service *stage.Service
	backend *stage.Backend
	all     []*contender
	inside  []*contender // agents whose places the middleware takes
	logs    []net.PacketConn
}

// ours are the settings of all agents: they read no log. What reading costs
// is measured by itself.
var ours = stage.Settings{"sources": []stage.Source{}}

// wayOf is a way of a gateway: its name here, and what the stage makes of it.
type wayOf struct {
	name string
	way  stage.Way
}

const bareWay = "bare"

// The gateways. Envoy itself is not there: its questions are asked without it.
const (
	nginxName   = "nginx"
	haproxyName = "HAProxy"
	caddyName   = "Caddy"
	envoyName   = "agent, gRPC"
)

// prepare sets up all contenders and starts none.
func (a *arena) prepare() error {
	err := errors.Join(
		a.nginx(0, false, wayOf{bareWay, stage.Bare}, wayOf{"only our log", stage.LogOnly}),
		a.haproxy(0, false, wayOf{bareWay, stage.Bare}),
		a.caddy(0, false, wayOf{bareWay, stage.Bare}),
		a.envoy(0, false, wayOf{name: bareWay}),
	)
	for _, n := range held {
		err = errors.Join(err,
			a.nginx(n, true, wayOf{"auth_request", stage.ByAsking}, wayOf{"maps", stage.ByMaps}, wayOf{"Lua", stage.ByMemory}),
			a.haproxy(n, true, wayOf{"maps", stage.ByMaps}, wayOf{"maps and SPOE", stage.ByAsking}),
			a.caddy(n, true, wayOf{"forward auth", stage.ByAsking}),
			a.envoy(n, true, wayOf{name: "ext_authz"}),
			a.program(n),
		)
	}
	return err
}

func (a *arena) nginx(blocks int, refusing bool, ways ...wayOf) error {
	for _, w := range ways {
		c := &contender{gateway: nginxName, way: w.name, refusing: refusing, blocks: blocks}
		g, err := a.PrepareGatewayBy(w.way, a.backend, c.name(), ours)
		if err != nil {
			return err
		}
		c.start = g.Start
		a.add(c, g, g.Nginx)
	}
	return nil
}

func (a *arena) haproxy(blocks int, refusing bool, ways ...wayOf) error {
	for _, w := range ways {
		c := &contender{gateway: haproxyName, way: w.name, refusing: refusing, blocks: blocks}
		h, err := a.PrepareHAProxyBy(w.way, a.backend, c.name(), ours)
		if err != nil {
			return err
		}
		if err := a.swallow(h.Places.Log); err != nil {
			return err
		}
		c.start = h.Start
		a.add(c, h.Gateway, h.Proxy)
	}
	return nil
}

func (a *arena) caddy(blocks int, refusing bool, w wayOf) error {
	c := &contender{gateway: caddyName, way: w.name, refusing: refusing, blocks: blocks}
	g, err := a.PrepareCaddyBy(w.way, a.backend, c.name(), ours)
	if err != nil {
		return err
	}
	c.start = g.Start
	a.add(c, g.Gateway, g.Proxy)
	return nil
}

// add takes in a gateway. What refuses nobody has no use for its agent.
func (a *arena) add(c *contender, g *stage.Gateway, proxy *stage.Process) {
	c.kind, c.address, c.gate = kindHTTP, strings.TrimPrefix(g.URL, "http://"), g
	c.processes = []*stage.Process{proxy}
	if c.refusing {
		c.agent = g.Agent
		c.processes = append(c.processes, g.Agent.Process)
	}
	a.all = append(a.all, c)
}

// envoy is an agent that is asked as Envoy asks. What it costs to ask how it
// is, is what gRPC costs.
func (a *arena) envoy(blocks int, refusing bool, w wayOf) error {
	address, err := a.Address()
	if err != nil {
		return err
	}
	c := &contender{gateway: envoyName, way: w.name, refusing: refusing, blocks: blocks, kind: kindHealth, address: address}
	if refusing {
		c.kind = kindEnvoy
	}
	a.all = append(a.all, c)
	return a.alone(c, stage.Settings{"gateways.envoy.listen": address})
}

// program is an agent whose place a Go service takes.
func (a *arena) program(blocks int) error {
	c := &contender{gateway: "net/http", way: "middleware", refusing: true, blocks: blocks}
	a.inside = append(a.inside, c)
	return a.alone(c, nil)
}

// alone gives a contender an agent without a gateway.
func (a *arena) alone(c *contender, settings stage.Settings) (err error) {
	if c.agent, err = a.PrepareAgent(c.name(), ours.With(settings)); err != nil {
		return err
	}
	c.processes = []*stage.Process{c.agent.Process}
	c.start = func(ctx context.Context) error {
		if err := c.agent.Start(); err != nil {
			return err
		}
		return c.agent.WaitListening(ctx)
	}
	return nil
}

// name is one that programs, files and agents may have.
func (c *contender) name() string {
	plain := strings.NewReplacer("/", "-", " ", "-", ",", "", "_", "-")
	return strings.ToLower(plain.Replace(fmt.Sprintf("%s-%s-%d", c.gateway, c.way, c.blocks)))
}

// fill has the service block so many clients in a segment of their own.
func (a *arena) fill(ctx context.Context, blocks int) error {
	for at := 0; at < blocks; at += wire.MaxBulk {
		r := wire.BulkRequest{BlockSpec: wire.BlockSpec{Segment: segmentOf(blocks), LifetimeSeconds: 24 * 3600, Reason: "bench"}}
		for i := at; i < min(blocks, at+wire.MaxBulk); i++ {
			r.Items = append(r.Items, wire.BulkItem{Target: wire.Criteria{{Scope: "address", Value: blockedClient(i)}}})
		}
		answer, err := a.service.API.AddBlocks(ctx, r, api.Call{})
		if err != nil {
			return err
		}
		if made := answer.Counts[wire.OutcomeMade]; made != len(r.Items) {
			return fmt.Errorf("%d of %d clients are blocked: %v", made, len(r.Items), answer.Counts)
		}
	}
	return nil
}

func blockedClient(i int) string { return gatewayClient(uint32(2 * i)).String() }

func segmentOf(blocks int) string { return fmt.Sprintf("held-%d", blocks) }

// join starts a contender, and waits until it refuses whom it should.
func (a *arena) join(ctx context.Context, c *contender) error {
	if c.agent != nil {
		if err := c.agent.Enrol(ctx, a.service, segmentOf(c.blocks)); err != nil {
			return err
		}
	}
	if err := c.start(ctx); err != nil {
		return err
	}
	if c.agent == nil {
		return nil
	}
	err := stage.Until(ctx, c.agent.Name+" is in step", func(ctx context.Context) error { return a.service.API.InStep(ctx, c.agent.Name) })
	if err != nil {
		return err
	}
	return c.refuses(ctx)
}

// refuses waits until blocked clients are refused: some gateways keep a copy
// of their own, which comes later than the agent's.
func (c *contender) refuses(ctx context.Context) error {
	if c.gate == nil || c.blocks == 0 {
		return nil
	}
	for _, i := range []int{0, c.blocks / 2, c.blocks - 1} {
		v := stage.NewVisitor(blockedClient(i), "bench")
		v.Header = http.Header{clientHeaders[1]: {v.Address}}
		_, err := v.WaitStatus(ctx, c.gate, "/", http.StatusForbidden)
		v.Leave()
		if err != nil {
			return err
		}
	}
	return nil
}

// answers starts what stands behind the gateways: an nginx that does next to
// nothing for an answer.
func (a *arena) answers(ctx context.Context) error {
	address, err := a.Address()
	if err != nil {
		return err
	}
	config := fmt.Sprintf(`daemon off; master_process off; error_log stderr; pid %s;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server { listen %s; default_type text/plain; return 200 "%s"; }
}
`, a.Path("answers.pid"), address, welcome)
	_, err = a.Server(ctx, "answers", address, config, "nginx", "-e", "stderr", "-c")
	a.backend = &stage.Backend{Address: address}
	return err
}

// swallow takes a log that comes by UDP, and reads none of it.
func (a *arena) swallow(address string) error {
	l, err := net.ListenPacket("udp", address)
	if err == nil {
		a.logs = append(a.logs, l)
	}
	return err
}

func (a *arena) close() error {
	var errs []error
	for _, l := range a.logs {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
