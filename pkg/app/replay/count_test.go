package replay

import (
	"net/netip"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestCounter(t *testing.T) {
	c := newCounter()
	b := &event.Batch{}
	add := func(client, user, key string) {
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
		b.SetString(event.User, user)
		b.SetString(event.Principal, key)
		b.EndRow()
		c.add(b, b.Rows()-1)
	}
	add("192.0.2.7", "alice", "")
	add("192.0.2.8", "alice", "k1")
	add("192.0.2.8", "", "k1")
	add("2001:db8::1", "", "k1")
	add("2001:db8::2", "", "")
	f := func(want int64, actor finding.Actor, criteria ...block.Criterion) {
		t.Helper()
		for i, x := range criteria {
			if x.Scope.Secret() {
				criteria[i].Value = c.name(block.All, finding.Actor{Kind: finding.ActorKind(x.Scope), Value: x.Value})
			}
		}
		target, err := block.NewTarget(criteria...)
		if err != nil {
			t.Fatal(err)
		}
		if n := c.sent(&block.Block{Target: target}, actor); n != want {
			t.Errorf("%s: %d requests, want %d", target, n, want)
		}
	}
	client := finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}
	f(1, client, block.Criterion{Scope: block.ScopeAddress, Value: "192.0.2.7"})
	f(2, client, block.Criterion{Scope: block.ScopeUser, Value: "alice"})
	f(3, client, block.Criterion{Scope: block.ScopeKey, Value: "k1"})
	f(2, client, block.Criterion{Scope: block.ScopePrefix, Value: "2001:db8::/64"})
	f(1, client, block.Criterion{Scope: block.ScopePrefix, Value: "2001:db9::/56"})
	f(1, client, block.Criterion{Scope: block.ScopeCountry, Value: "AQ"})
	f(2, client, block.Criterion{Scope: block.ScopeUser, Value: "alice"}, block.Criterion{Scope: block.ScopeRoute, Value: "/login"})
}
