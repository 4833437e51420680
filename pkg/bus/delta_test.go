package bus

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// longest is the block with the longest key and the most in its headers.
func longest(t *testing.T, segment string) block.Block {
	t.Helper()
	hash := matchKey(segment, 1).Hash
	criteria := []block.Criterion{
		{Scope: block.ScopePrefix, Value: "2001:db8::/64"},
		{Scope: block.ScopeUser, Value: hash(block.ScopeUser, "alice")},
		{Scope: block.ScopeToken, Value: hash(block.ScopeToken, "token")},
		{Scope: block.ScopeCountry, Value: "AQ"},
		{Scope: block.ScopeNetwork, Value: "AS4294967295"},
	}
	for _, s := range []block.Scope{block.ScopeUserAgent, block.ScopeApplication, block.ScopeFingerprint, block.ScopeAPI} {
		criteria = append(criteria, block.Criterion{Scope: s, Value: strings.Repeat("&", block.MaxValue)})
	}
	target, err := block.NewTarget(criteria...)
	// There is a bound on all criteria together: the last one is cut to it.
	for last := &criteria[len(criteria)-1]; err != nil && last.Value != ""; target, err = block.NewTarget(criteria...) {
		last.Value = last.Value[1:]
	}
	if err != nil {
		t.Fatal(err)
	}
	b := blockOn(segment, "192.0.2.1")
	b.Target, b.Action, b.Mode, b.Percent = target, block.Throttle, block.Canary, 25
	// A control character takes six bytes in JSON.
	b.Terms = &block.Terms{Status: 429, Body: strings.Repeat("\x01", block.MaxBody), Rate: 0.1, Burst: 7, Each: true}
	return b
}

func TestLongestBlockTravels(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		segment := strings.Repeat("s", 64)
		w := start(t, at)
		w.enrol(t, "edge", segment)
		g := w.follow(t, "edge")
		eventually(t, "the agent is in step", func() bool { return g.inStep(w, segment) })
		b := longest(t, segment)
		t.Logf("key of %d bytes", len(b.Key()))
		stored := w.put(t, b)
		eventually(t, "the block reaches the agent", func() bool { return g.inStep(w, segment) })
		e, held := g.replica.Sets()[segment].Get(b.Target)
		if !held || e.ID != b.ID || e.Action != b.Action || e.Mode != b.Mode || e.Percent != b.Percent || e.Terms == nil || *e.Terms != *b.Terms {
			t.Errorf("the agent has %+v", e)
		}
		// The ways that ask the bucket for the key.
		if o := w.Blocks().contend(t.Context(), b); o.Block.Revision != stored.Revision {
			t.Errorf("contend: %v", o.Err)
		}
		second, err := w.Blocks().Replace(t.Context(), stored, b)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Blocks().Remove(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the removal reaches the agent", func() bool { return g.inStep(w, segment) })
	})
}
