package gateway

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/geo"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// live is what a reload replaces, made of a configuration before anything that
// runs is touched.
type live struct {
	policy    agent.Policy
	places    *geo.Places
	identify  *identify.Rules
	trusted   func(netip.Addr) bool
	catalogue *decoy.Catalogue
}

// newLive makes it; files that did not change since before are not read again.
func newLive(c config.Agent, before *geo.Places) (now live, err error) {
	if now.catalogue, err = loadCatalogue(c.Decoys.Catalogue); err != nil {
		return live{}, err
	}
	if now.identify, err = c.Identify.Rules(); err != nil {
		return live{}, err
	}
	if now.places, err = geo.Open(geo.Files(c.Geo), before); err != nil {
		return live{}, err
	}
	if now.policy, err = policyOf(&c); err != nil {
		return live{}, err
	}
	now.policy.Places = now.places
	now.trusted = block.NewAllowlist(c.TrustedHops.Prefixes()).Contains
	return now, nil
}

// policyOf is what the agent goes by besides the service's blocks.
func policyOf(c *config.Agent) (p agent.Policy, err error) {
	var allow [][]block.Criterion
	for _, t := range c.Allow {
		allow = append(allow, t.Criteria)
	}
	for _, hop := range c.TrustedHops.Prefixes() {
		allow = append(allow, block.PrefixTarget(hop).Criteria())
	}
	if p.Allow, err = agent.NewAllow(allow...); err != nil {
		return agent.Policy{}, err
	}
	if p.APIs, err = c.APITable(); err != nil {
		return agent.Policy{}, err
	}
	for _, f := range c.Fail {
		route, err := f.Target()
		if err != nil {
			return agent.Policy{}, err
		}
		if !f.Closed() {
			route = route.Exempt() // letter by letter: else /login/ could be open by /login
		}
		p.Fail = append(p.Fail, agent.FailRule{Route: route, Closed: f.Closed()})
	}
	return p, nil
}

// Check tells whether an agent could run with this configuration, as far as
// that can be seen without running it.
func Check(c config.Agent) error {
	_, err := newLive(c, nil)
	return errors.Join(err, shipping.Check(c.Sources))
}

// Reload takes over of a configuration the sources, the decoys, whom to allow,
// how to fail, who is who, and the databases of places. With a mistake in it,
// everything stays as it is. It tells whether something else was changed as
// well, which only a restart takes over.
func (g *Gateway) Reload(c config.Agent) (restart bool, err error) {
	next, err := newLive(c, g.places)
	if err == nil {
		err = g.useSources(c, next)
	}
	if err != nil {
		return false, fmt.Errorf("reload: %w", err)
	}
	g.places = next.places
	g.agent.SetPolicy(next.policy)
	g.identities.use(next.identify)
	g.decider.catalogue.Store(next.catalogue)
	if g.responder != nil {
		g.responder.SetCatalogue(next.catalogue)
	}
	g.log.Info("reloaded", "decoys", len(next.catalogue.Decoys()))
	return !reflect.DeepEqual(fixed(g.config), fixed(c)), nil
}

// useSources puts other sources into force, for lines that come and for those
// in quarantine.
func (g *Gateway) useSources(c config.Agent, next live) error {
	use := shipping.Options{Sources: g.sources(c), Trusted: next.trusted, Privacy: c.Privacy}
	if err := shipping.Check(use.Sources); err != nil {
		return err
	}
	if err := g.shipper.Use(use); err != nil {
		return err
	}
	g.receiver.Outdated(use.Sources)
	return g.quarantine.Use(use)
}

// fixed is the part of a configuration that a reload does not take over. The
// file by which nginx fails by route is written at the start only.
func fixed(c config.Agent) config.Agent {
	if c.Gateways.Nginx.Maps.Dir == "" {
		c.Fail = nil
	}
	c.Allow, c.Decoys.Catalogue, c.Sources, c.Privacy = nil, "", nil, config.Privacy{}
	c.APIs, c.Identify, c.Geo = nil, config.Identify{}, config.Geo{}
	return c
}
