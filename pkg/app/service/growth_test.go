package service

import (
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	var g growth
	begun := time.Unix(1_700_000_000, 0)
	f := func(second int, value, want uint64) {
		t.Helper()
		if got := g.over(100*time.Second, value, begun.Add(time.Duration(second)*time.Second)); got != want {
			t.Errorf("after %d s at %d: grew by %d, want %d", second, value, got, want)
		}
	}
	f(0, 1000, 0) // what was there before is no growth
	f(5, 1010, 10)
	f(50, 1020, 20)
	f(100, 1020, 20)
	f(150, 1020, 0)
	f(151, 7, 0) // a restart of what counts
	f(160, 9, 2)
}
