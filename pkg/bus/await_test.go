package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// reports has an agent that follows report whatever it enforces.
func (g *gateway) reports(t *testing.T, w *world, segments ...string) {
	t.Helper()
	for _, s := range segments {
		eventually(t, "the agent is in step", func() bool { return g.inStep(w, s) })
	}
	if err := g.Report(t.Context(), block.Report{Software: "1.0", Enforcing: g.replica.Versions()}); err != nil {
		t.Fatal(err)
	}
}

func TestAwaitEnforced(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		gateways := map[string]*gateway{}
		for name, segment := range map[string]string{"a": "eu", "b": "eu", "c": "us"} {
			w.enrol(t, name, segment)
			gateways[name] = w.follow(t, name)
			eventually(t, "the agent is connected", func() bool { return w.server.Connected(name) && gateways[name].inStep(w, segment) })
		}
		w.enrol(t, "away", "eu")
		b := w.put(t, blockOn("eu", "192.0.2.1"))
		done := make(chan []block.Acknowledgement, 1)
		go func() { done <- w.Agents().AwaitEnforced(t.Context(), "eu", b.Revision) }()
		gateways["a"].reports(t, w, "eu")
		gateways["c"].reports(t, w, "us")
		eventually(t, "only b is waited for", func() bool { return len(done) > 0 || w.Agents().missing("eu") == "b" })
		if len(done) > 0 {
			t.Fatalf("it does not wait for all: %+v", <-done)
		}
		gateways["b"].reports(t, w, "eu")
		list := <-done
		if len(list) != 2 || list[0].Agent != "a" || list[1].Agent != "b" || !list[0].Enforced || !list[1].Enforced || list[0].Millis <= 0 || list[0].Millis > list[1].Millis {
			t.Errorf("acknowledgements %+v, want a before b", list)
		}
		again := w.Agents().AwaitEnforced(t.Context(), "eu", b.Revision)
		if len(again) != 2 || again[0] != list[0] {
			t.Errorf("asked again: %+v, want %+v", again, list)
		}
		if list := w.Agents().AwaitEnforced(t.Context(), "asia", 1); len(list) != 0 {
			t.Errorf("of a segment that nobody has: %+v", list)
		}
	})
}

func TestAwaitEnforcedTellsWhoDidNot(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	g := w.follow(t, "edge")
	eventually(t, "the agent is connected", func() bool { return g.inStep(w, block.All) && w.server.Connected("edge") })
	gone := w.put(t, blockOn(block.All, "192.0.2.1"))
	if err := w.Blocks().Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	revision := w.Blocks().Versions()[block.All].Revision
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	list := w.Agents().AwaitEnforced(ctx, block.All, revision)
	if len(list) != 1 || list[0].Enforced || list[0].Agent != "edge" || list[0].Millis <= 0 {
		t.Errorf("acknowledgements %+v, want one that is not enforced", list)
	}
	g.reports(t, w, block.All)
	if list := w.Agents().AwaitEnforced(t.Context(), block.All, revision); len(list) != 1 || !list[0].Enforced {
		t.Errorf("acknowledgements of a removal %+v", list)
	}
	if n := len(w.Agents().waits); n != 0 {
		t.Errorf("%d segments are waited for still", n)
	}
}

// A report that comes when somebody has waited for long enough changes nothing
// of what that one is told.
func TestAcknowledgementsStay(t *testing.T) {
	r := &Registry{agents: map[string]*member{}, waits: waits{}}
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		r.agents[name] = &member{}
	}
	w := &wait{segment: block.All, revision: 5, missing: map[string]bool{}, all: make(chan struct{})}
	r.begin(w, names)
	for _, name := range names[1:] {
		r.waits.reported(name, block.All, 0, 5, 0, "")
	}
	told := r.acknowledgements(w, 0)
	before := slices.Clone(told)
	r.waits.reported("a", block.All, 0, 5, 0, "")
	if len(told) != len(names) || !slices.Equal(told, before) {
		t.Errorf("told %+v, and then it was %+v", before, told)
	}
}

// missing names the agents that the first who waits is waiting for.
func (r *Registry) missing(segment string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waits[segment]) == 0 {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(r.waits[segment][0].missing)), ",")
}

// Many who wait at the same time, each for a block of its own.
func TestManyAwaitManyAgents(t *testing.T) {
	const agents, waiters = 200, 500
	w := start(t, where{dir: t.TempDir()}, func(o *Options) { o.Connected = func(string) bool { return true } })
	r := w.Agents()
	for i := range agents {
		r.set(enrolled{Agent: block.Agent{Name: fmt.Sprintf("edge-%d", i)}}, 1)
	}
	var wg sync.WaitGroup
	for n := range uint64(waiters) {
		wg.Go(func() {
			for _, a := range r.AwaitEnforced(t.Context(), block.All, n+1) {
				if !a.Enforced {
					t.Errorf("%s does not enforce %d", a.Agent, n+1)
				}
			}
		})
	}
	eventually(t, "all wait", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.waits[block.All]) == waiters
	})
	for revision := uint64(0); revision <= waiters; revision += 50 {
		for i := range agents {
			report := block.Report{Agent: fmt.Sprintf("edge-%d", i), Enforcing: map[string]block.Version{block.All: {Revision: revision}}}
			if err := r.Report(t.Context(), report); err != nil {
				t.Fatal(err)
			}
		}
	}
	wg.Wait()
}
