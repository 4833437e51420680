package intel

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of the feeds.
type metrics struct {
	indicators *prometheus.GaugeVec
	refused    *prometheus.GaugeVec
	seen       *prometheus.GaugeVec
	held       *prometheus.GaugeVec
	failures   *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "honeymoat_intel_" + name, Help: help}, []string{"feed"})
	}
	m := &metrics{
		indicators: gauge("indicators", "Threat indicators in force."),
		refused:    gauge("refused_entries", "Entries of the feed that were refused."),
		seen:       gauge("seen_timestamp_seconds", "When the feed's origin last said what is in force."),
		held:       gauge("held", "1 when an answer waits for a person: it lost too much, or is about too many."),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_intel_failures_total", Help: "Looks at a feed's origin that failed.",
		}, []string{"feed"}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.indicators, m.refused, m.seen, m.held, m.failures} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the metrics of threat feeds: %w", err)
	}
	return m, nil
}

// show sets what a feed's metrics say of it.
func (m *metrics) show(s *State) {
	m.indicators.WithLabelValues(s.Feed).Set(float64(s.Taken))
	m.refused.WithLabelValues(s.Feed).Set(float64(s.Refused))
	if !s.Seen.IsZero() {
		m.seen.WithLabelValues(s.Feed).Set(float64(s.Seen.Unix()))
	}
	held := 0.0
	if s.Held != nil {
		held = 1
	}
	m.held.WithLabelValues(s.Feed).Set(held)
	m.failures.WithLabelValues(s.Feed).Add(0)
}

// reset forgets feeds that may not be there any more.
func (m *metrics) reset() {
	for _, g := range []*prometheus.GaugeVec{m.indicators, m.refused, m.seen, m.held} {
		g.Reset()
	}
}
