package respond

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// drop is a list from elsewhere as it asks.
var drop = Caller{Name: "list:drop", Role: "list", By: "list:drop"}

func listed(n int) Bulk {
	b := Bulk{Reason: "on the list drop"}
	for i := range n {
		item := asked(fmt.Sprintf("100.64.%d.%d", i>>8, i&255))
		item.Lifetime = time.Hour
		b.Items = append(b.Items, item)
	}
	return b
}

// TestAListTakesNoBudgetOfRules: however long a list is, rules block as before,
// and the breaker takes no notice.
func TestAListTakesNoBudgetOfRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		r, err := s.AddBlocks(t.Context(), drop, listed(3000))
		if err != nil || r.Created != 3000 {
			t.Fatalf("%d made, %v", r.Created, err)
		}
		if b := s.Breaker(); b.Held || b.Asked != 0 {
			t.Errorf("the breaker counts a list: %+v", b)
		}
		mustHandle(t, s, 1, touchBy("192.0.2.8", "r1", time.Now()))
		if _, ok := bus.Get(block.All, block.AddressTarget(netip.MustParseAddr("192.0.2.8"))); !ok {
			t.Error("a rule blocks no more")
		}
	})
}

// TestBlocksThatAListSaysNoMore end, and evidence blocks them again at once.
func TestBlocksThatAListSaysNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		if _, err := s.AddBlocks(t.Context(), drop, listed(3)); err != nil {
			t.Fatal(err)
		}
		blocks := bus.List()
		over := blocks[2]
		if err := bus.Remove(t.Context(), over); err != nil { // by itself
			t.Fatal(err)
		}
		before := time.Now()
		time.Sleep(time.Second)
		if n, err := s.EndBlocks(t.Context(), drop, blocks, "the list says it no more"); n != 2 || err != nil || len(bus.List()) != 0 {
			t.Errorf("%d ended, %v, %d left", n, err, len(bus.List()))
		}
		mustHandle(t, s, 1, touchBy(blocks[0].Target.String(), "r1", before))
		if len(bus.List()) != 1 {
			t.Error("evidence of before its end does not block")
		}
	})
}

// TestOneThatWaitsKeepsNoOthersWaiting: what needs a second person by itself
// does not count for the rest of a list.
func TestOneThatWaitsKeepsNoOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) { o.Ledger.Traffic = fakeTraffic{"100.64.0.1": {Requests: 9000, Successful: 9000}} })
		r, err := s.AddBlocks(t.Context(), drop, listed(3))
		if err != nil || r.Created != 2 || r.Approval == nil || len(r.Approval.Blocks) != 1 {
			t.Errorf("%d made, %v, waiting %+v", r.Created, err, r.Approval)
		}
	})
}
