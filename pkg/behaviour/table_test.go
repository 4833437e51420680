package behaviour

import (
	"math/rand/v2"
	"testing"
)

func spread(n uint64) uint64 { return n * 0x9e3779b97f4a7c15 }

func TestTableAgainstMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	table := newTable(100_000, func(v *int) float64 { return float64(*v) })
	want := map[uint64]int{}
	for range 20_000 {
		key := spread(random.Uint64N(5000))
		place, fresh := table.take(key)
		if _, known := want[key]; known == fresh {
			t.Fatalf("key %x is fresh: %v", key, fresh)
		}
		*table.at(place)++
		want[key]++
	}
	for key, n := range want {
		if place := table.find(key); place < 0 || *table.at(place) != n {
			t.Fatalf("key %x is lost", key)
		}
	}
	if table.rows() != len(want) {
		t.Errorf("%d of %d", table.rows(), len(want))
	}
}

func TestFullTableKeepsWhatIsWorthIt(t *testing.T) {
	table := newTable(1000, func(v *int) float64 { return float64(*v) })
	for i := range uint64(500) {
		place, _ := table.take(spread(i))
		*table.at(place) = 100
	}
	for i := range uint64(100_000) {
		place, _ := table.take(spread(1_000_000 + i))
		*table.at(place) = 1
	}
	kept := 0
	for i := range uint64(500) {
		if table.find(spread(i)) >= 0 {
			kept++
		}
	}
	if kept < 480 {
		t.Errorf("a flood of newcomers left %d of 500", kept)
	}
	if table.rows() != 1000 || table.evicted == 0 {
		t.Errorf("%d items, %d evicted", table.rows(), table.evicted)
	}
}

func TestDueLooksAtAllInTurn(t *testing.T) {
	table := newTable(100, func(*int) float64 { return 0 })
	for i := range uint64(10) {
		place, _ := table.take(spread(i))
		table.until[place] = int64(i + 1)
	}
	seen := map[int]bool{}
	for range 10 {
		if place := table.due(5); place >= 0 {
			seen[place] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d were due, want 5", len(seen))
	}
}
