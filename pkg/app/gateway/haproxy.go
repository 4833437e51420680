package gateway

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
	"github.com/honeymoat/honeymoat/pkg/enforce/spoa"
)

// keepHAProxy keeps blocks in HAProxy's maps, if that is on.
func (g *Gateway) keepHAProxy(context.Context, live) error {
	c := g.config.Gateways.HAProxy
	if c.Runtime == "" {
		return nil
	}
	keeper, err := haproxy.New(haproxy.Options{
		Source: g.agent, Socket: strings.TrimPrefix(c.Runtime, "unix:"), Dir: c.Maps,
		Now: g.clock.Now, Time: time.Now, Log: g.log.With("part", "haproxy"), Metrics: g.registry,
		Way: g.agent.Way("haproxy-maps", atOnce),
	})
	if err != nil {
		return err
	}
	g.add("haproxy", keeper.Run)
	return nil
}

// answerHAProxy opens where HAProxy asks by SPOE, if it does.
func (g *Gateway) answerHAProxy(ctx context.Context, _ live) error {
	c := g.config.Gateways.HAProxy
	if c.Listen == "" {
		return nil
	}
	handler, err := spoa.New(spoa.Options{
		Decider: g.decider, Identify: g.identities.fill, DenyUnknown: g.config.Enforce.OnUnknown == "deny", Metrics: g.registry,
	})
	if err != nil {
		return err
	}
	l, err := g.asked(ctx, "spoe", c.Listen)
	if err != nil {
		return err
	}
	log := g.log.With("part", "spoe")
	g.add("spoe", func(ctx context.Context) error { return spoa.Serve(ctx, l, handler, log) })
	return nil
}

// asked opens a place on this host where a gateway asks.
func (g *Gateway) asked(ctx context.Context, part, address string) (net.Listener, error) {
	mode, err := g.config.Enforce.Mode()
	if err != nil {
		return nil, err
	}
	l, err := httpauth.Listen(ctx, address, mode)
	if err != nil {
		return nil, err
	}
	g.opened(part, l)
	return l, nil
}
