package bus

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	published   prometheus.Counter
	refused     *prometheus.CounterVec // why
	dead        *prometheus.CounterVec // stream
	bytes       *prometheus.GaugeVec   // stream
	position    *prometheus.GaugeVec   // stream, consumer
	last        *prometheus.GaugeVec   // stream
	blocks      *prometheus.GaugeVec   // segment
	snapshots   prometheus.Counter
	flooded     prometheus.Counter
	propagation prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "honeymoat", Subsystem: "bus", Name: name, Help: help}
	}
	gauge := func(name, help string) prometheus.GaugeOpts {
		return prometheus.GaugeOpts{Namespace: "honeymoat", Subsystem: "bus", Name: name, Help: help}
	}
	m := &metrics{
		published: prometheus.NewCounter(counter("published_batches_total", "Batches of lines published by this process.")),
		refused:   prometheus.NewCounterVec(counter("refused_batches_total", "Batches that the bus did not take, by reason."), []string{"why"}),
		dead:      prometheus.NewCounterVec(counter("dead_letters_total", "Messages put aside because their consumer failed on them."), []string{"stream"}),
		bytes:     prometheus.NewGaugeVec(gauge("stream_bytes", "Bytes that a stream holds."), []string{"stream"}),
		position:  prometheus.NewGaugeVec(gauge("consumer_sequence", "Sequence of the last message that a consumer has handled."), []string{"stream", "consumer"}),
		last:      prometheus.NewGaugeVec(gauge("stream_sequence", "Sequence of a stream's last message."), []string{"stream"}),
		blocks:    prometheus.NewGaugeVec(gauge("blocks_count", "Blocks in a segment."), []string{"segment"}),
		snapshots: prometheus.NewCounter(counter("snapshots_total", "Snapshots of blocks sent to agents.")),
		flooded:   prometheus.NewCounter(counter("refused_requests_total", "Requests of agents that came faster than they could be answered.")),
		propagation: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "honeymoat", Subsystem: "bus", Name: "propagation_seconds",
			Help:    "From putting a block to an agent's report that it enforces it.",
			Buckets: []float64{.001, .002, .003, .005, .0075, .01, .015, .025, .05, .1, .25, 1, 5, 60},
		}),
	}
	for _, c := range []prometheus.Collector{m.published, m.refused, m.dead, m.bytes, m.position, m.last, m.blocks, m.snapshots, m.flooded, m.propagation} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the bus's metrics: %w", err)
		}
	}
	// There from the start: the first of them has to be seen as a growth.
	for _, stream := range []string{linesStream, recordsStream} {
		m.dead.WithLabelValues(stream)
	}
	return m, nil
}
