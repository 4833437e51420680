package gateway

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/enforce/extauthz"
)

// answerEnvoy opens where Envoy asks by ext_authz, if it does.
func (g *Gateway) answerEnvoy(ctx context.Context, now live) error {
	c := g.config.Gateways.Envoy
	if c.Listen == "" {
		return nil
	}
	handler, err := extauthz.New(extauthz.Options{
		Decider: g.decider, Identify: g.identities.fill, Trusted: now.trusted, Decoys: c.Decoys && g.responder != nil,
		DenyUnknown: g.config.Enforce.OnUnknown == "deny", Metrics: g.registry,
	})
	if err != nil {
		return err
	}
	l, err := g.asked(ctx, "envoy", c.Listen)
	if err != nil {
		return err
	}
	log := g.log.With("part", "envoy")
	g.add("envoy", func(ctx context.Context) error { return extauthz.Serve(ctx, l, handler, log) })
	return nil
}
