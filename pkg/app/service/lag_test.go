package service

import (
	"testing"
	"time"
)

func TestLag(t *testing.T) {
	var l lag
	begun := time.Unix(1_700_000_000, 0)
	f := func(second int, end, position uint64, seconds int, messages uint64) {
		t.Helper()
		late, n := l.behind(end, position, begun.Add(time.Duration(second)*time.Second))
		if late != time.Duration(seconds)*time.Second || n != messages {
			t.Errorf("after %d s, at %d of %d: behind by %v and %d messages, want %d s and %d", second, position, end, late, n, seconds, messages)
		}
	}
	f(0, 0, 0, 0, 0)        // nothing was ever written
	f(1, 100, 100, 0, 0)    // in step
	f(2, 110, 100, 0, 10)   // just behind
	f(3, 120, 100, 1, 20)   // since second 2
	f(4, 120, 110, 1, 10)   // has reached the end of second 2; that of second 3 is a second old
	f(64, 120, 110, 61, 10) // stands still
	f(65, 120, 120, 0, 0)
	f(66, 120, 130, 0, 0) // its position was read after the end
}

func TestLagIsBounded(t *testing.T) {
	var l lag
	now := time.Unix(1_700_000_000, 0)
	const n = 10 * maxSamples
	for i := range n {
		now = now.Add(time.Second)
		late, messages := l.behind(uint64(i+1), 0, now)
		if late != time.Duration(i)*time.Second || messages != uint64(i+1) {
			t.Fatalf("after %d s: %v and %d", i, late, messages)
		}
	}
	if len(l.samples) >= maxSamples {
		t.Errorf("%d samples are kept", len(l.samples))
	}
	if late, _ := l.behind(n, n/2, now); late > n/2*time.Second || late < (n/2-n/8)*time.Second {
		t.Errorf("half way it is %v late", late)
	}
}
