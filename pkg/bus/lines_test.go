package bus

import (
	"testing"
	"time"
)

func TestTimeOfReceiptIsHeldToTheMessages(t *testing.T) {
	stored := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := func(received, want time.Time) {
		t.Helper()
		if got := near(received.UnixNano(), stored); got != want.UnixNano() {
			t.Errorf("%s came out as %s, want %s", received, time.Unix(0, got).UTC(), want)
		}
	}
	f(stored, stored)
	f(stored.Add(-time.Hour), stored.Add(-time.Hour))
	f(stored.Add(time.Minute), stored.Add(time.Minute))
	f(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), stored.Add(-maxSkew))
	f(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), stored.Add(maxSkew))
}
