package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoyserver"
	"github.com/honeymoat/honeymoat/pkg/geo"
)

// atOnce is how long a gateway may take for a change that it is told of at
// once, until it counts as late: a restart of it may be under way, or a
// hundred thousand blocks.
const atOnce = 15 * time.Second

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
	config    config.Agent
	name      string
	gateway   string // beside which the agent was enrolled to run
	log       *slog.Logger
	registry  *prometheus.Registry
	link      agent.Link
	addresses map[string]net.Addr
	parts     []part // what ends before the agent does
	cleanups  []func() error

	clock      agent.Clock
	agent      *agent.Agent // also the mirror.Source of gateways that hold blocks themselves
	decider    *pathDecoys  // what gateways that ask are answered by: the agent, and decoys
	identities identities
	places     *geo.Places          // as the last reload left them
	responder  *decoyserver.Handler // nil when it is off
	shipper    *shipping.Shipper
	receiver   *shipping.Receiver
	quarantine *shipping.Quarantine
}

// New assembles an agent: it claims the state directory, loads what was held,
// and opens all listeners. When it fails, nothing is left open.
func New(ctx context.Context, o Options) (*Gateway, error) {
	g := &Gateway{
		config: o.Config, name: o.Credential.Name, gateway: cmp.Or(o.Credential.Gateway, o.Credential.Name), log: o.Log,
		registry: prometheus.NewRegistry(), addresses: map[string]net.Addr{},
	}
	if err := g.assemble(ctx, o); err != nil {
		return nil, errors.Join(err, g.clean())
	}
	return g, nil
}

// Address is where a part listens: "enforce", "decoys" or "metrics"; nil when
// it is off.
func (g *Gateway) Address(part string) net.Addr { return g.addresses[part] }

// Decider answers about requests: for a Go service that has its agent in its
// own process.
func (g *Gateway) Decider() block.Decider { return g.decider }

// Identify tells who is behind a request, as the configuration says, from its
// URI and headers.
func (g *Gateway) Identify(q *block.Request, uri string, header func(name string) string) {
	g.identities.fill(q, uri, header)
}

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
	now, err := newLive(o.Config, nil)
	if err != nil {
		return err
	}
	release, err := lock(o.Config.StateDir)
	if err != nil {
		return err
	}
	g.cleanups = append(g.cleanups, release)
	if err := g.openLink(o); err != nil {
		return err
	}
	if err := g.newAgent(o, now); err != nil {
		return err
	}
	// Each gateway that needs something to run has a step of its own, which
	// does nothing where it is off.
	steps := []func(ctx context.Context, now live) error{
		g.answerPeople,
		g.answerDecoys,
		g.answerGateway,
		g.answerForwardAuth,
		g.keepNginx,
		g.keepHAProxy,
		g.answerHAProxy,
		g.answerEnvoy,
		g.keepNftables,
		g.keepWSO2,
		g.ship,
		g.watchAsking,
		g.showStatus,
	}
	for _, step := range steps {
		if err := step(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gateway) openLink(o Options) error {
	if o.Link != nil {
		g.link = o.Link
		return nil
	}
	link, free, err := newLink(o.Config.Transport, o.Credential, o.Log.With("part", "link"))
	if err != nil {
		return err
	}
	g.link = link
	g.cleanups = append(g.cleanups, func() error { free(); return nil })
	return nil
}

// newAgent makes the agent, and what decides for gateways that ask.
func (g *Gateway) newAgent(o Options, now live) error {
	clock, err := agent.NewSystemClock()
	if err != nil {
		return err
	}
	g.clock = clock
	g.agent, err = agent.New(agent.Options{
		Name: g.name, Software: o.Software, Dir: o.Config.StateDir, Link: g.link, Clock: clock,
		Log: o.Log.With("part", "agent"), Metrics: g.registry, Policy: now.policy, RetriesAsked: g.heard,
	})
	if err != nil {
		return err
	}
	g.places = now.places
	g.identities.use(now.identify)
	g.decider = &pathDecoys{agent: g.agent, gateway: g.name, answered: g.config.Decoys.Responder.Listen != "", now: time.Now}
	g.decider.catalogue.Store(now.catalogue)
	return nil
}
