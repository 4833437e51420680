package shipping

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// collector shows the counters of a pipeline, which lies on floor 2 and knows
// nothing of Prometheus.
type collector struct {
	stats     func() ingest.Stats
	pipeline  []metric[ingest.Stats]
	source    []metric[ingest.SourceStats]
	rejected  *prometheus.Desc
	described []*prometheus.Desc
}

// metric is one number of a T.
type metric[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(T) float64
}

func newCollector(stats func() ingest.Stats) *collector {
	c := &collector{stats: stats}
	c.pipeline = []metric[ingest.Stats]{
		count(c, "batches_total", "Batches acknowledged by the bus.", func(s ingest.Stats) uint64 { return s.Batches }),
		count(c, "retries_total", "Publishes that failed for want of a connection or an acknowledgement.", func(s ingest.Stats) uint64 { return s.Retries }),
		count(c, "fenced_total", "Publishes refused because the bus had the lines already.", func(s ingest.Stats) uint64 { return s.Fenced }),
		count(c, "bus_full_total", "Publishes refused because the bus was full.", func(s ingest.Stats) uint64 { return s.Full }),
		count(c, "split_total", "Batches that were too large for one message.", func(s ingest.Stats) uint64 { return s.Split }),
	}
	c.source = []metric[ingest.SourceStats]{
		count(c, "lines_total", "Rows acknowledged by the bus.", func(s ingest.SourceStats) uint64 { return s.Lines }, "source"),
		count(c, "skipped_total", "Records without a request, such as comments, that were passed over.", func(s ingest.SourceStats) uint64 { return s.Skipped }, "source"),
		count(c, "received_total", "Records that senders have pushed, those included that they pushed again.", func(s ingest.SourceStats) uint64 { return s.Received }, "source"),
		count(c, "dropped_total", "Records pushed that could not wait, by senders that cannot be told to.", func(s ingest.SourceStats) uint64 { return s.Dropped }, "source"),
		count(c, "bytes_total", "Bytes of logs acknowledged by the bus.", func(s ingest.SourceStats) uint64 { return s.Bytes }, "source"),
		gauge(c, "files", "Files being followed.", func(s ingest.SourceStats) float64 { return float64(s.Files) }, "source"),
		gauge(c, "lag_bytes", "Bytes of followed files, or pushed, that are not acknowledged yet.", func(s ingest.SourceStats) float64 { return float64(s.Lag) }, "source"),
	}
	c.rejected = c.describe("quarantined_total", "Records that could not be parsed.", "source", "reason")
	return c
}

func count[T any](c *collector, name, help string, read func(T) uint64, labels ...string) metric[T] {
	return metric[T]{c.describe(name, help, labels...), prometheus.CounterValue, func(t T) float64 { return float64(read(t)) }}
}

func gauge[T any](c *collector, name, help string, read func(T) float64, labels ...string) metric[T] {
	return metric[T]{c.describe(name, help, labels...), prometheus.GaugeValue, read}
}

func (c *collector) describe(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc("honeymoat_ingest_"+name, help, labels, nil)
	c.described = append(c.described, d)
	return d
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.described {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	stats := c.stats()
	emit(out, c.pipeline, stats)
	for name, s := range stats.Sources {
		emit(out, c.source, s, name)
		for reason, n := range s.Rejected {
			out <- prometheus.MustNewConstMetric(c.rejected, prometheus.CounterValue, float64(n), name, reason)
		}
	}
}

func emit[T any](out chan<- prometheus.Metric, metrics []metric[T], of T, labels ...string) {
	for _, m := range metrics {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(of), labels...)
	}
}
