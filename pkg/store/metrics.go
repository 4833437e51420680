package store

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	rows     *prometheus.CounterVec // by table
	bytes    *prometheus.CounterVec // by table
	seconds  *prometheus.HistogramVec
	position *prometheus.GaugeVec   // by stream
	failing  *prometheus.GaugeVec   // by stream
	failures *prometheus.CounterVec // by stream
	buried   *prometheus.CounterVec // by stream
}

func newMetrics(to prometheus.Registerer) (*metrics, error) {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "honeymoat_store_" + name, Help: help}, []string{label})
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "honeymoat_store_" + name, Help: help}, []string{"stream"})
	}
	m := &metrics{
		rows:  counter("rows_total", "Rows stored.", "table"),
		bytes: counter("sent_bytes_total", "Bytes sent to the store.", "table"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "honeymoat_store_insert_seconds", Help: "Time of an insert that succeeded.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 14),
		}, []string{"table"}),
		position: gauge("position_sequence", "Sequence of the bus up to which all is stored."),
		failing:  gauge("failing_state", "Operations that the store, or the bus for it, does not do at present."),
		failures: counter("failures_total", "Times that the store, or the bus for it, began to fail.", "stream"),
		buried:   counter("dead_letters_total", "Messages put aside because the store refuses their content.", "stream"),
	}
	for _, c := range []prometheus.Collector{m.rows, m.bytes, m.seconds, m.position, m.failing, m.failures, m.buried} {
		if err := to.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	// There from the start: the first failure has to be seen as a growth.
	for _, stream := range []string{linesStream, recordsStream} {
		m.failing.WithLabelValues(stream)
		m.failures.WithLabelValues(stream)
		m.buried.WithLabelValues(stream)
	}
	return m, nil
}

func (m *metrics) inserted(table string, rows, bytes int, took time.Duration) {
	m.rows.WithLabelValues(table).Add(float64(rows))
	m.bytes.WithLabelValues(table).Add(float64(bytes))
	m.seconds.WithLabelValues(table).Observe(took.Seconds())
}
