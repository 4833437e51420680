package agent

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are what an agent counts since its start.
type counters struct {
	decided, denied, shadowed        atomic.Uint64
	touched, unrefused, touchRetries atomic.Uint64
	droppedTouches                   atomic.Uint64
	lost, gaps                       atomic.Uint64
	snapshots, badSnapshots, deltas  atomic.Uint64
	unreported, saveFailures         atomic.Uint64
	saveNanos                        atomic.Int64
}

// InSync tells whether the service is there and the set held is known to be
// its own.
func (a *Agent) InSync() bool { return a.linked.Load() && a.inSync.Load() }

// collector shows the counters to Prometheus.
type collector struct {
	agent    *Agent
	single   []metric
	blocks   *prometheus.Desc
	revision *prometheus.Desc
	result   *prometheus.Desc
}

type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(a *Agent) float64
}

func newCollector(a *Agent) *collector {
	return &collector{
		agent:    a,
		single:   metrics(),
		blocks:   prometheus.NewDesc("honeymoat_agent_blocks", "Blocks held, by segment.", []string{"segment"}, nil),
		revision: prometheus.NewDesc("honeymoat_agent_revision", "Revision of the set in force, by segment.", []string{"segment"}, nil),
		result:   prometheus.NewDesc("honeymoat_agent_decisions_total", "Requests decided, by result.", []string{"result"}, nil),
	}
}

func metrics() []metric {
	total := func(name, help string, of func(c *counters) *atomic.Uint64) metric {
		return metric{
			prometheus.NewDesc("honeymoat_agent_"+name, help, nil, nil), prometheus.CounterValue,
			func(a *Agent) float64 { return float64(of(&a.count).Load()) },
		}
	}
	gauge := func(name, help string, value func(a *Agent) float64) metric {
		return metric{prometheus.NewDesc("honeymoat_agent_"+name, help, nil, nil), prometheus.GaugeValue, value}
	}
	return []metric{
		total("touches_total", "Decoys touched in the request path.", func(c *counters) *atomic.Uint64 { return &c.touched }),
		total("touch_retries_total", "Times that a touch could not be brought to the service.", func(c *counters) *atomic.Uint64 { return &c.touchRetries }),
		total("unrefused_total", "Touches without a refusal because too many are in force.", func(c *counters) *atomic.Uint64 { return &c.unrefused }),
		total("link_losses_total", "Times that the service was lost.", func(c *counters) *atomic.Uint64 { return &c.lost }),
		total("gaps_total", "Heartbeats that showed a missed change.", func(c *counters) *atomic.Uint64 { return &c.gaps }),
		total("snapshots_total", "Snapshots taken from the service.", func(c *counters) *atomic.Uint64 { return &c.snapshots }),
		total("bad_snapshots_total", "Snapshots that could not be read.", func(c *counters) *atomic.Uint64 { return &c.badSnapshots }),
		total("deltas_total", "Changes received from the service.", func(c *counters) *atomic.Uint64 { return &c.deltas }),
		total("lost_reports_total", "Reports that could not be sent.", func(c *counters) *atomic.Uint64 { return &c.unreported }),
		total("save_failures_total", "Times that the state could not be saved.", func(c *counters) *atomic.Uint64 { return &c.saveFailures }),
		total("dropped_touches_total", "Touches given up because too many waited.", func(c *counters) *atomic.Uint64 { return &c.droppedTouches }),
		gauge("linked", "Whether the service is there.", func(a *Agent) float64 { return float(a.linked.Load()) }),
		gauge("touches_waiting", "Touches that the service does not have yet.", func(a *Agent) float64 { return float64(a.touches.len()) }),
		gauge("provisional_refusals", "Refusals of this agent's own that are in force.", func(a *Agent) float64 { return float64(a.provisional.len()) }),
		gauge("save_seconds", "Time that the last saving of the state took.", func(a *Agent) float64 {
			return time.Duration(a.count.saveNanos.Load()).Seconds()
		}),
	}
}

func float(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range c.single {
		out <- m.desc
	}
	out <- c.blocks
	out <- c.revision
	out <- c.result
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, m := range c.single {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(c.agent))
	}
	for segment, v := range c.agent.Versions() {
		out <- prometheus.MustNewConstMetric(c.blocks, prometheus.GaugeValue, float64(v.Count), segment)
		out <- prometheus.MustNewConstMetric(c.revision, prometheus.GaugeValue, float64(v.Revision), segment)
	}
	n := &c.agent.count
	denied, shadowed := n.denied.Load(), n.shadowed.Load()
	// Requests that are being counted right now must not make the rest negative.
	passed := max(n.decided.Load(), denied+shadowed) - denied - shadowed
	for result, value := range map[string]uint64{"pass": passed, "deny": denied, "shadow": shadowed} {
		out <- prometheus.MustNewConstMetric(c.result, prometheus.CounterValue, float64(value), result)
	}
}
