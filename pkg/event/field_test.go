package event

import (
	"testing"
	"time"
)

func TestNumbersForPeople(t *testing.T) {
	f := func(field NumberField, v int64, want string) {
		t.Helper()
		if got := field.Text(v); got != want {
			t.Errorf("%s %d is %q, want %q", field, v, got, want)
		}
	}
	f(Status, 404, "404")
	f(Status, Unknown, "")
	f(Duration, 12*int64(time.Millisecond), "12ms")
	f(Time, 1_760_101_200_000_000_000, "2025-10-10T13:00:00Z")
}
