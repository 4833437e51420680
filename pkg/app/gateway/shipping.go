package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

const (
	// PositionsFile is the file of the state directory that remembers how far
	// each log has been shipped.
	PositionsFile = "positions.json"
	// decoySource is the name under which the agent ships its own decoy log.
	decoySource = "decoys"
	// shippingRetry is the pause after shipping failed as a whole.
	shippingRetry = 30 * time.Second
)

// ship follows the configured logs, and the agent's own decoy log.
func (g *Gateway) ship(c Credential, bus ingest.Publisher, now live, registry *prometheus.Registry) error {
	sources := allSources(g.config, gatewayName(c))
	if len(sources) == 0 {
		return nil
	}
	log := g.log.With("part", "shipping")
	var files []tailer.Source
	var logs []ingest.Source
	for _, s := range sources {
		file, source, err := shippedSource(s, now.trusted)
		if err != nil {
			return err
		}
		files, logs = append(files, file), append(logs, source)
	}
	tail, err := tailer.New(tailer.Options{
		Sources: files, Positions: filepath.Join(g.config.StateDir, PositionsFile),
	}, log, registry)
	if err != nil {
		return fmt.Errorf("follow logs: %w", err)
	}
	pipeline, err := ingest.New(ingest.Options{}, logs, tail, bus, log)
	if err != nil {
		return fmt.Errorf("ship logs: %w", err)
	}
	if err := registry.Register(newShippingCollector(pipeline.Stats)); err != nil {
		return fmt.Errorf("register the metrics of shipping: %w", err)
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

// allSources adds the responder's log to the configured sources, unless one of
// them reads it already.
func allSources(c config.Agent, gateway string) []config.Source {
	r := c.Decoys.Responder
	reads := func(s config.Source) bool { return s.Name == decoySource || slices.Contains(s.Paths, r.Log) }
	if r.Listen == "" || slices.ContainsFunc(c.Sources, reads) {
		return c.Sources
	}
	return append(slices.Clone(c.Sources), config.Source{
		Name: decoySource, Gateway: gateway, Kind: "decoy", Paths: []string{r.Log}, Format: "json", From: "beginning",
	})
}

// gatewayName is the gateway beside which the agent was enrolled to run.
func gatewayName(c Credential) string {
	if c.Gateway != "" {
		return c.Gateway
	}
	return c.Name
}

func shippedSource(s config.Source, trusted func(netip.Addr) bool) (tailer.Source, ingest.Source, error) {
	from, err := tailer.ParseFrom(s.From)
	if err != nil {
		return tailer.Source{}, ingest.Source{}, fmt.Errorf("log source %s: %w", s.Name, err)
	}
	kind := event.Access
	if s.Kind == event.Decoy.String() {
		kind = event.Decoy
	}
	var mapping accesslog.Mapping
	if len(s.Fields) > 0 {
		mapping = accesslog.Mapping{}
		for name, f := range s.Fields {
			mapping[name] = accesslog.Pointer{Path: f.Pointer, Unit: f.Unit}
		}
	}
	return tailer.Source{Name: s.Name, Paths: s.Paths, From: from}, ingest.Source{
		Name: s.Name, Gateway: s.Gateway, Kind: kind,
		Log: accesslog.Options{Format: s.Format, Mapping: mapping, Trusted: trusted},
	}, nil
}
