package series

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func snapshot(t testing.TB, x *Table) []byte {
	t.Helper()
	var w bytes.Buffer
	if err := x.WriteSnapshot(&w); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

// restored is a table that knows what another one did.
func restored(t testing.TB, data []byte) *gathered {
	t.Helper()
	g := newGathered(Options{})
	if err := g.Restore(data); err != nil {
		t.Fatal(err)
	}
	return g
}

// busy is batches with something of everything.
func busy(random *rand.Rand) (all []*event.Batch) {
	for i := range 12 {
		lines := traffic(random, 300)
		for k := range lines {
			lines[k].at += time.Duration(i) * 4 * time.Minute
			if k%7 == 0 {
				lines[k].network, lines[k].application, lines[k].headers = "AS64500", "app", "host,accept"
			}
			if k%50 == 0 {
				lines[k].client = "2001:db8:" + string(rune('a'+i%6)) + "::1"
			}
		}
		all = append(all, batchOf([]string{"one", "two"}[i%2], lines...))
	}
	return all
}

// TestTheFirstVersionIsRead: it kept the largest response of people too.
func TestTheFirstVersionIsRead(t *testing.T) {
	data, err := os.ReadFile("testdata/version1.snapshot")
	if err != nil {
		t.Fatal(err)
	}
	old, now := newGathered(Options{MaxSeries: 200}), newGathered(Options{MaxSeries: 200, Seed: 7})
	if err := old.Restore(data); err != nil {
		t.Fatal(err)
	}
	now.all(batchOf("shop",
		line{client: "192.0.2.1", user: "alice", route: "/export", path: "/export", network: "AS64500", out: 100, in: 7},
		line{at: second, client: "192.0.2.2", route: "/export", path: "/export", out: 9000, in: 1},
		line{at: 2 * second, client: "192.0.2.1", user: "alice", route: "/export", path: "/export?all", out: 500, in: 500, status: 201},
	))
	if !bytes.Equal(snapshot(t, old.Table), snapshot(t, now.Table)) {
		t.Error("what was read is not what was written")
	}
}

func TestAfterRestoreItGoesOnAsIfNothingHadHappened(t *testing.T) {
	batches := busy(rand.New(rand.NewPCG(13, 14)))
	for _, stop := range []int{0, 1, 2, 5, 11} {
		steady := newGathered(Options{Seed: 5})
		for _, b := range batches[:stop] {
			steady.all(b, 1, 17)
		}
		data := snapshot(t, steady.Table)
		again := restored(t, data)
		if !bytes.Equal(snapshot(t, again.Table), data) {
			t.Fatalf("after %d batches: the snapshot of what was restored differs", stop)
		}
		steady.minutes = nil
		for _, g := range []*gathered{steady, again} {
			for _, b := range batches[stop:] {
				g.all(b, 1, 17)
			}
			g.until(2 * time.Hour)
		}
		if a, b := texts(steady.minutes), texts(again.minutes); a != b || a == "" {
			t.Fatalf("after %d batches: not the same\n%.2000s\n%.2000s", stop, a, b)
		}
	}
}

func TestRedeliveryAfterRestoreGivesTheSame(t *testing.T) {
	batches := busy(rand.New(rand.NewPCG(15, 16)))
	once, twice := newGathered(Options{}), newGathered(Options{})
	for _, b := range batches[:4] {
		once.all(b)
		twice.all(b)
	}
	data := snapshot(t, twice.Table)
	for _, b := range batches[4:8] {
		twice.all(b) // and then it was killed
	}
	told := len(once.minutes)
	for _, g := range []*gathered{once, restored(t, data)} {
		for _, b := range batches[4:] {
			g.all(b)
		}
		g.until(2 * time.Hour)
		if g != once && texts(g.minutes) != texts(once.minutes[told:]) {
			t.Error("the minutes differ")
		}
	}
}

func TestRestoreOfNothing(t *testing.T) {
	g := newGathered(Options{})
	g.all(batchOf("shop", line{route: "/a"}))
	if err := g.Restore(nil); err != nil || g.Stats().Series[Whole] != 0 || g.Stats().Open != 0 {
		t.Errorf("restored: %v, %+v", err, g.Stats())
	}
}

func TestBrokenSnapshotsAreRefused(t *testing.T) {
	g := newGathered(Options{})
	for _, b := range busy(rand.New(rand.NewPCG(17, 18)))[:3] {
		g.all(b)
	}
	data := snapshot(t, g.Table)
	for n := 0; n < len(data)-1; n += 1 + len(data)/500 {
		if n == 0 {
			continue // nothing is nothing counted
		}
		if err := New(Options{}).Restore(data[:n]); !errors.Is(err, ErrState) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	if err := g.Restore(append(bytes.Clone(data), 0)); !errors.Is(err, ErrState) {
		t.Errorf("with a byte more: %v", err)
	}
	if err := New(Options{MaxSeries: 500}).Restore(data); !errors.Is(err, ErrState) {
		t.Errorf("of a larger table: %v", err)
	}
	if !bytes.Equal(snapshot(t, g.Table), data) {
		t.Error("a table was changed by a snapshot that was refused")
	}
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestASnapshotThatCannotBeWrittenFails(t *testing.T) {
	if err := New(Options{}).WriteSnapshot(full{}); !errors.Is(err, errFull) {
		t.Errorf("error: %v", err)
	}
}

func FuzzRestore(f *testing.F) {
	g := newGathered(Options{MaxSeries: 200})
	for _, b := range busy(rand.New(rand.NewPCG(19, 20)))[:2] {
		g.all(b)
	}
	data := snapshot(f, g.Table)
	f.Add(data)
	f.Add(snapshot(f, New(Options{MaxSeries: 200})))
	f.Add([]byte{})
	for i := 0; i < len(data); i += 1 + len(data)/64 {
		broken := bytes.Clone(data)
		broken[i] ^= 0x41
		f.Add(broken)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := newGathered(Options{MaxSeries: 200})
		if err := g.Restore(data); err != nil {
			return
		}
		if err := New(Options{MaxSeries: 200}).Restore(snapshot(t, g.Table)); err != nil {
			t.Errorf("what was restored and written cannot be read: %v", err)
		}
		ignore := func(*Minute) {}
		b := batchOf("one", line{client: "192.0.2.1", user: "u", route: "/a/{id}", path: "/a/1", api: "x", out: 5, in: 5, duration: 1e6})
		now := max(g.clock.now, 0)
		g.Add(b, 0, 1, nil, now, ignore)
		for range 40 {
			now += int64(10 * time.Second)
			g.Close(now, ignore)
		}
		g.Stats()
	})
}
