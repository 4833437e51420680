package block

import (
	"net/netip"
	"strconv"
	"testing"
	"time"
)

// Whoever makes up another user with each request stays on the side of its
// address.
func TestAClientDoesNotChooseItsSideOfACanary(t *testing.T) {
	target, err := ParseTarget("user_agent:probe/1")
	if err != nil {
		t.Fatal(err)
	}
	set := (*Set)(nil).Apply(Delta{Revision: 1, Target: target, ID: 1, Left: time.Hour, Mode: Canary, Percent: 50}, 0)
	sides := func(claimed bool) map[Mode]bool {
		seen := map[Mode]bool{}
		for i := range 100 {
			q := Request{Client: netip.MustParseAddr("192.0.2.7"), UserAgent: "probe/1", User: strconv.Itoa(i), Claimed: claimed}
			seen[set.Find(&q, nil, 0).Mode] = true
		}
		return seen
	}
	if n := len(sides(true)); n != 1 {
		t.Errorf("a client that claims to be many is on %d sides", n)
	}
	if n := len(sides(false)); n != 2 {
		t.Errorf("many users behind one address are on %d sides", n)
	}
}
