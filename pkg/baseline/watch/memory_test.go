package watch

import (
	"runtime"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// heapOf is how much memory what make makes keeps.
func heapOf(make func() any) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := make()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// A hundred thousand series with as many models stay under 700 MB, which
// leaves 300 MB for the table that counts them.
func TestMemoryOfManySeries(t *testing.T) {
	o := Options{}.complete()
	const models, people, places = 300, 20_000, 2000
	model := heapOf(func() any {
		tracks := make([]*track, models)
		for i := range tracks {
			tracks[i] = newTrack(series.Requests, 15, &o, nil)
			for k := range int64(4 * 24 * 15) {
				tracks[i].model.Observe(baseline.Point{Time: k * 15 * minute, Value: float64((k*k + int64(i)) % 97)})
			}
		}
		return tracks
	}) / models
	entries := func(d series.Dimension, n int) float64 {
		return heapOf(func() any {
			list := make([]*entry, n)
			for i := range list {
				list[i] = newEntry(int32(i), keyOf(d), 0)
			}
			return list
		}) / float64(n)
	}
	person, place := entries(series.Principal, people), entries(series.Route, places)
	all := float64(o.MaxModels)*model + 80_000*person + 20_000*place
	t.Logf("a model %.0f bytes, a person %.0f, a place %.0f; 100,000 series %.0f MB", model, person, place, all/1e6)
	if all > 700e6 {
		t.Errorf("100,000 series take %.0f MB: a model %.0f bytes, a person %.0f, a place %.0f", all/1e6, model, person, place)
	}
}

func keyOf(d series.Dimension) *series.Key { return &series.Key{Dimension: d} }
