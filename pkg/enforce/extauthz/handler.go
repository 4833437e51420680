package extauthz

import (
	"context"
	"net/netip"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Options say what a Handler needs.
type Options struct {
	Decider block.Decider
	// Identify adds who is behind a request; nil for nobody.
	Identify Identify
	// Trusted are the hops before Envoy whose X-Forwarded-For is believed; nil
	// trusts none.
	Trusted func(netip.Addr) bool
	// Decoys tells that Envoy hands requests with DecisionHeader to the decoy
	// responder. Otherwise such requests are answered 404.
	Decoys bool
	// DenyUnknown refuses requests whose client address is not told.
	// Otherwise they pass.
	DenyUnknown bool
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Handler implements Envoy's authorization service. It is safe for concurrent
// use.
type Handler struct {
	authv3.UnimplementedAuthorizationServer

	decider             block.Decider
	identify            Identify
	trusted             func(netip.Addr) bool
	decoys, denyUnknown bool
	metrics             *metrics
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	if o.Trusted == nil {
		o.Trusted = func(netip.Addr) bool { return false }
	}
	return &Handler{
		decider: o.Decider, identify: o.Identify, trusted: o.Trusted, decoys: o.Decoys, denyUnknown: o.DenyUnknown, metrics: m,
	}, nil
}

// Check answers about one request. It never fails.
func (h *Handler) Check(_ context.Context, r *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	q := h.question(r.GetAttributes())
	if !q.Client.IsValid() {
		h.metrics.unknown.Inc()
		if h.denyUnknown {
			return refusal(&block.Verdict{}), nil
		}
		return passing(), nil
	}
	v := h.decider.Decide(&q)
	h.metrics.of(&v).Inc()
	return h.answer(&v), nil
}
