package cli

import "testing"

func TestUnknownIsADash(t *testing.T) {
	if got := unless(true, "0.0 ms"); got != "–" {
		t.Errorf("got %q, want a dash", got)
	}
	if got := unless(false, "1.5 ms"); got != "1.5 ms" {
		t.Errorf("got %q", got)
	}
}
