package behaviour

import (
	"runtime"
	"testing"
)

// BenchmarkAdd is the cost of a row of a day like any other.
func BenchmarkAdd(b *testing.B) {
	batch := newWorld(1, 8).honest().batch()
	o := New(Options{})
	tell := func(*Suspicion) {}
	o.Add(batch, 0, batch.Rows(), nil, tell)
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += batch.Rows() {
		o.Add(batch, 0, min(batch.Rows(), b.N-done), nil, tell)
	}
}

// BenchmarkManyActors is the cost of a row when each is of another of 100,000
// actors, and the memory that they take.
func BenchmarkManyActors(b *testing.B) {
	w := newWorld(1, 1)
	for i := range 100_000 {
		w.add(request{at: w.someTime(), address: address(i), host: "www.example", agent: w.browser(i), method: "GET", path: "/a", route: "/a", status: 200, bytes: 100})
	}
	batch := w.batch()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	o := New(Options{})
	o.Add(batch, 0, batch.Rows(), nil, nil)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	b.ResetTimer()
	for done := 0; done < b.N; done += batch.Rows() {
		o.Add(batch, 0, min(batch.Rows(), b.N-done), nil, func(*Suspicion) {})
	}
	runtime.KeepAlive(o)
}
