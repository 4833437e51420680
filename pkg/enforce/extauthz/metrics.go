package extauthz

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// metrics counts answers.
type metrics struct {
	refused             map[block.Action]prometheus.Counter
	pass, flag, unknown prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "honeymoat_extauthz_requests_total",
		Help: "Requests that Envoy asked about, by answer: unknown had no client address.",
	}, []string{"answer"})
	m := &metrics{
		refused: map[block.Action]prometheus.Counter{},
		pass:    answers.WithLabelValues("pass"), flag: answers.WithLabelValues("flag"), unknown: answers.WithLabelValues("unknown"),
	}
	for _, a := range []block.Action{block.Deny, block.Drop, block.Divert, block.Throttle} {
		m.refused[a] = answers.WithLabelValues(a.String())
	}
	if r == nil {
		return m, nil
	}
	if err := r.Register(answers); err != nil {
		return nil, fmt.Errorf("register the metrics of extauthz: %w", err)
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
