package service

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// collector shows the counts of the packages on floor 2, which know nothing of
// Prometheus.
type collector struct{ service *Service }

// Describe sends nothing: the collector is unchecked, since sources and
// reasons are labels that come and go.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.service
	e := emitter{out}
	c.ingest(e, s.pipeline.Stats())
	d := s.detector.Stats()
	e.counter("detect_rows_total", "Rows looked at.", d.Rows)
	e.counter("detect_findings_total", "Sightings of decoy touches in logs.", d.Findings)
	e.counter("detect_denials_total", "Rows that an agent had refused.", d.Denials)
	e.counter("detect_marks_ignored_total", "Decision marks that named no known id.", d.IgnoredMarks)
	e.counter("detect_touches_without_client_total", "Touches whose client is not known.", d.NoClient)
	e.counter("detect_served_total", "Decoy paths that the application itself served.", d.Served)
	r := s.responder.Stats()
	e.counter("respond_findings_total", "Findings.", r.Findings)
	e.counter("respond_sightings_total", "Sightings of findings.", r.Sightings)
	e.counter("respond_discarded_total", "Findings that an analyst's word discards.", r.Discarded)
	e.counter("respond_blocks_total", "Blocks made automatically.", r.Blocks)
	e.counter("respond_refused_total", "Automatic blocks that the guard refused.", r.Refused)
	e.counter("respond_denied_total", "Requests refused on our blocks, as logs tell.", r.Denied)
	e.counter("respond_touches_total", "Touches that agents reported.", r.Touches)
	e.counter("respond_touches_unconfirmed_total", "Touches that agents reported and our rules do not confirm.", r.Unconfirmed)
	e.counter("respond_checkpoints_total", "Checkpoints saved.", r.Checkpoints)
	e.gauge("respond_actors", "Actors about whom evidence is kept.", float64(r.Actors))
	e.gauge("respond_blocks_live", "Live blocks.", float64(r.Live))
	e.counter("store_dropped_batches_total", "Batches that were never stored because the bus was full.", s.dropped.batches.Load())
}

func (c collector) ingest(e emitter, st ingest.Stats) {
	e.counter("ingest_batches_total", "Batches acknowledged by the bus.", st.Batches)
	e.counter("ingest_retries_total", "Publishes that failed for want of a connection or an acknowledgement.", st.Retries)
	e.counter("ingest_fenced_total", "Publishes refused because the bus had the lines already.", st.Fenced)
	e.counter("ingest_bus_full_total", "Publishes refused because the bus was full.", st.Full)
	for name, src := range st.Sources {
		e.counter("ingest_lines_total", "Rows acknowledged by the bus.", src.Lines, "source", name)
		e.counter("ingest_bytes_total", "Bytes of log files acknowledged by the bus.", src.Bytes, "source", name)
		e.gauge("ingest_files", "Files being followed.", float64(src.Files), "source", name)
		e.gauge("ingest_lag_bytes", "Bytes of followed files that are not acknowledged yet.", float64(src.Lag), "source", name)
		for reason, n := range src.Rejected {
			e.counter("ingest_quarantined_total", "Records that could not be parsed.", n, "source", name, "reason", reason)
		}
	}
}

type emitter struct{ out chan<- prometheus.Metric }

func (e emitter) counter(name, help string, value uint64, labels ...string) {
	e.emit(prometheus.CounterValue, name, help, float64(value), labels)
}

func (e emitter) gauge(name, help string, value float64, labels ...string) {
	e.emit(prometheus.GaugeValue, name, help, value, labels)
}

// emit takes labels as names and values in turn.
func (e emitter) emit(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	e.out <- prometheus.MustNewConstMetric(prometheus.NewDesc("honeymoat_"+name, help, names, nil), kind, value, values...)
}
