package haproxy

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics tells how the maps are.
type metrics struct {
	entries, inStep prometheus.Gauge
	fills, failures prometheus.Counter
	batches         prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		entries: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "honeymoat_haproxy_entries", Help: "Blocks and exemptions that HAProxy's maps should hold.",
		}),
		inStep: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "honeymoat_haproxy_in_step", Help: "1 while HAProxy's maps hold what they should.",
		}),
		fills: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_haproxy_fills_total", Help: "Times that HAProxy's maps were filled anew.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_haproxy_failures_total", Help: "Failures to tell HAProxy, and to write its files; and times that it held something else.",
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "honeymoat_haproxy_batch_seconds", Help: "Time from a batch of changes until HAProxy had them.",
			Buckets: prometheus.ExponentialBuckets(0.000125, 2, 14),
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.entries, m.inStep, m.fills, m.failures, m.batches} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of haproxy: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) step(in bool) {
	if in {
		m.inStep.Set(1)
		return
	}
	m.inStep.Set(0)
}

func (m *metrics) took(d time.Duration) { m.batches.Observe(d.Seconds()) }
