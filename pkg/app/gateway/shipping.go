package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

const (
	// PositionsFile is the file of the state directory that remembers how far
	// each log has been shipped.
	PositionsFile = "positions.json"
	// shippingRetry is the pause after shipping failed as a whole.
	shippingRetry = 30 * time.Second
)

// ship follows the configured logs, and the agent's own decoy log.
func (g *Gateway) ship(c Credential, bus ingest.Publisher, now live, registry *prometheus.Registry) error {
	// The gateway is the one beside which the agent was enrolled to run.
	sources := g.config.Decoys.Responder.WithDecoyLog(g.config.Sources, cmp.Or(c.Gateway, c.Name))
	if len(sources) == 0 {
		return nil
	}
	log := g.log.With("part", "shipping")
	pipeline, err := shipping.New(shipping.Options{
		Sources: sources, Trusted: now.trusted, Positions: filepath.Join(g.config.StateDir, PositionsFile),
		To: bus, Log: log, Metrics: registry,
	})
	if err != nil {
		return err
	}
	g.add("shipping", func(ctx context.Context) error {
		keepShipping(ctx, pipeline.Run, log)
		return nil
	})
	return nil
}

// keepShipping runs until ctx ends. Logs that cannot be shipped are no reason
// to stop enforcing.
func keepShipping(ctx context.Context, run func(context.Context) error, log *slog.Logger) {
	for {
		err := run(ctx)
		if ctx.Err() != nil {
			return
		}
		log.Error("logs are not shipped; blocks are enforced all the same", "error", err, "retry", shippingRetry)
		select {
		case <-ctx.Done():
			return
		case <-time.After(shippingRetry):
		}
	}
}
