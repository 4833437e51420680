package shipping

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/quarantine"
)

// spoolCollector shows the counters of a quarantine.
type spoolCollector struct {
	quarantine *Quarantine
	spool      []spoolMetric[quarantine.Stats]
	retries    []spoolMetric[quarantine.RetryStats]
}

type spoolMetric[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(T) float64
}

func spoolNumber[T any](kind prometheus.ValueType, name, help string, read func(T) float64) spoolMetric[T] {
	return spoolMetric[T]{prometheus.NewDesc("honeymoat_quarantine_"+name, help, nil, nil), kind, read}
}

func newSpoolCollector(q *Quarantine) *spoolCollector {
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	return &spoolCollector{
		quarantine: q,
		spool: []spoolMetric[quarantine.Stats]{
			spoolNumber(counter, "kept_total", "Records whose raw bytes were kept.", func(s quarantine.Stats) float64 { return float64(s.Kept) }),
			spoolNumber(counter, "dropped_total", "Records whose raw bytes had to go for newer ones.", func(s quarantine.Stats) float64 { return float64(s.Dropped) }),
			spoolNumber(counter, "lost_total", "Records whose raw bytes could not be kept.", func(s quarantine.Stats) float64 { return float64(s.Lost) }),
			spoolNumber(gauge, "damaged_bytes", "Bytes of the spool that could not be read when it was opened.", func(s quarantine.Stats) float64 { return float64(s.Damaged) }),
			spoolNumber(gauge, "records", "Records in the spool of this host.", func(s quarantine.Stats) float64 { return float64(s.Records) }),
			spoolNumber(gauge, "bytes", "Bytes of the spool on disk.", func(s quarantine.Stats) float64 { return float64(s.Bytes) }),
		},
		retries: []spoolMetric[quarantine.RetryStats]{
			spoolNumber(counter, "retried_parsed_total", "Records that were settled when they were read again.", func(s quarantine.RetryStats) float64 { return float64(s.Parsed) }),
			spoolNumber(counter, "retried_failed_total", "Records that failed once more when they were read again.", func(s quarantine.RetryStats) float64 { return float64(s.Failed) }),
		},
	}
}

// Describe implements prometheus.Collector.
func (c *spoolCollector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.spool {
		out <- m.desc
	}
	for _, m := range c.retries {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *spoolCollector) Collect(out chan<- prometheus.Metric) {
	spool, retries := c.quarantine.spool.Stats(), c.quarantine.retrier.Stats()
	for _, m := range c.spool {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(spool))
	}
	for _, m := range c.retries {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(retries))
	}
}
