package gateway

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/config"
)

const (
	// PositionsFile is the file of the state directory that remembers how far
	// each log has been shipped.
	PositionsFile = "positions.json"
	// QuarantineDir is the directory in the state directory that holds what
	// could not be parsed.
	QuarantineDir = "quarantine"
	// shippingRetry is the pause after shipping failed as a whole.
	shippingRetry = 30 * time.Second
)

// sources are the configured logs and the agent's own decoy log.
func (g *Gateway) sources(c config.Agent) []config.Source {
	return c.Decoys.Responder.WithDecoyLog(c.Sources, g.gateway)
}

// ship follows the logs, and reads again what could not be parsed when the
// service asks for it.
func (g *Gateway) ship(_ context.Context, now live) error {
	if err := g.openQuarantine(now); err != nil {
		return err
	}
	sources := g.sources(g.config)
	log := g.log.With("part", "shipping")
	opts := shipping.Options{
		Sources: sources, Trusted: now.trusted, Positions: filepath.Join(g.config.StateDir, PositionsFile),
		To: g.link, Keeper: g.quarantine, Privacy: g.config.Privacy, Log: log, Metrics: g.registry,
	}
	receiver, err := shipping.NewReceiver(opts)
	if err != nil {
		return err
	}
	opts.Pushed = receiver.Stats
	shipper, err := shipping.NewShipper(opts)
	if err != nil {
		return err
	}
	g.shipper, g.receiver = shipper, receiver
	g.add("retries", g.quarantine.Run)
	g.add("shipping", func(ctx context.Context) error {
		keepShipping(ctx, shipper.Run, log)
		return nil
	})
	g.add("receiving", func(ctx context.Context) error {
		keepShipping(ctx, receiver.Run, log)
		return nil
	})
	return nil
}

func (g *Gateway) openQuarantine(now live) (err error) {
	g.quarantine, err = shipping.OpenQuarantine(shipping.QuarantineOptions{
		Dir: filepath.Join(g.config.StateDir, QuarantineDir), MaxBytes: int64(g.config.Spool.MaxBytes),
		Sources: g.sources(g.config), Trusted: now.trusted, Privacy: g.config.Privacy, To: g.link, Desk: g.link,
		Log: g.log.With("part", "quarantine"), Metrics: g.registry,
	})
	if err == nil {
		g.cleanups = append(g.cleanups, g.quarantine.Close)
	}
	return err
}

// heard passes on that a retry was asked for. The link runs only once
// everything is assembled.
func (g *Gateway) heard(last uint64) { g.quarantine.Heard(last) }

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
