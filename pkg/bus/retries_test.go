package bus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (g *gateway) RetriesAsked(last uint64) { g.asked.Store(last) }

func hostsOf(r block.Retry) []string {
	var names []string
	for _, h := range r.Hosts {
		names = append(names, h.Host)
	}
	return names
}

func TestRetriesReachTheirHosts(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge-a")
		w.enrol(t, "edge-b")
		w.enrol(t, "gone")
		if err := w.Agents().Revoke(t.Context(), "gone"); err != nil {
			t.Fatal(err)
		}
		var local uint64
		w.Retries().Notify(func(last uint64) { local = last })
		g := w.follow(t, "edge-a")
		all, err := w.Retries().Ask(t.Context(), "token:test", block.RetryRequest{All: true, Source: "web"})
		if err != nil || !slices.Equal(hostsOf(all), []string{Local, "edge-a", "edge-b"}) || all.Done || local != all.Number {
			t.Fatalf("%+v, %v; told %d", all, err, local)
		}
		one, err := w.Retries().Ask(t.Context(), "token:test", block.RetryRequest{Agent: "edge-a", Reason: "no time"})
		if err != nil || !slices.Equal(hostsOf(one), []string{"edge-a"}) {
			t.Fatalf("%+v, %v", one, err)
		}
		if _, err := w.Retries().Ask(t.Context(), "token:test", block.RetryRequest{Agent: "gone"}); !errors.Is(err, respond.ErrNotFound) {
			t.Errorf("a revoked agent: %v", err)
		}
		eventually(t, "the heartbeat tells of it", func() bool { return g.asked.Load() == one.Number })
		orders, err := g.Orders(t.Context(), 0)
		want := []block.RetryOrder{{Number: all.Number, Source: "web"}, {Number: one.Number, Reason: "no time"}}
		if err != nil || !slices.Equal(orders, want) {
			t.Errorf("orders %+v, %v", orders, err)
		}
		if orders, err = g.Orders(t.Context(), all.Number); err != nil || !slices.Equal(orders, want[1:]) {
			t.Errorf("later orders %+v, %v", orders, err)
		}
		if mine, err := w.Retries().Desk(Local).Orders(t.Context(), 0); err != nil || !slices.Equal(mine, want[:1]) {
			t.Errorf("orders of the service: %+v, %v", mine, err)
		}
	})
}

func TestResultsOfRetriesOutliveTheService(t *testing.T) {
	at := where{dir: t.TempDir()}
	w := start(t, at)
	w.enrol(t, "edge-a")
	g := w.follow(t, "edge-a")
	asked, err := w.Retries().Ask(t.Context(), "token:test", block.RetryRequest{All: true})
	if err != nil {
		t.Fatal(err)
	}
	told := block.RetryResult{Number: asked.Number, Tried: 5, Parsed: 2}
	for _, told.Done = range []bool{false, true} {
		if err := g.Retried(t.Context(), told); err != nil {
			t.Fatal(err)
		}
	}
	late := told
	late.Done = false
	if err := g.Retried(t.Context(), late); err != nil {
		t.Error(err)
	}
	if left := w.Retries().Orders("edge-a", 0); len(left) != 0 {
		t.Errorf("what came late undid the end: %+v", left)
	}
	told.Number = 99 // of which nobody knows
	if err := g.Retried(t.Context(), told); err != nil {
		t.Error(err)
	}
	w.stop()
	w = start(t, at)
	r, err := w.Retries().Get(asked.Number)
	if err != nil || r.Done || r.Hosts[0].Started || r.Hosts[1].Tried != 5 || r.Hosts[1].Parsed != 2 || !r.Hosts[1].Done || r.By != "token:test" {
		t.Errorf("%+v, %v", r, err)
	}
	if left := w.Retries().Orders("edge-a", 0); len(left) != 0 {
		t.Errorf("what is done is asked for again: %+v", left)
	}
	if err := w.Retries().Desk(Local).Retried(t.Context(), block.RetryResult{Number: asked.Number, Done: true}); err != nil {
		t.Error(err)
	}
	if r, err := w.Retries().Get(asked.Number); err != nil || !r.Done {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := w.Retries().Get(99); !errors.Is(err, respond.ErrNotFound) {
		t.Errorf("an unknown retry: %v", err)
	}
}

func TestRetriesAreBounded(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	for range maxRetries + 5 {
		if _, err := w.Retries().Ask(t.Context(), "token:test", block.RetryRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.Retries().Orders(Local, 0)); n != maxRetries {
		t.Errorf("%d retries are kept", n)
	}
	reasons := map[string]int{}
	for i := range 2 * maxReasons {
		reasons[fmt.Sprintf("%d %s", i, strings.Repeat("é", maxReason))] = 1
	}
	kept := bounded(reasons)
	if len(kept) != maxReasons {
		t.Errorf("%d reasons are kept", len(kept))
	}
	for reason := range kept {
		if len(reason) > maxReason || !utf8.ValidString(reason) {
			t.Errorf("kept %q", reason)
		}
	}
}
