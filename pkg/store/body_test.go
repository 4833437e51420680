package store

import (
	"bytes"
	"io"
	"testing"
)

// TestBodyGivesWhatWasAdded in its order, from the beginning each time, and
// leaves what is large where it is.
func TestBodyGivesWhatWasAdded(t *testing.T) {
	large := bytes.Repeat([]byte("large"), apart)
	var b body
	b.small = append(b.small, "head "...)
	b.add([]byte("small "))
	b.add(large)
	b.add([]byte(" tail"))
	want := "head small " + string(large) + " tail"
	if b.size() != len(want) {
		t.Errorf("%d bytes, want %d", b.size(), len(want))
	}
	for range 2 {
		got, err := io.ReadAll(b.reader())
		if err != nil || string(got) != want {
			t.Fatalf("%d bytes, want %d: %v", len(got), len(want), err)
		}
	}
	if len(b.pieces) != 3 || &b.pieces[1][0] != &large[0] {
		t.Errorf("%d pieces; what is large was copied", len(b.pieces))
	}
}
