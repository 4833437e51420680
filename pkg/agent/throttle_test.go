package agent

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Over no interval do more requests pass than its length times the rate, and a
// burst.
func TestNoIntervalPassesMore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		terms := &block.Terms{Rate: math.Exp(r.Float64()*14 - 4), Burst: r.IntN(20)}
		arrivals := randomArrivals(r, terms.Rate)
		passed := passing(newBuckets(), terms, arrivals)
		for from := range passed {
			for to := from; to < len(passed); to++ {
				length := (passed[to] - passed[from]).Seconds()
				if n := float64(to - from + 1); n > terms.Rate*length+float64(terms.BurstOrRate())+1e-6 {
					t.Fatalf("%+v: %v requests within %v s", terms, n, length)
				}
			}
		}
		if len(passed) == 0 {
			t.Fatalf("%+v: nothing passed of %d", terms, len(arrivals))
		}
	}
}

// randomArrivals are requests at up to ten times the rate, with pauses.
func randomArrivals(r *rand.Rand, rate float64) []time.Duration {
	at, arrivals := time.Duration(r.Int64N(1e15)), make([]time.Duration, 300)
	for i := range arrivals {
		gap := r.ExpFloat64() / rate / 10
		if r.IntN(50) == 0 {
			gap *= 1000
		}
		at += time.Duration(min(gap, 1e6) * 1e9)
		arrivals[i] = at
	}
	return arrivals
}

func passing(b *buckets, terms *block.Terms, arrivals []time.Duration) (passed []time.Duration) {
	for _, at := range arrivals {
		if b.take(block.Bucket{Block: 1}, terms, at) == 0 {
			passed = append(passed, at)
		}
	}
	return passed
}

func TestWhoeverWaitsAsToldPasses(t *testing.T) {
	b, terms := newBuckets(), &block.Terms{Rate: 3, Burst: 2}
	at := time.Hour
	for range 100 {
		wait := b.take(block.Bucket{Block: 1}, terms, at)
		if wait > 0 {
			if b.take(block.Bucket{Block: 1}, terms, at+wait-time.Nanosecond) == 0 {
				t.Fatal("a token was there before it was due")
			}
			at += wait
			if again := b.take(block.Bucket{Block: 1}, terms, at); again != 0 {
				t.Fatalf("refused after waiting %s; another %s", wait, again)
			}
		}
		at += time.Millisecond
	}
}

func TestBucketsAreApart(t *testing.T) {
	b, terms := newBuckets(), &block.Terms{Rate: 0.001, Burst: 1, Each: true}
	f := func(id block.ID, client string, want bool) {
		t.Helper()
		of := block.Bucket{Block: id}
		if client != "" {
			of.Client = netip.MustParseAddr(client)
		}
		if got := b.take(of, terms, time.Hour) == 0; got != want {
			t.Errorf("%d %s passes: %v", id, client, got)
		}
	}
	f(1, "192.0.2.1", true)
	f(1, "192.0.2.1", false)
	f(1, "::ffff:192.0.2.1", false)
	f(1, "192.0.2.2", true)
	f(2, "192.0.2.1", true)
	f(2, "", true)
	f(2, "", false)
	f(1, "2001:db8::1", true)
	f(1, "2001:db8::2", false) // of the same /64
	f(1, "2001:db8:0:1::1", true)
}

func TestBucketsAreBounded(t *testing.T) {
	b, terms := newBuckets(), &block.Terms{Rate: 1, Burst: 5}
	for i := range 2 * bucketSets * bucketWays {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if b.take(block.Bucket{Block: 1, Client: a}, terms, time.Hour) != 0 {
			t.Fatalf("client %d: refused with a full bucket", i)
		}
	}
	if len(b.table) != bucketSets {
		t.Errorf("%d places", len(b.table))
	}
}

func TestExtremeTerms(t *testing.T) {
	f := func(terms *block.Terms, want int) {
		t.Helper()
		b, passed := newBuckets(), 0
		for range 1000 {
			if b.take(block.Bucket{Block: 1}, terms, time.Hour) == 0 {
				passed++
			}
		}
		if passed != want {
			t.Errorf("%+v: %d passed at once, want %d", terms, passed, want)
		}
	}
	f(nil, 1000)
	f(&block.Terms{}, 1000)
	f(&block.Terms{Rate: math.NaN()}, 1000)
	f(&block.Terms{Rate: 1e6}, 1000)
	f(&block.Terms{Rate: 1e-300}, 1)
	f(&block.Terms{Rate: 1e-300, Burst: 1_000_000}, 1000)
	f(&block.Terms{Rate: math.SmallestNonzeroFloat64, Burst: 7}, 7)
	f(&block.Terms{Rate: 2.9}, 2)
}

func TestOneBucketForMany(t *testing.T) {
	b, terms := newBuckets(), &block.Terms{Rate: 1, Burst: 100}
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if b.take(block.Bucket{Block: 1}, terms, time.Hour) == 0 {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d passed", passed.Load())
	}
}

func TestTakingDoesNotAllocate(t *testing.T) {
	b, terms := newBuckets(), &block.Terms{Rate: 1}
	of := block.Bucket{Block: 1, Client: netip.MustParseAddr("2001:db8::1")}
	b.take(of, terms, 0)
	if n := testing.AllocsPerRun(100, func() { b.take(of, terms, time.Hour) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTake(b *testing.B) {
	buckets, terms := newBuckets(), &block.Terms{Rate: 1}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		buckets.take(block.Bucket{Block: 1, Client: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})}, terms, time.Duration(i))
	}
}
