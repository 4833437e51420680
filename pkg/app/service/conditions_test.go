package service

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// healthy is a service of which there is nothing to complain.
func healthy() *vitals {
	now := time.Unix(1_700_000_000, 0)
	return &vitals{
		now:   now,
		parts: []wire.Part{{Name: "bus", Ready: true}, {Name: "store", Ready: true}, {Name: "alertmanager", Ready: true}, {Name: "ingest", Ready: true}},
		lags:  map[string]lateness{"detect": {detectLate, 3}, "store": {storeLate, 100}},
		agents: []agentVitals{{block.Agent{Name: "a", Gateway: "edge", Connected: true, Ways: []block.WayState{
			{Way: block.Way{Name: "nginx-maps", BoundMillis: 20_000}, LagMillis: 20_000},
		}}, agentLate}},
		space: space{dir: "/data", size: 1 << 40, free: leastFree},
		certs: []certificate{{"server", now.Add(certificateEnd)}},
		rules: []rollout.Logic{{Rule: "r", State: rollout.Moving}, {Rule: "p", State: rollout.Held, Who: "somebody"}},
	}
}

func TestConditions(t *testing.T) {
	f := func(change func(*vitals), want string, about string) {
		t.Helper()
		v := healthy()
		change(v)
		var names []string
		for _, c := range complaints(conditions(), v) {
			names = append(names, c.condition.name)
			if !strings.Contains(c.key()+c.summary, about) {
				t.Errorf("%s tells %q of %v, want %q in it", c.condition.name, c.summary, c.where, about)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("complaints %q, want %q", got, want)
		}
	}
	f(func(*vitals) {}, "", "")
	f(func(v *vitals) { v.parts[0] = wire.Part{Name: "bus", Detail: "no route"} }, "BusDown", "no route")
	f(func(v *vitals) { v.parts[1].Ready = false }, "StoreDown", "store")
	f(func(v *vitals) { v.parts[2].Ready = false }, "AlertmanagerDown", "alertmanager")
	f(func(v *vitals) { v.parts[3].Ready = false }, "IngestBlocked", "ingest")
	f(func(v *vitals) { v.lags["detect"] = lateness{detectLate + 1, 9} }, "DetectBehind", "1m0s")
	f(func(v *vitals) { v.lags["store"] = lateness{storeLate + 1, 9} }, "StoreBehind", "15m0s")
	f(func(v *vitals) { v.deadLetters, v.lastDead = 2, &deadLetter{"LINES", "no such schema"} }, "DeadLetters", "no such schema")
	f(func(v *vitals) { v.refusedRules = "1 mistake" }, "RulesRefused", "1 mistake")
	f(func(v *vitals) { v.feeds = "feed x" }, "FeedsInTrouble", "feed x")
	f(func(v *vitals) { v.notReloaded = "line 3" }, "ReloadFailed", "line 3")
	f(func(v *vitals) { v.agents[0].Connected = false }, "AgentSilent", `gateway="edge"`)
	f(func(v *vitals) { v.agents[0].behind++ }, "AgentBehind", `agent="a"`)
	f(func(v *vitals) { v.agents[0].Ways[0].LagMillis++ }, "GatewayBehind", `way="nginx-maps"`)
	f(func(v *vitals) { v.agents[0].Ways[0].FailingMillis = 20_001 }, "GatewayBehind", `way="nginx-maps"`)
	f(func(v *vitals) { v.spoiled = []string{"nginx"} }, "Quarantine", `source="nginx"`)
	f(func(v *vitals) { v.space.free -= 0.01 }, "DiskNearlyFull", "/data")
	f(func(v *vitals) { v.space = space{} }, "", "") // not known is not full
	f(func(v *vitals) { v.now = v.now.Add(1) }, "CertificateEnding", "server")
	f(func(v *vitals) { v.rules[0].State, v.rules[0].Who = rollout.RolledBack, rollout.ByGates }, "RolloutHeld", `rule="r"`)
	f(func(v *vitals) { v.unsaved = failedSaves - 1 }, "", "")
	f(func(v *vitals) { v.unsaved = failedSaves }, "StateNotSaved", "not being saved")
	f(func(v *vitals) { v.failing = []string{"siem"} }, "WebhookFailing", "siem")
	f(func(v *vitals) { v.forgot = true }, "DetectionForgets", "room")
}

// Every condition says what to do about it, under a name of its own.
func TestConditionsHelp(t *testing.T) {
	names := map[string]bool{}
	for _, c := range conditions() {
		if names[c.name] || len(c.helps) < 20 {
			t.Errorf("condition %s: a name of its own %v, help %q", c.name, !names[c.name], c.helps)
		}
		names[c.name] = true
	}
}

func TestAgentIsBehindByOneChangeAndNotByMany(t *testing.T) {
	w, now := newVigil(), time.Unix(1_700_000_000, 0)
	a := block.Agent{Name: "a", Segments: []string{"eu"}}
	f := func(second int, all, eu, hasAll, hasEU uint64, want time.Duration) {
		t.Helper()
		a.Enforcing = map[string]block.Version{block.All: {Revision: hasAll}, "eu": {Revision: hasEU}}
		latest := map[string]block.Version{block.All: {Revision: all}, "eu": {Revision: eu}, "us": {Revision: 99}}
		if got := w.agentBehind(&a, latest, now.Add(time.Duration(second)*time.Second)); got != want {
			t.Errorf("after %d s it is %v behind, want %v", second, got, want)
		}
	}
	f(0, 10, 5, 10, 5, 0)
	for second := 1; second < 100; second++ { // always one change late, and never stuck
		f(second, uint64(10+second), 5, uint64(9+second), 5, 0)
	}
	f(100, 200, 5, 200, 5, 0)
	f(101, 200, 6, 200, 5, 0)
	f(131, 200, 7, 200, 5, 30*time.Second)
}

func TestSpoiledSources(t *testing.T) {
	w, now := newVigil(), time.Unix(1_700_000_000, 0)
	f := func(minute int, lines, rejected uint64, want ...string) {
		t.Helper()
		sources := map[string]ingest.SourceStats{
			"nginx": {Lines: lines, Rejected: map[string]uint64{"status": rejected / 2, "time": rejected - rejected/2}},
			"quiet": {Rejected: map[string]uint64{}},
		}
		if got := w.spoiled(sources, now.Add(time.Duration(minute)*time.Minute)); !slices.Equal(got, want) {
			t.Errorf("after %d minutes: %v, want %v", minute, got, want)
		}
	}
	f(0, 1000, 900) // what was before the start is of no interest
	f(1, 1000, 919) // few
	f(2, 1000, 920, "nginx")
	f(3, 1400, 920) // a share of less than 5 %
	f(4, 1400, 960, "nginx")
	f(15, 2000, 960) // it was mended
}

func TestMetricsOfHealth(t *testing.T) {
	s := start(t, embeddedConfig(t))
	want := []string{"honeymoat_certificate_end_timestamp_seconds", "honeymoat_disk_bytes", "honeymoat_disk_free_ratio", "honeymoat_lag_batches", "honeymoat_lag_seconds", "honeymoat_part_ready", "honeymoat_rollouts_held"}
	s.await("the first look", func() bool { return s.health.vitals.Load() != nil })
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]float64{}
	for _, f := range families {
		has[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	for _, name := range want {
		if _, ok := has[name]; !ok {
			t.Errorf("no metric %s among %v", name, slices.Sorted(maps.Keys(has)))
		}
	}
	if has["honeymoat_disk_bytes"] == 0 || has["honeymoat_disk_free_ratio"] <= 0 || has["honeymoat_disk_free_ratio"] > 1 {
		t.Errorf("disk of %v bytes with %v free", has["honeymoat_disk_bytes"], has["honeymoat_disk_free_ratio"])
	}
	if end := has["honeymoat_certificate_end_timestamp_seconds"]; end < float64(time.Now().Add(certificateEnd).Unix()) {
		t.Errorf("a new certificate ends at %v", end)
	}
}

// Whoever scrapes honeymoat is told by the rules of Prometheus under the same
// names, and told once: Alertmanager groups by them.
func TestConditionsAreRulesToo(t *testing.T) {
	rules, err := os.ReadFile("../../../deploy/prometheus/rules/honeymoat.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conditions() {
		if !strings.Contains(string(rules), "- alert: "+respond.HealthAlert+c.name+"\n") {
			t.Errorf("deploy/prometheus has no alert %s%s", respond.HealthAlert, c.name)
		}
	}
}
