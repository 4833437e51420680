package series

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// crowd is batches of 5,000 rows like those of a shop with an API, of which a
// few clients send much, at so many requests a second.
func crowd(count, clients, routes, rate int) []*event.Batch {
	random := rand.New(rand.NewPCG(1, 2))
	skewed := func(n int) int {
		f := random.Float64()
		return int(f * f * f * float64(n))
	}
	batches, sent := make([]*event.Batch, count), 0
	for i := range batches {
		b := &event.Batch{Header: event.Header{Source: "shop", Gateway: fmt.Sprintf("gw%d", i%4), File: "00000000000000aa", Path: "access.log"}}
		for row := range 5000 {
			n, route := skewed(clients), skewed(routes)
			sent++
			b.SetNumber(event.Time, start.UnixNano()+int64(sent)*int64(time.Second)/int64(rate))
			b.SetNumber(event.Offset, int64(row*300))
			b.SetNumber(event.Line, int64(row))
			b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{60, byte(n >> 16), byte(n >> 8), byte(n)}))
			b.SetString(event.Method, []string{"GET", "GET", "GET", "POST"}[route%4])
			b.SetString(event.Route, fmt.Sprintf("/api/v1/things%d/{id}/items", route))
			b.SetString(event.Path, fmt.Sprintf("/api/v1/things%d/%d/items", route, skewed(100_000)))
			b.SetString(event.Query, fmt.Sprintf("page=%d&sort=price&currency=EUR", row%50))
			b.SetString(event.UserAgent, fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 110+n%24))
			b.SetString(event.Host, "shop.example.net")
			b.SetString(event.RequestID, "7f3a1c9e5b2d48f6a0c4e8b1d3f59a27")
			b.SetNumber(event.Status, []int64{200, 200, 200, 200, 304, 404, 500}[random.IntN(7)])
			b.SetNumber(event.ResponseBytes, int64(random.IntN(40_000)))
			b.SetNumber(event.RequestBytes, int64(random.IntN(2_000)))
			b.SetNumber(event.Duration, int64(random.ExpFloat64()*30e6))
			if n%3 == 0 {
				b.SetString(event.User, fmt.Sprintf("user%06d", n))
			}
			b.EndRow()
		}
		batches[i] = b
	}
	return batches
}

// cpuTime is what the process has taken of processors, in nanoseconds: other
// work on the machine does not count.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkAdd(b *testing.B) {
	for _, of := range []struct{ clients, routes, rate int }{{20_000, 100, 2000}, {50_000, 5000, 2000}} {
		b.Run(fmt.Sprintf("clients=%d/routes=%d", of.clients, of.routes), func(b *testing.B) {
			batches := crowd(100, of.clients, of.routes, of.rate)
			t := New(Options{})
			ignore := func(*Minute) {}
			span := int64(100*5000) * int64(time.Second) / int64(of.rate)
			later := func(x *event.Batch) { // the batch is ours alone
				times := x.NumberColumn(event.Time)
				for i := range times {
					times[i] += span
				}
			}
			add := func(x *event.Batch) { t.Add(x, 0, x.Rows(), nil, x.Number(event.Time, x.Rows()-1), ignore) }
			for _, x := range batches {
				add(x)
				later(x)
			}
			b.ReportAllocs()
			cpu := int64(0)
			for i := 0; b.Loop(); i++ {
				x := batches[i%len(batches)]
				began := cpuTime()
				add(x)
				cpu += cpuTime() - began
				b.StopTimer()
				later(x)
				b.StartTimer()
			}
			b.ReportMetric(float64(cpu)/float64(b.N)/5000, "cpu-ns/row")
			b.ReportMetric(float64(t.Stats().Bytes)/1e6, "MB")
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	t := New(Options{})
	for _, x := range crowd(50, 50_000, 5000, 2000) {
		t.Add(x, 0, x.Rows(), nil, x.Number(event.Time, x.Rows()-1), func(*Minute) {})
	}
	var w bytes.Buffer
	for b.Loop() {
		w.Reset()
		if err := t.WriteSnapshot(&w); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(w.Len()))
	}
}
