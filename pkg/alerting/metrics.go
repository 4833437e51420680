package alerting

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are labelled by the Alertmanager's URL, without credentials.
type metrics struct {
	posted, failed, rejected *prometheus.CounterVec
	lastSuccess              *prometheus.GaugeVec
	refused                  prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, t *table) (*metrics, error) {
	label := []string{"alertmanager"}
	m := &metrics{
		posted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_alerting_posted_total",
			Help: "Alerts that an Alertmanager accepted, repeats included.",
		}, label),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_alerting_failed_total",
			Help: "Requests that an Alertmanager did not answer, or with an error; they are retried.",
		}, label),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_alerting_rejected_total",
			Help: "Alerts that an Alertmanager refused as malformed.",
		}, label),
		lastSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "honeymoat_alerting_last_success_timestamp_seconds",
			Help: "When an Alertmanager last accepted a request, in Unix seconds.",
		}, label),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_alerting_overflow_total",
			Help: "Alerts that were lost because active ones fill the table.",
		}),
	}
	return m, m.register(reg, t)
}

func (m *metrics) register(reg prometheus.Registerer, t *table) error {
	active := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "honeymoat_alerting_active",
		Help: "Active alerts.",
	}, func() float64 { n, _ := t.sizes(); return float64(n) })
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "honeymoat_alerting_held",
		Help: "Alerts in the table, active or lately resolved.",
	}, func() float64 { _, n := t.sizes(); return float64(n) })
	var errs []error
	for _, c := range []prometheus.Collector{m.posted, m.failed, m.rejected, m.lastSuccess, m.refused, active, held} {
		errs = append(errs, reg.Register(c))
	}
	return errors.Join(errs...)
}
