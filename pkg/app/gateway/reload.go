package gateway

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// live is what a reload replaces, made of a configuration before anything that
// runs is touched.
type live struct {
	allow     *block.Allowlist
	trusted   func(netip.Addr) bool
	catalogue *decoy.Catalogue
}

func newLive(c config.Agent) (live, error) {
	catalogue, err := loadCatalogue(c.Decoys.Catalogue)
	if err != nil {
		return live{}, err
	}
	hops := c.TrustedHops.Prefixes()
	return live{
		allow:     block.NewAllowlist(slices.Concat(c.Allow.Prefixes(), hops)),
		trusted:   block.NewAllowlist(hops).Contains,
		catalogue: catalogue,
	}, nil
}

// Check tells whether an agent could run with this configuration, as far as
// that can be seen without running it.
func Check(c config.Agent) error {
	_, err := newLive(c)
	return errors.Join(err, shipping.Check(c.Sources))
}

// Reload takes over the sources, the allowlist and the decoys of a configuration. With a
// mistake in it, everything stays as it is. It tells whether something else
// was changed as well, which only a restart takes over.
func (g *Gateway) Reload(c config.Agent) (restart bool, err error) {
	next, err := newLive(c)
	if err == nil {
		err = g.useSources(c, next)
	}
	if err != nil {
		return false, fmt.Errorf("reload: %w", err)
	}
	g.agent.SetAllow(next.allow)
	g.decoys.catalogue.Store(next.catalogue)
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

// fixed is the part of a configuration that a reload does not take over.
func fixed(c config.Agent) config.Agent {
	c.Allow, c.Decoys.Catalogue, c.Sources, c.Privacy = nil, "", nil, config.Privacy{}
	return c
}
