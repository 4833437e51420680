package baseline

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// TestRestoredIsAsNeverStopped checks that a model goes on as if nothing had
// happened, whenever it is stopped.
func TestRestoredIsAsNeverStopped(t *testing.T) {
	for kind := Gauge; kind <= Positive; kind++ {
		o := Options{Kind: kind}
		m, stopped := New(o), New(o)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 1500 {
			p := Point{Time: fiveMinutes(i), Value: rough(r, i) / 100, Weight: float64(i % 9)}
			want, got := m.Observe(p), stopped.Observe(p)
			if !same(got, want) {
				t.Fatalf("kind %d, point %d: %+v, want %+v", kind, i, got, want)
			}
			if i%37 != 5 && i > 12 {
				continue
			}
			data, err := stopped.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if stopped, err = Restore(o, data); err != nil {
				t.Fatalf("after %d points: %v", i, err)
			}
		}
	}
}

// TestDamagedSnapshots checks that what is damaged is refused, or read as
// something that works.
func TestDamagedSnapshots(t *testing.T) {
	m := follow(Options{}, 700, rough, nil)
	data, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(data); n += 13 {
		if _, err := Restore(Options{}, data[:n]); err == nil {
			t.Fatalf("%d of %d bytes were taken", n, len(data))
		}
	}
	for i := range data {
		broken := append([]byte(nil), data...)
		broken[i] ^= 0x81
		got, err := Restore(Options{}, broken)
		if err != nil {
			continue
		}
		for k := range 3 {
			got.Observe(Point{Time: fiveMinutes(700 + k), Value: 50})
		}
	}
}

func TestPrior(t *testing.T) {
	group := follow(Options{Interval: 300e9}, 3000, ordinaryDay, nil)
	if New(Options{}).Lend() != nil {
		t.Error("a model that knows nothing lends it")
	}
	m := New(Options{Interval: 300e9, Prior: group.Lend(), WarmUp: 1})
	r := rand.New(rand.NewPCG(3, 3))
	for i := 3000; i < 3010; i++ {
		v := m.Observe(Point{Time: fiveMinutes(i), Value: ordinaryDay(r, i)})
		if i > 3002 && math.Abs(v.Expected-(100+30*daySine(i))) > 15 {
			t.Errorf("point %d: expected %g, want about %g as the group does", i, v.Expected, 100+30*daySine(i))
		}
	}
	other := New(Options{Kind: Count, Prior: group.Lend()})
	if other.faith != 0 {
		t.Error("a gauge's prior was taken for a count")
	}
}

func FuzzObserve(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 255, 0, 0, 0, 9}, uint8(0))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, steps []byte, kind uint8) {
		m := New(Options{Kind: Kind(kind % 4), WarmUp: 1})
		at := fiveMinutes(0)
		for i, b := range steps {
			at += int64(int8(b)) * 1e9
			x := math.Float64frombits(uint64(b)<<56 | uint64(i)<<40)
			v := m.Observe(Point{Time: at, Value: x, Weight: float64(b)})
			if !(v.Tail > 0 && v.Tail <= 1) || !(v.Score >= 0 && v.Score <= 1) {
				t.Fatalf("point %d: %+v", i, v)
			}
		}
	})
}

func BenchmarkAppendBinary(b *testing.B) {
	m := follow(Options{}, 3000, ordinaryDay, nil)
	b.ReportAllocs()
	var data []byte
	for b.Loop() {
		data, _ = m.AppendBinary(data[:0])
	}
}

func BenchmarkRestore(b *testing.B) {
	data, err := follow(Options{}, 3000, ordinaryDay, nil).AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Restore(Options{}, data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAClone(t *testing.T) {
	m := New(Options{Kind: Gauge})
	for i := range 200 {
		m.Observe(Point{Time: int64(i) * 60e9, Value: float64(i % 7)})
	}
	was, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	other := m.Clone()
	if same, err := other.AppendBinary(nil); err != nil || !bytes.Equal(same, was) {
		t.Errorf("a clone differs: %v", err)
	}
	for i := range 3000 {
		other.Observe(Point{Time: int64(200+i) * 60e9, Value: 1000})
	}
	if same, err := m.AppendBinary(nil); err != nil || !bytes.Equal(same, was) {
		t.Errorf("what a clone learns changes the other: %v", err)
	}
}
