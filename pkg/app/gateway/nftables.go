package gateway

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/enforce/nftables"
)

// keepNftables keeps blocks in the host's packet filter, if that is on.
func (g *Gateway) keepNftables(context.Context, live) error {
	c := g.config.Gateways.Nftables
	if len(c.Ports) == 0 {
		return nil
	}
	filter, err := nftables.New(nftables.Options{
		Source: g.agent, Now: g.clock.Now, Ports: c.Ports, Forward: c.Forward, Namespace: c.Namespace,
		Log: g.log.With("part", "nftables"), Metrics: g.registry, Way: g.agent.Way("nftables", atOnce),
	})
	if err != nil {
		return err
	}
	g.add("nftables", filter.Run)
	return nil
}
