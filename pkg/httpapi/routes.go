package httpapi

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
)

// route is one path and method, as the OpenAPI document describes it.
type route struct {
	method string
	path   string // as gin writes it
	need   access
	handle func(*exchange) error
	body   int64 // most bytes of the request's body; 0 = maxBody
	// unbounded routes have no time limit: streams, and what is mounted.
	unbounded bool
}

// routes is the whole API.
func (s *Server) routes() []route {
	const get, head, post, del = http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete
	return []route{
		{method: get, path: "/", need: public, handle: s.index},
		{method: get, path: "/healthz", need: public, handle: s.health},
		{method: get, path: "/readyz", need: public, handle: s.ready},
		{method: get, path: "/metrics", need: s.metricsAccess(), handle: s.serveMetrics},
		{method: get, path: "/api/v1/openapi.json", need: public, handle: s.openAPI},
		{method: get, path: "/api/v1/status", need: viewer, handle: s.status},

		{method: get, path: "/api/v1/baselines", need: viewer, handle: s.baselines},

		{method: post, path: "/api/v1/ingest", need: ingester, handle: s.ingest, body: maxPushed},

		{method: get, path: "/api/v1/events", need: viewer, handle: s.listEvents},
		{method: get, path: "/api/v1/events/:id", need: viewer, handle: s.getEvent},
		{method: get, path: "/api/v1/quarantine", need: viewer, handle: s.listQuarantine},
		{method: get, path: "/api/v1/quarantine/records/:id", need: viewer, handle: s.getQuarantined},
		{method: post, path: "/api/v1/quarantine/retries", need: analyst, handle: s.askRetry},
		{method: get, path: "/api/v1/quarantine/retries/:number", need: viewer, handle: s.getRetry},
		{method: get, path: "/api/v1/findings", need: viewer, handle: s.listFindings},
		{method: get, path: "/api/v1/findings/:id", need: viewer, handle: s.getFinding},
		{method: post, path: "/api/v1/findings/:id/discard", need: analyst, handle: s.discardFinding},
		{method: post, path: "/api/v1/findings/:id/keep", need: analyst, handle: s.keepFinding},
		{method: del, path: "/api/v1/findings/:id/keep", need: analyst, handle: s.unkeepFinding},
		{method: get, path: "/api/v1/feedback", need: viewer, handle: s.listFeedback},
		{method: get, path: "/api/v1/tiers", need: viewer, handle: s.listTiers},
		{method: get, path: "/api/v1/discards", need: viewer, handle: s.listDiscards},
		{method: post, path: "/api/v1/discards", need: analyst, handle: s.addDiscard},
		{method: del, path: "/api/v1/discards/:id", need: analyst, handle: s.removeDiscard},
		{method: get, path: "/api/v1/actors", need: viewer, handle: s.listActors},
		{method: get, path: "/api/v1/actors/:kind/:value", need: viewer, handle: s.getActor},
		{method: get, path: "/api/v1/actors/:kind/:value/evidence", need: viewer, handle: s.getActorEvidence},
		{method: get, path: "/api/v1/actors/:kind/:value/links", need: viewer, handle: s.linkedActors},
		{method: get, path: "/api/v1/actors/:kind/:value/similar", need: viewer, handle: s.similarActors},

		{method: get, path: "/api/v1/blocks", need: viewer, handle: s.listBlocks},
		{method: post, path: "/api/v1/blocks", need: analyst, handle: s.addBlock},
		{method: post, path: "/api/v1/blocks/bulk", need: analyst, handle: s.addBlocks, body: maxBulk},
		{method: get, path: "/api/v1/blocks/why", need: viewer, handle: s.why},
		{method: post, path: "/api/v1/blocks/why", need: viewer, handle: s.askWhy, body: 64 << 10},
		{method: get, path: "/api/v1/blocks/preview", need: viewer, handle: s.preview},
		{method: post, path: "/api/v1/blocks/preview", need: viewer, handle: s.askPreview, body: 64 << 10},
		{method: get, path: "/api/v1/blocks/:id", need: viewer, handle: s.getBlock},
		{method: del, path: "/api/v1/blocks/:id", need: analyst, handle: s.removeBlock},

		{method: post, path: "/api/v1/batches/:id/undo", need: analyst, handle: s.undoBatch},
		{method: get, path: "/api/v1/approvals", need: viewer, handle: s.listApprovals},
		{method: get, path: "/api/v1/approvals/:id", need: viewer, handle: s.getApproval},
		{method: post, path: "/api/v1/approvals/:id/approve", need: analyst, handle: s.approve},
		{method: post, path: "/api/v1/approvals/:id/reject", need: analyst, handle: s.rejectApproval},
		{method: get, path: "/api/v1/breaker", need: viewer, handle: s.breaker},
		{method: post, path: "/api/v1/breaker/resume", need: analyst, handle: s.resume},
		{method: get, path: "/api/v1/rollouts", need: viewer, handle: s.listRollouts},
		{method: post, path: "/api/v1/rollouts/:rule/:version/:verb", need: analyst, handle: s.commandRollout},
		{method: post, path: "/api/v1/complaints", need: viewer, handle: s.complain},

		{method: get, path: "/api/v1/lists/:name", need: fetcher, handle: s.fetchList, unbounded: true},
		{method: head, path: "/api/v1/lists/:name", need: fetcher, handle: s.fetchList, unbounded: true},
		{method: get, path: "/api/v1/bouncers", need: viewer, handle: s.listBouncers},

		{method: get, path: "/api/v1/agents", need: viewer, handle: s.listAgents},
		{method: post, path: "/api/v1/agents/enrolments", need: admin, handle: s.createEnrolment},
		{method: post, path: "/api/v1/agents/enroll", need: public, handle: s.enrol, body: 16 << 10},
		{method: del, path: "/api/v1/agents/:name", need: admin, handle: s.revokeAgent},
		{method: get, path: "/api/v1/decoys", need: viewer, handle: s.listDecoys},
		{method: get, path: "/api/v1/rules", need: viewer, handle: s.listRules},
		{method: get, path: "/api/v1/rules/:key", need: viewer, handle: s.getRule},
		{method: post, path: "/api/v1/rules/lint", need: viewer, handle: s.lintRules, body: maxRules},
		{method: post, path: "/api/v1/rules/explain", need: viewer, handle: s.explainRules, body: maxRules},
		{method: post, path: "/api/v1/rules/backtest", need: analyst, handle: s.backtest, body: maxRules, unbounded: true},
		{method: post, path: "/api/v1/principals/find", need: analyst, handle: s.findPrincipal},
		{method: post, path: "/api/v1/erasures", need: admin, handle: s.erase, unbounded: true},
		{method: get, path: "/api/v1/audit", need: viewer, handle: s.listAudit},

		{method: get, path: "/api/v1/agent/stream", need: agent, handle: s.stream, unbounded: true},
		{method: post, path: "/api/v1/agent/report", need: agent, handle: s.report},
		{method: post, path: "/api/v1/agent/touch", need: agent, handle: s.touch, body: 64 << 10},
		{method: get, path: "/api/v1/agent/retries", need: agent, handle: s.retryOrders},
		{method: post, path: "/api/v1/agent/retries", need: agent, handle: s.retried, body: 64 << 10},
		{method: get, path: "/api/v1/agent/mark", need: agent, handle: s.mark},
		{method: post, path: "/api/v1/agent/lines", need: agent, handle: s.lines, body: maxLines},
	}
}

