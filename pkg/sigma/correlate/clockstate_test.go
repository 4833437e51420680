package correlate

import (
	"encoding/json"
	"testing"
	"time"
)

func TestClockGoesOnWhereItWas(t *testing.T) {
	a, b := NewClock(time.Minute), NewClock(time.Minute)
	for i := range int64(100) {
		at := i * second
		switch {
		case i > 60:
			at -= 3000 * hour
		case i%7 == 0:
			at += 5000 * hour
		}
		source := []string{"a", "b", "c"}[i%3]
		if want, got := a.Tell(source, at), b.Tell(source, at); got != want {
			t.Fatalf("tell %d: event time is %d, want %d", i, got, want)
		}
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		b = NewClock(time.Minute)
		if err := json.Unmarshal(data, b); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClockThatCannotBe(t *testing.T) {
	c := NewClock(time.Minute)
	c.Tell("a", 5*second)
	f := func(data string) {
		t.Helper()
		if err := json.Unmarshal([]byte(data), c); err == nil || c.Tell("a", 5*second) != 5*second {
			t.Errorf("%s: error %v", data, err)
		}
	}
	f(`{"now":"x"}`)
	f(`{"now":9223372036854775807}`)
	f(`{"now":1,"tells":1,"sources":{"a":{"at":1,"heard":2}}}`)
	f(`{"now":1,"tells":1,"sources":{"a":{"at":-9223372036854775808,"heard":1}}}`)
}
