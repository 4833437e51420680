package bus

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// longest is the block with the longest key and the most in its headers.
func longest(t *testing.T, segment string) block.Block {
	t.Helper()
	long := strings.Repeat("&", block.MaxValue)
	hash := matchKey(segment, 1).Hash
	target, err := block.NewTarget(
		block.Criterion{Scope: block.ScopePrefix, Value: "2001:db8::/64"},
		block.Criterion{Scope: block.ScopeUser, Value: hash(block.ScopeUser, "alice")},
		block.Criterion{Scope: block.ScopeKey, Value: hash(block.ScopeKey, "key")},
		block.Criterion{Scope: block.ScopeToken, Value: hash(block.ScopeToken, "token")},
		block.Criterion{Scope: block.ScopeSession, Value: hash(block.ScopeSession, "session")},
		block.Criterion{Scope: block.ScopeApplication, Value: long},
		block.Criterion{Scope: block.ScopeFingerprint, Value: long},
		block.Criterion{Scope: block.ScopeUserAgent, Value: long},
		block.Criterion{Scope: block.ScopeRoute, Value: "POST /" + long[6:]},
		block.Criterion{Scope: block.ScopeAPI, Value: long},
		block.Criterion{Scope: block.ScopeCountry, Value: "AQ"},
		block.Criterion{Scope: block.ScopeNetwork, Value: "AS4294967295"},
	)
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
