package tailer

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of the tailer.
type metrics struct {
	open     prometheus.Gauge
	waiting  prometheus.Gauge
	missing  prometheus.Gauge
	unwatch  prometheus.Gauge
	rotated  *prometheus.CounterVec
	failures *prometheus.CounterVec
	lost     prometheus.Counter
	scans    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "honeymoat_tailer_" + name, Help: help})
	}
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "honeymoat_tailer_" + name, Help: help}, []string{label})
	}
	m := &metrics{
		open:     gauge("open_files", "Log files being followed."),
		waiting:  gauge("waiting_files", "Log files that wait because as many as may be are open."),
		missing:  gauge("missing_paths", "Configured log paths that lead to no file."),
		unwatch:  gauge("unwatched_paths", "Log paths that are polled because they cannot be watched."),
		rotated:  counter("rotations_total", "Log files that ended, by how.", "how"),
		failures: counter("failures_total", "Operations on log files that failed.", "operation"),
		scans: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_tailer_scans_total", Help: "Looks around for log files and what became of them.",
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_tailer_lost_bytes_total", Help: "Bytes of deleted log files that were let go unread.",
		}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.open, m.waiting, m.missing, m.unwatch, m.rotated, m.failures, m.lost, m.scans} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the tailer's metrics: %w", err)
	}
	return m, nil
}
