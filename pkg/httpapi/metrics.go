package httpapi

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the front counts about itself.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	failures *prometheus.CounterVec
	streams  prometheus.Gauge
	cut      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_api_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "honeymoat_api_request_seconds", Help: "Time until the answer was written. Streams are not in it.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10},
		}, []string{"route"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_api_auth_failures_total", Help: "Requests without the right credential, by the name of the problem.",
		}, []string{"problem"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "honeymoat_api_streams", Help: "Agents that are connected by the HTTP stream.",
		}),
		cut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_api_streams_cut_total", Help: "Streams that were cut off because their reader was too slow.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.failures, m.streams, m.cut} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(route, method string, status int, took time.Duration, stream bool) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	if !stream {
		m.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}
