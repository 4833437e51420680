package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

func small() Options { return Options{Distinct: 5, MaxNodes: 60, MaxHostNodes: 55} }

// grown is a Templater with all that a snapshot holds.
func grown(t testing.TB) *Templater {
	t.Helper()
	templater := New(small())
	for _, name := range names(8) {
		learnPaths(templater, "/u/"+name+"/posts/4711", "/api/v1/x.json", "/pages/"+name+".html", "/u/busy")
	}
	templater.Learn(batchOf(request{"GET", "", "/of-a-source", 200}, request{"GET", "192.0.2.1", "/shared", 200}))
	for _, name := range names(5) {
		for _, below := range names(5) {
			learnPaths(templater, "/full/"+name+"/"+below+"/x")
		}
	}
	if s := templater.Stats(); s.RefusedNodes == 0 {
		t.Fatalf("%+v: not full", s)
	}
	return templater
}

func TestSnapshotRoundTrip(t *testing.T) {
	old := grown(t)
	data := old.Snapshot()
	templater := New(small())
	if err := templater.Restore(data); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(templater.Snapshot(), data) {
		t.Error("the snapshot of what was restored differs")
	}
	want := old.Stats()
	want.RefusedNodes = 0
	if got := templater.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	if len(data) > 30*want.Nodes {
		t.Errorf("%d bytes for %d positions", len(data), want.Nodes)
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	templater := grown(t)
	data := templater.Snapshot()
	f := func(name string, bad []byte) {
		t.Helper()
		if err := templater.Restore(bad); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%s: error %v", name, err)
		}
		if !bytes.Equal(templater.Snapshot(), data) {
			t.Fatalf("%s: the trees have changed", name)
		}
	}
	f("nothing", nil)
	f("text", []byte("GET / HTTP/1.1"))
	for i := range data {
		f("cut", data[:i])
		bad := bytes.Clone(data)
		bad[i] ^= 4
		f("a flipped bit", bad)
	}
	f("more", append(bytes.Clone(data), 0))
	if err := New(Options{MaxNodes: 10}).Restore(data); !errors.Is(err, ErrSnapshot) {
		t.Errorf("larger than the limit: error %v", err)
	}
}

// resealed gives a changed snapshot the checksum that it needs.
func resealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(body), checksum(body))
}

// FuzzRestore feeds what lies under the checksum.
func FuzzRestore(f *testing.F) {
	data := grown(f).Snapshot()
	f.Add(data[:len(data)-4])
	data = New(Options{}).Snapshot()
	f.Add(data[:len(data)-4])
	f.Fuzz(func(t *testing.T, body []byte) {
		templater := New(Options{MaxNodes: 1000})
		if err := templater.Restore(resealed(body)); err != nil {
			if !errors.Is(err, ErrSnapshot) {
				t.Fatal(err)
			}
			return
		}
		again := New(Options{MaxNodes: 1000})
		if err := again.Restore(templater.Snapshot()); err != nil {
			t.Fatalf("what was restored cannot be restored again: %v", err)
		}
		learnPaths(templater, "/u/new/posts/1", "/x/y/z", "/pages/new.html")
		_ = routeOf(templater, "/u/aa/posts/1")
	})
}
