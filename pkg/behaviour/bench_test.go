package behaviour

import (
	"runtime"
	"syscall"
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
	defer processor(b)()
	for done := 0; done < b.N; done += batch.Rows() {
		o.Add(batch, 0, min(batch.Rows(), b.N-done), nil, tell)
	}
}

// processor reports the processor's time, which other work on the machine does
// not change much.
func processor(b *testing.B) func() {
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

func used() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
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
	b.ResetTimer()
	defer processor(b)()
	for done := 0; done < b.N; done += batch.Rows() {
		o.Add(batch, 0, min(batch.Rows(), b.N-done), nil, func(*Suspicion) {})
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(o)
}
