package agent

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// gathered gives the value of each metric, by its name and the value of its
// label.
func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, registry := agenttest.New("shop"), prometheus.NewRegistry()
		a, err := New(Options{
			Name: "edge", Dir: t.TempDir(), Link: service, Clock: newTestClock(), Log: slog.New(slog.DiscardHandler), Metrics: registry,
		})
		if err != nil {
			t.Fatal(err)
		}
		a.Decide(from("192.0.2.1"))
		if got := gathered(t, registry); got["honeymoat_agent_failing_open"] != 1 || got["honeymoat_agent_failed_open_total"] != 1 {
			t.Errorf("before it ever had blocks: %v", got)
		}
		r := (&rig{Agent: a, t: t, service: service}).start()
		r.put("shop", "192.0.2.1", 1, block.Deny, nil)
		r.put("shop", "192.0.2.2", 2, block.Drop, nil)
		r.put("shop", "192.0.2.3", 3, block.Flag, nil)
		r.put("shop", "192.0.2.4", 4, block.Allow, nil)
		r.put("shop", "192.0.2.5", 5, block.Throttle, &block.Terms{Rate: 0.001})
		service.PutIn("shop", "192.0.2.6", time.Hour, block.Shadow)
		r.read()
		for _, client := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.5", "192.0.2.5", "192.0.2.6", "192.0.2.7"} {
			r.Decide(from(client))
		}
		got := gathered(t, registry)
		for name, want := range map[string]float64{
			"honeymoat_agent_decisions_total deny": 4, "honeymoat_agent_decisions_total flag": 1, "honeymoat_agent_decisions_total exempt": 1,
			"honeymoat_agent_decisions_total shadow": 1, "honeymoat_agent_decisions_total pass": 3,
			"honeymoat_agent_refusals_total deny": 1, "honeymoat_agent_refusals_total drop": 1, "honeymoat_agent_refusals_total throttle": 2,
			"honeymoat_agent_refusals_total divert": 0, "honeymoat_agent_match_keys shop": 1, "honeymoat_agent_blocks shop": 6,
			"honeymoat_agent_failing_open": 0, "honeymoat_agent_failed_open_total": 1, "honeymoat_agent_source_readers": 1, "honeymoat_agent_linked": 1,
		} {
			if got[name] != want {
				t.Errorf("%s: %v, want %v", name, got[name], want)
			}
		}
	})
}
