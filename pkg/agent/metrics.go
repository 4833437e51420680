package agent

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// counters are what an agent counts since its start.
type counters struct {
	decided, shadowed, exempt, flagged, failedOpen atomic.Uint64
	refused                                        [block.Allow + 1]atomic.Uint64 // by action; an unknown one is with deny
	touched, unrefused, touchRetries               atomic.Uint64
	droppedTouches                                 atomic.Uint64
	lost, gaps                                     atomic.Uint64
	snapshots, badSnapshots, deltas                atomic.Uint64
	unreported, saveFailures                       atomic.Uint64
	saveNanos                                      atomic.Int64
}

func (c *counters) refuse(a block.Action) {
	if int(a) >= len(c.refused) {
		a = block.Deny
	}
	c.refused[a].Add(1)
}

func (c *counters) allRefused() (n uint64) {
	for i := range c.refused {
		n += c.refused[i].Load()
	}
	return n
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
	keys     *prometheus.Desc
	result   *prometheus.Desc
	refused  *prometheus.Desc
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
		keys:     prometheus.NewDesc("honeymoat_agent_match_keys", "Keys under which users, keys, tokens and sessions are matched, by segment.", []string{"segment"}, nil),
		result:   prometheus.NewDesc("honeymoat_agent_decisions_total", "Requests decided, by result: what passes for want of a block, what does by an exemption, with a flag, or because the block is in shadow.", []string{"result"}, nil),
		refused:  prometheus.NewDesc("honeymoat_agent_refusals_total", "Requests refused, by action.", []string{"action"}, nil),
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
		total("failed_open_total", "Requests that passed while there were no blocks to go by.", func(c *counters) *atomic.Uint64 { return &c.failedOpen }),
		gauge("failing_open", "Whether there are no blocks to go by, so that requests pass unless their route fails closed.", func(a *Agent) float64 { return float(a.FailingOpen()) }),
		gauge("source_readers", "Gateways with blocks of their own that wait for a change.", func(a *Agent) float64 { return float64(a.feed.readers()) }),
		gauge("unnamed_refusals", "Refused requests of blocks that a report had no room for, since the start.", func(a *Agent) float64 { return float64(a.refusals.lost()) }),
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
	out <- c.keys
	out <- c.result
	out <- c.refused
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
	for segment, keys := range c.agent.replica.MatchKeys() {
		out <- prometheus.MustNewConstMetric(c.keys, prometheus.GaugeValue, float64(len(keys)), segment)
	}
	c.decisions(out)
}

func (c *collector) decisions(out chan<- prometheus.Metric) {
	n := &c.agent.count
	results := map[string]uint64{
		"deny": n.allRefused(), "shadow": n.shadowed.Load(), "exempt": n.exempt.Load(), "flag": n.flagged.Load(),
	}
	others := uint64(0)
	for _, value := range results {
		others += value
	}
	// Requests that are being counted right now must not make the rest negative.
	results["pass"] = max(n.decided.Load(), others) - others
	for result, value := range results {
		out <- prometheus.MustNewConstMetric(c.result, prometheus.CounterValue, float64(value), result)
	}
	for _, action := range [...]block.Action{block.Deny, block.Drop, block.Divert, block.Throttle} {
		out <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(n.refused[action].Load()), action.String())
	}
}
