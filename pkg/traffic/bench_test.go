package traffic

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// crowd is batches of 10,000 rows by many clients, of whom a few send much.
func crowd(count, clients, users int) []*event.Batch {
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 50, uint64(clients-1))
	batches := make([]*event.Batch, count)
	for i := range batches {
		b := &event.Batch{}
		for range 10_000 {
			n := zipf.Uint64()
			b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}))
			b.SetNumber(event.Time, start.UnixNano())
			b.SetNumber(event.Status, 200)
			if users > 0 {
				b.SetString(event.User, fmt.Sprintf("user%06d", zipf.Uint64()%uint64(users)))
			}
			b.SetString(event.UserAgent, fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", n%300))
			b.EndRow()
		}
		batches[i] = b
	}
	return batches
}

func BenchmarkAdd(b *testing.B) {
	for _, users := range []int{0, 100_000} {
		batches := crowd(100, 200_000, users)
		c := New(Options{})
		for _, x := range batches {
			c.all(x, start)
		}
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.all(batches[i%len(batches)], start.Add(time.Minute))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/row")
			b.ReportMetric(float64(c.Stats().Bytes)/1e6, "MB")
		})
	}
}

func TestNothingIsAllocated(t *testing.T) {
	batches := crowd(3, 2000, 500)
	c := New(Options{})
	for _, b := range batches {
		c.all(b, start)
	}
	if n := testing.AllocsPerRun(10, func() { c.all(batches[0], start) }); n > 2 { // of a batch of 10,000 rows
		t.Errorf("%v allocations", n)
	}
}
