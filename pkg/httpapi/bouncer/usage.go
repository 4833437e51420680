package bouncer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// usageJSON is what bouncers tell of themselves now and then. What is
// required is a pointer, to be told from zero.
type usageJSON struct {
	Components []componentJSON `json:"remediation_components"`
}

type componentJSON struct {
	Type    string        `json:"type"`
	Version *string       `json:"version"`
	Started *int64        `json:"utc_startup_timestamp"`
	Metrics []metricsJSON `json:"metrics"`
}

type metricsJSON struct {
	Items []itemJSON `json:"items"`
}

type itemJSON struct {
	Name   string            `json:"name"`
	Value  float64           `json:"value"`
	Labels map[string]string `json:"labels"`
}

// maxUsage bounds a body, in bytes.
const maxUsage = 1 << 20

var (
	errComponents = errors.New("want one remediation component")
	errMissing    = errors.New("version and utc_startup_timestamp are required")
)

// usage takes note of what a bouncer tells.
func (h *Handler) usage(w http.ResponseWriter, r *http.Request, b Bouncer) {
	var u usageJSON
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxUsage)).Decode(&u); err != nil {
		answer(w, r, http.StatusBadRequest, utf8Type, message{err.Error()})
		return
	}
	if len(u.Components) != 1 {
		answer(w, r, http.StatusBadRequest, utf8Type, message{errComponents.Error()})
		return
	}
	c := &u.Components[0]
	if c.Version == nil || c.Started == nil {
		answer(w, r, http.StatusUnprocessableEntity, utf8Type, message{errMissing.Error()})
		return
	}
	for i := range c.Metrics {
		for j := range c.Metrics[i].Items {
			h.metrics.take(b.Name, &c.Metrics[i].Items[j])
		}
	}
	w.WriteHeader(http.StatusCreated)
}

// metrics are what bouncers tell of, and what they are refused.
type metrics struct {
	refused            prometheus.Counter
	dropped, processed *prometheus.CounterVec
	active             *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	of := []string{"bouncer"}
	m := &metrics{
		refused:   prometheus.NewCounter(prometheus.CounterOpts{Name: "honeymoat_bouncer_refusals_total", Help: "Questions of bouncers with a wrong key."}),
		dropped:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "honeymoat_bouncer_dropped_total", Help: "What bouncers say that they refused, in their own units."}, of),
		processed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "honeymoat_bouncer_processed_total", Help: "What bouncers say that they looked at, in their own units."}, of),
		active:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "honeymoat_bouncer_active_decisions", Help: "Decisions that bouncers say they hold."}, of),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.refused, m.dropped, m.processed, m.active} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of bouncers: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) take(bouncer string, item *itemJSON) {
	if item.Value < 0 {
		return
	}
	switch item.Name {
	case "dropped":
		m.dropped.WithLabelValues(bouncer).Add(item.Value)
	case "processed":
		m.processed.WithLabelValues(bouncer).Add(item.Value)
	case "active_decisions":
		m.active.WithLabelValues(bouncer).Set(item.Value)
	}
}
