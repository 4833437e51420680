package service

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/intel"
)

// A list that is refused whole holds the words of some, and counts all.
func TestAListThatIsRefusedWhole(t *testing.T) {
	var r *resting
	r.awaken(time.Now())
	r.keep(nil)
	told := func(r *resting) (to intel.Refusals) {
		to.Counts = map[string]int{}
		r.tell(&to)
		return to
	}
	if to := told(r); len(to.Counts)+len(to.Entries) != 0 || r.holds(netip.MustParsePrefix("192.0.2.0/24")) {
		t.Errorf("of nothing: %+v", to)
	}
	r = &resting{}
	now := time.Unix(1_700_000_000, 0)
	a := netip.MustParseAddr("100.64.0.0")
	all := make([]netip.Prefix, 3*intel.MostRefusals)
	for i := range all {
		all[i] = netip.PrefixFrom(a, 32)
		a = a.Next()
		rule := []string{"own-address", "failed"}[i%2]
		r.add(all[i], rest{now.Add(time.Duration(i) * time.Second), rule, fmt.Sprintf("the words of %d", i)})
	}
	r.add(all[0], rest{now.Add(time.Hour), "failed", "other words"})
	to := told(r)
	if to.Counts["own-address"]+1 != len(all)/2 || to.Counts["failed"]-1 != len(all)/2 || len(to.Entries) != intel.MostRefusals {
		t.Errorf("%v, %d examples", to.Counts, len(to.Entries))
	}
	if e := to.Entries[0]; e.Entry != "100.64.0.0" || e.Rule != "failed" || e.Reason != "other words" || !e.Again.Equal(now.Add(time.Hour)) {
		t.Errorf("the first is %+v", e)
	}
	r.awaken(now.Add(time.Duration(len(all)-500) * time.Second))
	if to := told(r); to.Counts["own-address"]+to.Counts["failed"] != 500 || r.holds(all[1]) || !r.holds(all[len(all)-1]) {
		t.Errorf("rested: %v", to.Counts)
	}
	r.keep(func(p netip.Prefix) bool { return p == all[0] })
	if to := told(r); len(to.Entries) != 1 || to.Counts["failed"] != 1 {
		t.Errorf("listed still: %+v", to)
	}
	r.awaken(now.Add(time.Hour))
	if to := told(r); len(to.Entries)+len(to.Counts) != 0 || r.holds(all[0]) {
		t.Errorf("at the end: %+v", to)
	}
}

// BenchmarkAMillionRefused: what a list of a million takes that is refused whole.
func BenchmarkAMillionRefused(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		r := &resting{}
		a := netip.MustParseAddr("100.64.0.0")
		for range 1_000_000 {
			r.add(netip.PrefixFrom(a, 32), rest{time.Unix(1_700_000_000, 0), "own-address", a.String() + " holds one of our own addresses"})
			a = a.Next()
		}
	}
}
