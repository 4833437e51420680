package httpapi

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

//go:embed openapi.json
var openAPIDocument []byte

const indexPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>honeymoat</title>
<h1>honeymoat</h1>
<p>The service is running. Where to look:</p>
<ul>
<li><a href="/readyz">/readyz</a>: which part is ready, and which is not
<li><a href="/api/v1/openapi.json">/api/v1/openapi.json</a>: every path of the API
<li><a href="/metrics">/metrics</a>: figures for Prometheus (with a token)
</ul>
<p>On the command line: <code>honeymoat blocks list</code>, <code>honeymoat agents list</code>.
</html>
`

func (s *Server) index(x *exchange) error {
	x.Data(http.StatusOK, "text/html; charset=utf-8", []byte(indexPage))
	return nil
}

func (s *Server) openAPI(x *exchange) error {
	x.Data(http.StatusOK, "application/json", openAPIDocument)
	return nil
}

// health tells that the process answers, no more.
func (s *Server) health(x *exchange) error {
	x.JSON(http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
	return nil
}

// ready names the parts and whether each is ready. Why one is not is for who
// has a token: it may name hosts and files.
func (s *Server) ready(x *exchange) error {
	parts, ready := s.parts()
	if s.authenticate(x, viewer) != nil {
		for i := range parts {
			parts[i].Detail = ""
		}
	}
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	x.JSON(status, wire.Readiness{Ready: ready, Parts: parts})
	return nil
}

func (s *Server) parts() (parts []wire.Part, ready bool) {
	ready = true
	for _, p := range s.options.Parts() {
		ready = ready && p.Ready
		parts = append(parts, p)
	}
	return filledList(parts), ready
}

func (s *Server) status(x *exchange) error {
	parts, ready := s.parts()
	agents, err := s.options.Agents.Agents(x.Request.Context())
	if err != nil {
		return fromBus(err)
	}
	connected := 0
	for _, a := range agents {
		if a.Connected {
			connected++
		}
	}
	versions, blocks := s.options.Blocklist.Versions(), 0
	for _, v := range versions {
		blocks += v.Count
	}
	x.JSON(http.StatusOK, wire.Status{
		Version: s.options.Version, StartedAt: s.started.UTC(), Ready: ready, Parts: parts, Blocks: blocks,
		Agents: connected, Segments: versions, Catalogue: s.options.Catalogue().Version(), Quarantined: s.quarantined(x),
	})
	return nil
}

// sizeTimeout bounds how long the status waits for the store.
const sizeTimeout = 2 * time.Second

// quarantined is nil while the store cannot tell.
func (s *Server) quarantined(x *exchange) *int64 {
	ctx, cancel := context.WithTimeout(x.Request.Context(), sizeTimeout)
	defer cancel()
	n, err := s.options.History.QuarantineSize(ctx)
	if err != nil {
		s.options.Log.Debug("the size of the quarantine is not known", "request", x.id, "error", err)
		return nil
	}
	return &n
}

func (s *Server) metricsAccess() access {
	if s.options.PublicMetrics {
		return public
	}
	return viewer
}

func (s *Server) serveMetrics(x *exchange) error {
	promhttp.HandlerFor(s.options.Gatherer, promhttp.HandlerOpts{}).ServeHTTP(x.Writer, x.Request)
	return nil
}

// mounted passes a request on to the embedded Alertmanager.
func (s *Server) mounted(x *exchange) error {
	if s.options.Alertmanager == nil {
		return notFound.hinted("there is no embedded Alertmanager", "Ask the one that alerting.urls names.")
	}
	http.StripPrefix(mountPath, s.options.Alertmanager).ServeHTTP(x.Writer, x.Request)
	return nil
}
