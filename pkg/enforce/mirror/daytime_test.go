package mirror

import (
	"testing"
	"time"
)

func TestTheTimeOfDayIsSet(t *testing.T) {
	start := time.Now()
	// Each reading is of the time of day, and of the other clock.
	f := func(readings ...[2]time.Duration) (set []bool) {
		var d Daytime
		for _, r := range readings {
			set = append(set, d.Set(start.Add(r[0]), r[1]))
		}
		return set
	}
	is := func(got []bool, want ...bool) {
		t.Helper()
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("reading %d: %t, want %t", i, got[i], want[i])
			}
		}
	}
	const s = time.Second
	is(f([2]time.Duration{0, 7 * s}, [2]time.Duration{s, 8 * s}, [2]time.Duration{3600 * s, 3607 * s}), false, false, false)
	is(f([2]time.Duration{0, 0}, [2]time.Duration{7201 * s, s}, [2]time.Duration{7202 * s, 2 * s}), false, true, false)
	is(f([2]time.Duration{0, 0}, [2]time.Duration{-7200 * s, s}, [2]time.Duration{2 * s, 2 * s}), false, true, true)
	// It drifts, by little each time.
	is(f([2]time.Duration{0, 0}, [2]time.Duration{63 * s, 60 * s}, [2]time.Duration{126 * s, 120 * s}, [2]time.Duration{189 * s, 180 * s}), false, false, true, false)
}
