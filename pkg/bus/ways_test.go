package bus

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// at is what an agent reports that decides by one revision and has gateways
// which hold others.
func at(agent string, revision uint64, ways ...block.Way) block.Report {
	return block.Report{Agent: agent, Enforcing: map[string]block.Version{block.All: {Revision: revision}}, Ways: ways}
}

func holding(name string, revision uint64) block.Way {
	return block.Way{Name: name, Holds: map[string]uint64{block.All: revision}}
}

func (w *world) reported(t *testing.T, r block.Report) {
	t.Helper()
	if err := w.Agents().Report(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestAwaitEnforcedCountsGatewaysThatHoldBlocks(t *testing.T) {
	w := start(t, where{dir: t.TempDir()}, func(o *Options) { o.Connected = func(string) bool { return true } })
	w.enrol(t, "maps")
	w.enrol(t, "old") // tells of no ways
	before := w.put(t, blockOn(block.All, "192.0.2.1")).Revision
	revision := w.put(t, blockOn(block.All, "192.0.2.2")).Revision
	w.reported(t, at("old", revision))
	w.reported(t, at("maps", revision, holding("haproxy", revision), holding("nginx-maps", before)))

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	list := w.Agents().AwaitEnforced(ctx, block.All, revision)
	if len(list) != 2 || list[0].Enforced || list[0].Via != "nginx-maps" || !list[1].Enforced || list[1].Via != "" {
		t.Fatalf("while nginx is behind: %+v", list)
	}

	done := make(chan []block.Acknowledgement, 1)
	go func() { done <- w.Agents().AwaitEnforced(t.Context(), block.All, revision) }()
	eventually(t, "maps is waited for", func() bool { return w.Agents().missing(block.All) == "maps" })
	w.reported(t, at("maps", revision, holding("haproxy", revision), holding("nginx-maps", revision)))
	if list := <-done; !list[0].Enforced || list[0].Via != "nginx-maps" || list[0].Millis < list[1].Millis {
		t.Errorf("once nginx has it: %+v", list)
	}
}

func TestWaysAreTold(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	before := w.put(t, blockOn(block.All, "192.0.2.1")).Revision
	latest := w.put(t, blockOn(block.All, "192.0.2.2")).Revision
	f := func(way block.Way, lags, failing, late bool) {
		t.Helper()
		way.Name = "nftables"
		w.reported(t, at("edge", latest, way))
		agents, err := w.Agents().Agents(t.Context())
		if err != nil || len(agents[0].Ways) != 1 {
			t.Fatalf("agents %+v, %v", agents, err)
		}
		if s := agents[0].Ways[0]; (s.LagMillis > 0) != lags || s.FailingSince.IsZero() == failing || s.Late() != late {
			t.Errorf("%+v, want lag %t, failing %t, late %t", s, lags, failing, late)
		}
	}
	minute := time.Minute.Milliseconds()
	now, then := holding("", latest).Holds, holding("", before).Holds
	f(block.Way{Holds: now, BoundMillis: minute}, false, false, false)
	f(block.Way{Holds: then, BoundMillis: minute}, true, false, false)
	f(block.Way{Holds: then}, true, false, true)
	f(block.Way{}, true, false, true)
	f(block.Way{Holds: now, BoundMillis: minute, FailingMillis: 1}, false, true, false)
	f(block.Way{Holds: now, BoundMillis: minute, FailingMillis: minute + 1}, false, true, true)
}

// What an agent has again after a restart, or had before it first reported, is
// no propagation: it may have been put a week ago.
func TestRestartsAreNoPropagation(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	f := func(when string, want uint64, r block.Report) {
		t.Helper()
		w.reported(t, r)
		var m dto.Metric
		if err := w.metrics.propagation.Write(&m); err != nil {
			t.Fatal(err)
		}
		if got := m.GetHistogram().GetSampleCount(); got != want {
			t.Errorf("%s: %d times were measured, want %d", when, got, want)
		}
	}
	old := w.put(t, blockOn(block.All, "192.0.2.1")).Revision
	f("at first", 0, at("edge", old, holding("maps", old)))
	w.put(t, blockOn(block.All, "192.0.2.2"))
	latest := w.put(t, blockOn(block.All, "192.0.2.3")).Revision
	f("while nginx is behind", 0, at("edge", latest, holding("maps", old)))
	f("when nginx has two more", 2, at("edge", latest, holding("maps", latest)))
	f("when the agent is back", 2, at("edge", latest, block.Way{Name: "maps"}))
	f("when it knows what nginx has", 2, at("edge", latest, holding("maps", latest)))
	f("when it has lost its state", 2, block.Report{Agent: "edge"})
	f("when it has been given all", 2, at("edge", latest))
	f("when there is one more", 3, at("edge", w.put(t, blockOn(block.All, "192.0.2.4")).Revision))
}

func TestWaysAreBounded(t *testing.T) {
	said := slices.Repeat([]block.Way{{
		Name: "maps", Holds: map[string]uint64{block.All: 1, "others": 2}, Why: strings.Repeat("y", 1<<20),
	}}, 100)
	kept := believed(append(said, block.Way{Name: "no name"}), []string{block.All})
	if len(kept) != maxWays || len(kept[0].Holds) != 1 || len(kept[0].Why) != maxWhy {
		t.Errorf("%d ways, the first %d segments, %d bytes", len(kept), len(kept[0].Holds), len(kept[0].Why))
	}
	if len(said[0].Why) == maxWhy {
		t.Error("the report itself was changed")
	}
}

func TestSlowest(t *testing.T) {
	f := func(r block.Report, revision uint64, via string) {
		t.Helper()
		if got, by := slowest(&r, block.All); got != revision || by != via {
			t.Errorf("slowest of %+v = %d by %q, want %d by %q", r, got, by, revision, via)
		}
	}
	f(at("a", 5), 5, "")
	f(at("a", 5, holding("haproxy", 5)), 5, "haproxy")
	f(at("a", 4, holding("haproxy", 5)), 4, "agent")
	f(at("a", 5, holding("haproxy", 4), holding("nftables", 5)), 4, "haproxy")
	f(at("a", 5, block.Way{Name: "wso2"}), 0, "wso2")
}
