package gateway

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// shippingCollector shows the counters of the pipeline to Prometheus.
type shippingCollector struct {
	stats                       func() ingest.Stats
	batches, retries, full      *prometheus.Desc
	lines, bytes, lag, rejected *prometheus.Desc
}

func newShippingCollector(stats func() ingest.Stats) *shippingCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("honeymoat_ingest_"+name, help, labels, nil)
	}
	return &shippingCollector{
		stats:    stats,
		batches:  desc("batches_total", "Batches that the bus has acknowledged."),
		retries:  desc("retries_total", "Publishes that failed for want of a connection or an acknowledgement."),
		full:     desc("full_total", "Publishes refused because the bus was full."),
		lines:    desc("lines_total", "Lines acknowledged by the bus, by source.", "source"),
		bytes:    desc("read_bytes_total", "Bytes of logs acknowledged by the bus, by source.", "source"),
		lag:      desc("lag_bytes", "Bytes of logs that the bus does not have yet, by source.", "source"),
		rejected: desc("rejected_total", "Records quarantined, by source and reason.", "source", "reason"),
	}
}

// Describe implements prometheus.Collector.
func (c *shippingCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.batches, c.retries, c.full, c.lines, c.bytes, c.lag, c.rejected} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *shippingCollector) Collect(out chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	stats := c.stats()
	count(c.batches, stats.Batches)
	count(c.retries, stats.Retries)
	count(c.full, stats.Full)
	for name, s := range stats.Sources {
		count(c.lines, s.Lines, name)
		count(c.bytes, s.Bytes, name)
		out <- prometheus.MustNewConstMetric(c.lag, prometheus.GaugeValue, float64(s.Lag), name)
		for reason, n := range s.Rejected {
			count(c.rejected, n, name, reason)
		}
	}
}
