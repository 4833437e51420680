package behaviour

import (
	"bytes"
	"testing"
)

// TestWhatIsFrozenIsWrittenAsItWas: rows that come while a state is written, in
// another goroutine for the race detector, are not part of it.
func TestWhatIsFrozenIsWrittenAsItWas(t *testing.T) {
	b := small()
	o, half := New(Options{MaxActors: 300, Limits: Limits{Peers: 8}}), b.Rows()/2
	collect(o, b, 0, half)
	want := snapshotOf(t, o)
	write, err := o.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	var got bytes.Buffer
	go func() { written <- write(&got) }()
	collect(o, b, half, b.Rows())
	if err := <-written; err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%v; what was written is not what was frozen", err)
	}
	if bytes.Equal(snapshotOf(t, o), want) {
		t.Error("nothing was learnt meanwhile")
	}
}
