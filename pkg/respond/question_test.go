package respond

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// covering tells what is on a target: "DEED TARGET", the partly ones in
// brackets.
func covering(t *testing.T, s *running, target string) string {
	t.Helper()
	var list []string
	for _, c := range why(t, s, target).Blocks {
		text := c.Block.Action.String() + " " + c.Block.Target.String()
		if _, rest, ok := strings.Cut(text, ":m"); ok { // a hash
			text = strings.Replace(text, ":m"+strings.Fields(rest)[0], ":#", 1)
		}
		if c.Partly {
			text = "(" + text + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func TestWhyInEveryScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus(), withKeys)
		add := func(target, segment string, change ...func(*AddBlock)) {
			t.Helper()
			r := asked(target)
			r.Segment = segment
			for _, c := range change {
				c(&r)
			}
			if _, err := s.AddBlock(t.Context(), admin, r); err != nil {
				t.Fatal(err)
			}
		}
		add("203.0.113.0/24", block.All)
		add("203.0.113.7 & route:POST /orders/{id}", "eu")
		add("203.0.113.7 & user:alice", "eu")
		add("user:alice & api:shop", block.All)
		add("user:bob", "longer")
		add("203.0.113.9 & key:k1", block.All, func(r *AddBlock) { r.Action = block.Allow })
		add("route:/admin/**", "eu", func(r *AddBlock) { r.Mode = block.Shadow })
		add("route:/health", block.All, func(r *AddBlock) { r.Action = block.Allow })
		f := func(target, want string) {
			t.Helper()
			if got := covering(t, s, target); got != want {
				t.Errorf("%s: %s, want %s", target, got, want)
			}
		}
		f("203.0.113.7", "deny 203.0.113.0/24, (deny 203.0.113.7 & route:POST /orders/{}), (deny 203.0.113.7 & user:#)")
		f("203.0.113.0/30", "deny 203.0.113.0/24")
		f("203.0.0.0/16", "(deny 203.0.113.0/24), (deny 203.0.113.7 & route:POST /orders/{}), (deny 203.0.113.7 & user:#), (allow 203.0.113.9 & key:#)")
		f("198.51.100.200", "")
		f("user:alice", "(deny user:# & api:shop), (deny 203.0.113.7 & user:#)")
		f("user:alice & api:shop", "deny user:# & api:shop, (deny 203.0.113.7 & user:#)")
		f("user:alice & api:pay", "(deny 203.0.113.7 & user:#)")
		f("user:bob", "deny user:#")
		f("user:eve", "")
		f("key:k1 & 203.0.113.9", "allow 203.0.113.9 & key:#, deny 203.0.113.0/24")
		f("route:/admin/users", "deny route:/admin/**")
		f("route:GET /admin", "deny route:/admin/**")
		f("route:/admin/users/", "deny route:/admin/**")
		f("route:/admin;x", "deny route:/admin/**")
		f("route:/health", "allow route:/health")
		f("route:/health/", "") // an exemption is letter by letter
		f("203.0.113.7 & route:POST /orders/9", "deny 203.0.113.0/24, deny 203.0.113.7 & route:POST /orders/{}, (deny 203.0.113.7 & user:#)")
		f("203.0.113.7 & route:/orders/9", "deny 203.0.113.0/24, (deny 203.0.113.7 & route:POST /orders/{}), (deny 203.0.113.7 & user:#)")
		f("203.0.113.7 & route:GET /orders/9", "deny 203.0.113.0/24, (deny 203.0.113.7 & user:#)")
		if _, err := s.Why(Question{Criteria: []block.Criterion{{Scope: block.ScopeRoute, Value: "orders"}}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("a target that is none: %v", err)
		}
	})
}

func TestWhyFindsSomebodyBehindAHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus(), withKeys)
		alice := finding.Actor{Kind: finding.User, Value: "k0a1b2c3d:AbCdEfGhIjKlMnOpQrStUv"}
		f := touchBy("203.0.113.7", "r1", time.Now())
		f.Actor = alice
		f.Names = []finding.Name{{Actor: alice, Segment: block.All, Value: s.matchKeys(block.All)[0].Hash(block.ScopeUser, "alice")}}
		mustHandle(t, s, 1, f)
		user := func(value string) []block.Criterion { return []block.Criterion{{Scope: block.ScopeUser, Value: value}} }
		for name, q := range map[string]Question{
			"in the clear":         {Criteria: user("alice"), Stored: map[block.Scope][]string{block.ScopeUser: {"k1:other", alice.Value}}},
			"as findings name her": {Criteria: user(alice.Value)},
			"as agents name her":   {Criteria: user(f.Names[0].Value)},
		} {
			e, err := s.Why(q)
			if err != nil || len(e.Blocks) != 1 || e.Actor == nil || e.Actor.Actor != alice {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
		}
		if _, err := s.Discard(t.Context(), analyst, AddDiscard{Actor: alice, Reason: "a test of ours"}); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Why(Question{Criteria: user(alice.Value)}); err != nil || len(e.Discards) != 1 {
			t.Errorf("discards: %+v, %v", e.Discards, err)
		}
	})
}

func TestWhyTellsSomeOfWhatIsPartlyOnATarget(t *testing.T) {
	var e Explanation
	for i := range 3 * maxPartly {
		e.Blocks = append(e.Blocks, Covering{Held: Held{Block: block.Block{Revision: uint64(i + 1)}}, Partly: i != 7})
	}
	e.sort()
	if len(e.Blocks) != 1+maxPartly || e.Blocks[0].Partly || !slices.IsSortedFunc(e.Blocks[1:], func(a, b Covering) int { return int(a.Block.Revision) - int(b.Block.Revision) }) {
		t.Errorf("%d blocks, the first partly: %v", len(e.Blocks), e.Blocks[0].Partly)
	}
}
