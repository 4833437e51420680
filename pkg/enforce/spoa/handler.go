package spoa

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Options say what a Handler needs.
type Options struct {
	Decider block.Decider
	// Identify adds who is behind a request; nil for nobody.
	Identify Identify
	// DenyUnknown refuses requests whose client address is not told.
	// Otherwise they pass.
	DenyUnknown bool
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Handler answers questions. It is safe for concurrent use.
type Handler struct {
	decider     block.Decider
	identify    Identify
	denyUnknown bool
	metrics     *metrics
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	return &Handler{decider: o.Decider, identify: o.Identify, denyUnknown: o.DenyUnknown, metrics: m}, nil
}

// answer appends the answer to a NOTIFY frame.
func (h *Handler) answer(dst []byte, f *frame) ([]byte, error) {
	q, err := question(f.body, h.identify)
	if err != nil {
		return dst, err
	}
	if !q.Client.IsValid() {
		h.metrics.unknown.Inc()
		return appendAck(dst, f, &block.Verdict{Refused: h.denyUnknown}), nil
	}
	v := h.decider.Decide(&q)
	h.metrics.of(&v).Inc()
	return appendAck(dst, f, &v), nil
}
