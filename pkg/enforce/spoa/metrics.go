package spoa

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// metrics counts answers and connections.
type metrics struct {
	refused             map[block.Action]prometheus.Counter
	pass, flag, unknown prometheus.Counter
	connections         prometheus.Gauge
	broken              prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "honeymoat_spoa_requests_total",
		Help: "Requests that HAProxy asked about, by answer: unknown had no client address.",
	}, []string{"answer"})
	m := &metrics{
		refused: map[block.Action]prometheus.Counter{},
		pass:    answers.WithLabelValues("pass"), flag: answers.WithLabelValues("flag"), unknown: answers.WithLabelValues("unknown"),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "honeymoat_spoa_connections", Help: "Connections of HAProxy that are open.",
		}),
		broken: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_spoa_broken_connections_total", Help: "Connections that were ended because of what came over them.",
		}),
	}
	for _, a := range []block.Action{block.Deny, block.Drop, block.Divert, block.Throttle} {
		m.refused[a] = answers.WithLabelValues(a.String())
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{answers, m.connections, m.broken} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of spoa: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) of(v *block.Verdict) prometheus.Counter {
	switch c, known := m.refused[v.Action]; {
	case v.Refused && known:
		return c
	case v.Refused:
		return m.refused[block.Deny]
	case v.Flagged():
		return m.flag
	default:
		return m.pass
	}
}
