package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// health is what /healthz tells. An agent without its service is well: it goes
// on enforcing, and a restart would not help.
type health struct {
	Name        string                   `json:"name"`
	InSync      bool                     `json:"in_sync"`
	FailingOpen bool                     `json:"failing_open"` // there are no blocks to go by
	Enforcing   map[string]block.Version `json:"enforcing"`
	Ways        []block.Way              `json:"ways,omitempty"` // gateways that hold blocks themselves
}

// showStatus opens metrics and health, if they are on.
func (g *Gateway) showStatus(ctx context.Context, _ live) error {
	if g.config.Metrics.Listen == "" {
		return nil
	}
	l, err := g.listen(ctx, "metrics", g.config.Metrics.Listen)
	if err != nil {
		return err
	}
	handler := g.statusHandler()
	g.add("metrics", func(ctx context.Context) error { return serveStatus(ctx, l, handler) })
	return nil
}

// statusHandler serves metrics and health.
func (g *Gateway) statusHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		h := health{Name: g.name, InSync: g.agent.InSync(), FailingOpen: g.agent.FailingOpen(), Enforcing: g.agent.Versions(), Ways: g.agent.Ways()}
		if err := json.NewEncoder(w).Encode(h); err != nil {
			g.log.Debug("a health answer was not taken", "error", err)
		}
	})
	return mux
}

// serveStatus answers on l until ctx ends.
func serveStatus(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics on %s: %w", l.Addr(), err)
	}
	return nil
}