// mountPath is where Alertmanager's API is; it has a document of its own.
const mountPath = "/alertmanager"

func (s *Server) newEngine() (*gin.Engine, error) {
	// Release mode is gin's for the whole process: the other ones print to
	// standard output.
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash = false
	e.HandleMethodNotAllowed = true
	e.UseRawPath = true // a prefix in a path has a slash of its own
	proxies := make([]string, 0, len(s.options.Proxies))
	for _, p := range s.options.Proxies {
		proxies = append(proxies, p.String())
	}
	if err := e.SetTrustedProxies(proxies); err != nil {
		return nil, err
	}
	e.Use(s.observe, harden, s.recovery)
	for _, r := range s.routes() {
		e.Handle(r.method, r.path, s.handler(r))
	}
	e.Any(mountPath+"/*path", s.handler(route{need: analyst, handle: s.mounted, unbounded: true}))
	s.mountBouncers(e)
	e.NoRoute(func(c *gin.Context) {
		s.fail(exchangeOf(c), notFound.hinted("no such path", "See /api/v1/openapi.json."))
	})
	e.NoMethod(func(c *gin.Context) { s.fail(exchangeOf(c), badMethod.with("")) })
	return e, nil
}

// handler is what all routes do before and after their own work.
func (s *Server) handler(r route) gin.HandlerFunc {
	limit := r.body
	if limit == 0 {
		limit = maxBody
	}
	return func(c *gin.Context) {
		x := exchangeOf(c)
		if err := s.authorize(x, r.need); err != nil {
			s.fail(x, err)
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
		if !r.unbounded {
			ctx, cancel := context.WithTimeout(c.Request.Context(), s.options.QueryTimeout)
			defer cancel()
			c.Request = c.Request.WithContext(ctx)
		}
		if err := r.handle(x); err != nil {
			s.fail(x, err)
		}
	}
}
