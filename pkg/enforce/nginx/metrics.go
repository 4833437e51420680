package nginx

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// filesMetrics are those of Files.
type filesMetrics struct {
	entries, unsupported, exemptions, failing prometheus.Gauge
	reloads, rejected                         prometheus.Counter
}

func newFilesMetrics() *filesMetrics {
	const way = "files"
	return &filesMetrics{
		entries:     gauge(way, "entries", "Blocks and exemptions that nginx holds."),
		unsupported: gauge(way, "unsupported_blocks", "Blocks in force that nginx cannot hold and leaves to whoever decides in the request path."),
		exemptions:  gauge(way, "unsupported_exemptions", "Exemptions that nginx cannot know: whom they name is refused where what nginx holds is about them."),
		failing:     gauge(way, "failing", "1 while nginx goes on with the blocks that it had, because the last attempt to change them failed."),
		reloads:     counter(way, "reloads_total", "Reloads of nginx for new blocks."),
		rejected:    counter(way, "rejected_total", "Changes that nginx's check refused, and that were taken back."),
	}
}

func (m *filesMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.entries, m.unsupported, m.exemptions, m.failing, m.reloads, m.rejected}
}

// dictMetrics are those of Dict.
type dictMetrics struct {
	entries, unsupported, exemptions, failing prometheus.Gauge
	fills, pushes                             prometheus.Counter
	delay                                     prometheus.Histogram
}

func newDictMetrics() *dictMetrics {
	const way = "dict"
	return &dictMetrics{
		entries:     gauge(way, "entries", "Blocks and exemptions that nginx holds."),
		unsupported: gauge(way, "unsupported_blocks", "Blocks in force that nginx cannot hold and leaves to whoever decides in the request path."),
		exemptions:  gauge(way, "unsupported_exemptions", "Exemptions that nginx cannot know: whom they name is refused where what nginx holds is about them."),
		failing:     gauge(way, "failing", "1 while nginx goes on with the blocks that it had, because the last attempt to change them failed."),
		fills:       counter(way, "fills_total", "Times that nginx was given everything, as after its restart."),
		pushes:      counter(way, "pushes_total", "Requests with changes that nginx took."),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "honeymoat_nginx_push_seconds", Help: "Time from the agent's knowing of a change to nginx's having it.",
			Buckets: prometheus.ExponentialBuckets(0.0002, 2, 14),
		}),
	}
}

func (m *dictMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.entries, m.unsupported, m.exemptions, m.failing, m.fills, m.pushes, m.delay}
}

func gauge(way, name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "honeymoat_nginx_" + name, Help: help, ConstLabels: prometheus.Labels{"way": way},
	})
}

func counter(way, name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "honeymoat_nginx_" + name, Help: help, ConstLabels: prometheus.Labels{"way": way},
	})
}

func register(r prometheus.Registerer, all []prometheus.Collector) error {
	for _, c := range all {
		if err := r.Register(c); err != nil {
			return fmt.Errorf("register the metrics of nginx: %w", err)
		}
	}
	return nil
}
