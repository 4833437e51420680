package block

import (
	"math/rand/v2"
	"testing"
)

// few is a key with many equal hashes.
type few uint32

func (k few) hash() uint64 { return mix(uint64(k % 37)) }

func TestTableAgreesWithAMap(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		var spread table[v4Key, uint32]
		var clustered table[few, uint32]
		want := map[uint32]uint32{}
		steps := []int{100, 3_000}[seed%2]
		for range 3 * steps {
			k, v := r.Uint32N(uint32(steps)), r.Uint32()
			if r.IntN(3) > 0 == (len(want) < steps*3/4) {
				want[k] = v
				spread.put(v4Key(k), v, false)
				clustered.put(few(k), v, false)
			} else {
				delete(want, k)
				spread.drop(v4Key(k))
				clustered.drop(few(k))
			}
		}
		for len(want) > 0 { // to the end, so that it shrinks
			sameAsMap(t, &spread, want)
			sameAsMap(t, &clustered, want)
			for k := range want {
				delete(want, k)
				spread.drop(v4Key(k))
				clustered.drop(few(k))
				if len(want)%64 == 0 {
					break
				}
			}
		}
		if spread.count != 0 || spread.spans != nil || clustered.count != 0 {
			t.Errorf("seed %d: %d and %d entries are left", seed, spread.count, clustered.count)
		}
	}
}

func sameAsMap[K interface {
	key
	~uint32
}](t *testing.T, table *table[K, uint32], want map[uint32]uint32) {
	t.Helper()
	if table.count != len(want) {
		t.Fatalf("%d entries, want %d", table.count, len(want))
	}
	for k, v := range want {
		if got := table.find(K(k)); got == nil || *got != v {
			t.Fatalf("key %d: %v, want %d", k, got, v)
		}
	}
	n := 0
	for k, v := range table.all() {
		n++
		if want[uint32(k)] != *v {
			t.Fatalf("key %d is %d among all, want %d", k, *v, want[uint32(k)])
		}
	}
	if n != len(want) {
		t.Fatalf("all yields %d, want %d", n, len(want))
	}
}

func TestTableKeepsItsVersions(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var now table[v4Key, uint32]
	current := map[uint32]uint32{}
	type version struct {
		table table[v4Key, uint32]
		want  map[uint32]uint32
	}
	var versions []version
	for i := range 4_000 {
		k, v := r.Uint32N(2_500), r.Uint32()
		if rising := i < 2_500; r.IntN(5) > 0 == rising {
			current[k] = v
			now.put(v4Key(k), v, false)
		} else {
			delete(current, k)
			now.drop(v4Key(k))
		}
		if i%400 == 0 {
			copied := map[uint32]uint32{}
			for k, v := range current {
				copied[k] = v
			}
			versions = append(versions, version{now, copied})
		}
	}
	for _, v := range versions {
		sameAsMap(t, &v.table, v.want)
	}
}

func TestTableInPlace(t *testing.T) {
	for _, reserved := range []int{0, 500, 5_000} {
		var built table[v4Key, uint32]
		built.reserve(reserved)
		want := map[uint32]uint32{}
		for i := range uint32(2_000) {
			want[i%1_500] = i
			built.put(v4Key(i%1_500), i, true)
		}
		built.settle()
		sameAsMap(t, &built, want)
		for i := range built.buckets {
			if b := built.at(i); cap(b.slots) != len(b.slots) {
				t.Fatalf("bucket %d has room to spare", i)
			}
		}
	}
}
