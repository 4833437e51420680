package behaviour

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func collect(o *Observer, b *event.Batch, from, to int) []Suspicion {
	var told []Suspicion
	o.Add(b, from, to, nil, func(s *Suspicion) { told = append(told, *s) })
	return told
}

func snapshotOf(t testing.TB, o *Observer) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := o.WriteSnapshot(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// small is a short day with everything in it.
func small() *event.Batch {
	w := newWorld(11, 6)
	w.customers(150)
	w.visitors(200)
	return w.plant().batch()
}

func TestSameSuspicionsHoweverItIsCut(t *testing.T) {
	b := small()
	options := Options{MaxActors: 300, Limits: Limits{Peers: 8}}
	whole := New(options)
	want := collect(whole, b, 0, b.Rows())
	if len(want) < 10 {
		t.Fatalf("only %d suspicions: nothing is shown", len(want))
	}
	var got []Suspicion
	o := New(options)
	for from := 0; from < b.Rows(); from += 777 {
		got = append(got, collect(o, b, from, min(from+777, b.Rows()))...)
		if from%5 == 0 {
			data := snapshotOf(t, o)
			restarted := options
			restarted.Seed = uint64(from + 1) // each start makes its own
			o = New(restarted)
			if err := o.Restore(data); err != nil {
				t.Fatal(err)
			}
			if again := snapshotOf(t, o); !bytes.Equal(data, again) {
				t.Fatal("a snapshot comes out differently")
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d suspicions, and %d when cut and restored:%s\n--%s", len(want), len(got), describeAll(want), describeAll(got))
	}
	if o.Stats() != whole.Stats() {
		t.Errorf("%+v, want %+v", o.Stats(), whole.Stats())
	}
}

func TestRestoreRefuses(t *testing.T) {
	o := New(Options{})
	o.Add(small(), 0, 2000, nil, func(*Suspicion) {})
	data := snapshotOf(t, o)
	f := func(name string, o *Observer, data []byte) {
		t.Helper()
		if err := o.Restore(data); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v", name, err)
		}
		if s := o.Stats(); s.Actors != 0 || s.Rows != 0 {
			t.Errorf("%s left %+v", name, s)
		}
	}
	f("less room", New(Options{MaxActors: 10}), data)
	f("cut", New(Options{}), data[:len(data)/2])
	f("more", New(Options{}), append(bytes.Clone(data), 0))
	f("another version", New(Options{}), []byte("honeymoat behaviour 0\n"))
	if err := New(Options{}).Restore(nil); err != nil {
		t.Error(err)
	}
}

func FuzzRestore(f *testing.F) {
	batch := small()
	options := Options{MaxActors: 64, MaxRoutes: 32, MaxSites: 8, MaxObjects: 64, Limits: Limits{Peers: 2, Learning: 1}}
	o := New(options)
	f.Add([]byte{})
	f.Add(snapshotOf(f, o))
	for from := 0; from < 1500; from += 500 {
		o.Add(batch, from, from+500, nil, func(*Suspicion) {})
		f.Add(snapshotOf(f, o))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o := New(options)
		if o.Restore(data) == nil {
			snapshotOf(t, o)
		}
		o.Add(batch, 0, 300, nil, func(*Suspicion) {})
	})
}
