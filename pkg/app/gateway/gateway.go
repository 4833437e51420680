package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoyserver"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
)

// Options say what a Gateway is made of.
type Options struct {
	Config     config.Agent
	Credential Credential
	Software   string // version of the program
	Log        *slog.Logger
	// Link replaces the link that the configuration and the credential ask
	// for. It is for tests.
	Link agent.Link
}

// Gateway is a whole agent. It is good for one Run.
type Gateway struct {
	config     config.Agent
	name       string
	gateway    string // beside which the agent was enrolled to run
	log        *slog.Logger
	agent      *agent.Agent
	decoys     *pathDecoys
	responder  *decoyserver.Handler // nil when it is off
	shipper    *shipping.Shipper
	receiver   *shipping.Receiver
	quarantine *shipping.Quarantine
	addresses  map[string]net.Addr
	parts      []part // what ends before the agent does
	cleanups   []func() error
}

// New assembles an agent: it claims the state directory, loads what was held,
// and opens all listeners. When it fails, nothing is left open.
func New(ctx context.Context, o Options) (*Gateway, error) {
	g := &Gateway{
		config: o.Config, name: o.Credential.Name, gateway: cmp.Or(o.Credential.Gateway, o.Credential.Name), log: o.Log,
		addresses: map[string]net.Addr{}}
	if err := g.assemble(ctx, o); err != nil {
		return nil, errors.Join(err, g.clean())
	}
	return g, nil
}

// Address is where a part listens: "enforce", "decoys" or "metrics"; nil when
// it is off.
func (g *Gateway) Address(part string) net.Addr { return g.addresses[part] }

// Run runs the agent until ctx ends or a part fails, then stops what listens,
// what ships, and at last the agent itself.
func (g *Gateway) Run(ctx context.Context) error {
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	followed := make(chan error, 1)
	go func() { followed <- g.agent.Run(following) }()
	err := runAll(ctx, g.parts)
	stop()
	return errors.Join(err, <-followed, g.clean())
}

func (g *Gateway) assemble(ctx context.Context, o Options) error {
	now, err := newLive(o.Config)
	if err != nil {
		return err
	}
	release, err := lock(o.Config.StateDir)
	if err != nil {
		return err
	}
	g.cleanups = append(g.cleanups, release)
	registry := prometheus.NewRegistry()
	link, err := g.link(o)
	if err != nil {
		return err
	}
	if err := g.newAgent(o, link, now, registry); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return g.answerDecoys(ctx, now, registry) },
		func() error { return g.answerGateway(ctx, now, registry) },
		func() error { return g.ship(link, now, registry) },
		func() error { return g.showStatus(ctx, registry) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gateway) link(o Options) (agent.Link, error) {
	if o.Link != nil {
		return o.Link, nil
	}
	link, free, err := newLink(o.Config.Transport, o.Credential, o.Log.With("part", "link"))
	if err != nil {
		return nil, err
	}
	g.cleanups = append(g.cleanups, func() error { free(); return nil })
	return link, nil
}

func (g *Gateway) newAgent(o Options, link agent.Link, now live, registry *prometheus.Registry) error {
	clock, err := agent.NewSystemClock()
	if err != nil {
		return err
	}
	g.agent, err = agent.New(agent.Options{
		Name: g.name, Software: o.Software, Dir: o.Config.StateDir, Link: link, Clock: clock,
		Log: o.Log.With("part", "agent"), Metrics: registry, Allow: now.allow,
		RetriesAsked: g.heard,
	})
	return err
}

// answerDecoys opens the decoy responder, if it is on.
func (g *Gateway) answerDecoys(ctx context.Context, now live, registry *prometheus.Registry) error {
	c := g.config.Decoys.Responder
	if c.Listen == "" {
		return nil
	}
	log := g.log.With("part", "decoys")
	file, err := decoyserver.OpenLog(decoyserver.LogOptions{Path: c.Log, Log: log})
	if err != nil {
		return err
	}
	g.responder, err = decoyserver.New(decoyserver.Options{
		Catalogue: now.catalogue, LogFile: file, Trusted: now.trusted, Log: log, Metrics: registry,
	})
	if err != nil {
		return err
	}
	l, err := g.listen(ctx, "decoys", c.Listen)
	if err != nil {
		return err
	}
	g.add("decoys", func(ctx context.Context) error { return decoyserver.Run(ctx, l, g.responder) })
	return nil
}

// answerGateway opens where the gateway asks.
func (g *Gateway) answerGateway(ctx context.Context, now live, registry *prometheus.Registry) error {
	c := g.config.Enforce
	g.decoys = &pathDecoys{agent: g.agent, gateway: g.name, answered: g.responder != nil, now: time.Now}
	g.decoys.catalogue.Store(now.catalogue)
	handler, err := httpauth.New(httpauth.Options{
		Decider: g.decoys, DenyUnknown: c.OnUnknown == "deny", Metrics: registry,
	})
	if err != nil {
		return err
	}
	mode, err := c.Mode()
	if err != nil {
		return err
	}
	l, err := httpauth.Listen(ctx, c.Listen, mode)
	if err != nil {
		return err
	}
	g.opened("enforce", l)
	g.add("enforce", func(ctx context.Context) error { return httpauth.Serve(ctx, l, handler, g.log.With("part", "enforce")) })
	return nil
}

// showStatus opens metrics and health, if they are on.
func (g *Gateway) showStatus(ctx context.Context, registry *prometheus.Registry) error {
	if g.config.Metrics.Listen == "" {
		return nil
	}
	l, err := g.listen(ctx, "metrics", g.config.Metrics.Listen)
	if err != nil {
		return err
	}
	handler := g.statusHandler(registry)
	g.add("metrics", func(ctx context.Context) error { return serveStatus(ctx, l, handler) })
	return nil
}

func (g *Gateway) listen(ctx context.Context, part, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: listen on %s: %w", part, address, err)
	}
	g.opened(part, l)
	return l, nil
}

// opened has a listener closed in the end. Its server does so as well.
func (g *Gateway) opened(part string, l net.Listener) {
	g.addresses[part] = l.Addr()
	g.cleanups = append(g.cleanups, func() error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("close %s: %w", part, err)
		}
		return nil
	})
}

func (g *Gateway) add(name string, run func(ctx context.Context) error) {
	g.parts = append(g.parts, part{name, run})
}

// clean undoes what was opened, the last first.
func (g *Gateway) clean() error {
	var failures []error
	for i := len(g.cleanups) - 1; i >= 0; i-- {
		if err := g.cleanups[i](); err != nil && !errors.Is(err, os.ErrClosed) {
			failures = append(failures, err)
		}
	}
	g.cleanups = nil
	return errors.Join(failures...)
}
