package nftables

import (
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are what a filter counts.
type counters struct {
	failures prometheus.Counter
	elements prometheus.Gauge
	dropped  *packets
}

// packets is a count that the kernel keeps and begins anew with each set of
// rules.
type packets struct{ before, now atomic.Uint64 }

func (p *packets) set(n uint64) {
	if n < p.now.Load() {
		p.before.Add(p.now.Load())
	}
	p.now.Store(n)
}

func newCounters(r prometheus.Registerer) (*counters, error) {
	c := &counters{
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "honeymoat_nftables_failures_total", Help: "Times that the packet filter was out of step and had to be filled anew.",
		}),
		elements: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "honeymoat_nftables_elements", Help: "Addresses and prefixes in the packet filter, exemptions included.",
		}),
		dropped: &packets{},
	}
	dropped := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "honeymoat_nftables_dropped_packets_total", Help: "Packets of blocked clients that were dropped, read every few seconds.",
	}, func() float64 { return float64(c.dropped.before.Load() + c.dropped.now.Load()) })
	if r == nil {
		return c, nil
	}
	for _, m := range []prometheus.Collector{c.failures, c.elements, dropped} {
		if err := r.Register(m); err != nil {
			return nil, fmt.Errorf("register the metrics of nftables: %w", err)
		}
	}
	return c, nil
}
