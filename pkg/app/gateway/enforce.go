package gateway

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
)

// answerGateway opens where the gateway asks, if it does.
func (g *Gateway) answerGateway(ctx context.Context, _ live) error {
	c := g.config.Enforce
	if c.Listen == "" {
		return nil
	}
	handler, err := httpauth.New(httpauth.Options{
		Decider: g.decider, Identify: g.identities.fill, DenyUnknown: c.OnUnknown == "deny", Metrics: g.registry,
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
