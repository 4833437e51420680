package watch

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// TestWhatIsFrozenIsWrittenAsItWas: minutes that come while a state is written,
// in another goroutine for the race detector, are not part of it.
func TestWhatIsFrozenIsWrittenAsItWas(t *testing.T) {
	w, m := New(Options{}), manyRows(3, 20, 30)
	next := 0
	learn := func(minutes int) {
		for range minutes {
			m.Start = simStart.UnixNano() + int64(next)*minute
			for n := range m.Rows {
				m.Rows[n].Values[series.Requests] = 30 + float64((n*7+next*13)%11)
			}
			w.minute(m)
			next++
		}
	}
	learn(90)
	if w.models == 0 {
		t.Fatal("there are no models: nothing is shown")
	}
	want := frozenAs(t, w)
	write, err := w.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	var got bytes.Buffer
	go func() { written <- write(&got) }()
	learn(5)
	if err := <-written; err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("%v; what was written is not what was frozen", err)
	}
	kept := w.whole.place.tracks[fast][series.Requests].model
	if learn(1); kept != w.whole.place.tracks[fast][series.Requests].model {
		t.Error("models are copied although nothing is to be written")
	}
	if after := frozenAs(t, w); bytes.Equal(after, want) {
		t.Error("nothing was learnt meanwhile")
	}
}

// TestTwoFrozenStates: each is what it was, in whichever order they are written.
func TestTwoFrozenStates(t *testing.T) {
	w, m := New(Options{}), manyRows(1, 4, 4)
	at := func(i int) {
		m.Start = simStart.UnixNano() + int64(i)*minute
		w.minute(m)
	}
	for i := range 90 {
		at(i)
	}
	var wants [2][]byte
	var writes [2]func(io.Writer) error
	for i := range writes {
		wants[i] = frozenAs(t, w)
		write, err := w.Freeze()
		if err != nil {
			t.Fatal(err)
		}
		writes[i] = write
		at(90 + i)
	}
	for _, i := range []int{1, 0} {
		var got bytes.Buffer
		if err := writes[i](&got); err != nil || !bytes.Equal(got.Bytes(), wants[i]) {
			t.Errorf("the state %d: %v; it is not what was frozen", i, err)
		}
	}
}

// TestWhatIsGivenUp: a state that could not be written has no models copied
// because of it.
func TestWhatIsGivenUp(t *testing.T) {
	w, m := New(Options{}), manyRows(1, 4, 4)
	at := func(i int) {
		m.Start = simStart.UnixNano() + int64(i)*minute
		w.minute(m)
	}
	model := func(i int) *baseline.Model {
		at(i)
		return w.whole.place.tracks[fast][series.Requests].model
	}
	for i := range 90 {
		at(i)
	}
	before := model(90)
	write, err := w.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	in, out := io.Pipe()
	if err := errors.Join(in.Close(), write(out)); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatalf("written to where nothing can be: %v", err)
	}
	if after := model(91); before != after {
		t.Error("models are copied although nothing is to be written")
	}
}

func frozenAs(t *testing.T, w *Watch) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := w.WriteSnapshot(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
