package behaviour

import "testing"

func TestKindred(t *testing.T) {
	var k kindred
	f := func(name string, hits uint32, want float64) {
		t.Helper()
		if got := k.chance(hits, 10, 101); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for range 95 {
		k.learn(0, 10, 1, 0)
	}
	f("an exception", 10, 0)
	for before := range uint16(4) {
		k.learn(10, 10, 1, before)
	}
	f("an exception again and again", 10, 0)
	for range 3 {
		k.learn(9, 10, 1, 0)
		k.learn(1, 3, 1, 0)
	}
	if got := k.chance(8, 10, 101); got < 0.04 || got > 0.06 {
		t.Errorf("one of several: %v", got)
	}
	if got := k.chance(0, 10, 5); got != 1 {
		t.Errorf("everybody: %v", got)
	}
}
