package indicator

import (
	"math"
	"testing"
)

func TestCover(t *testing.T) {
	f := func(want float64, values ...string) {
		t.Helper()
		var all []Indicator
		for _, v := range values {
			all = append(all, Indicator{Kind: Address, Value: v})
		}
		all = append(all, Indicator{Kind: Domain, Value: "example.com"})
		list, err := NewList("feed", all...)
		if err != nil {
			t.Fatal(err)
		}
		if got := list.Cover(); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", values, got, want)
		}
	}
	f(0)
	f(math.Exp2(-31), "192.0.2.1", "192.0.2.3")
	f(2./256, "8.0.0.0/8", "9.0.0.0/8")
	f(math.Exp2(-29), "2001:db8::/32", "192.0.2.1")
	f(math.Exp2(-8), "2001:db8::/32", "8.0.0.0/8")
}
