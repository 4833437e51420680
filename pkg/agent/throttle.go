package agent

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// The clients that are throttled at once are bounded by bucketSets times
// bucketWays, 131,072. Over it, of those that share a place the one that would
// be full again the soonest is forgotten: it begins anew with a full bucket.
const (
	bucketSets = 1 << 14
	bucketWays = 8
)

// buckets hold the tokens of throttled clients: over any interval of length t
// at most rate·t+burst requests pass a bucket. Memory is bounded, nothing is
// allocated but the table, at the first request that is throttled, and two
// clients wait for each other only where they share one of many places. It is
// safe for concurrent use.
//
// A bucket is one number, the time at which it will be full again; one that
// is full is as good as none. (This is the generic cell rate algorithm.)
type buckets struct {
	seed  maphash.Seed
	once  sync.Once
	table []bucketSet
}

type bucketSet struct {
	mu   sync.Mutex // for the rest
	ways [bucketWays]bucket
}

type bucket struct {
	name uint64        // hash of the block.Bucket; 0 = none
	full time.Duration // when it is full again
}

func newBuckets() *buckets { return &buckets{seed: maphash.MakeSeed()} }

// take takes a token out of a bucket. It gives 0 if there was one, else how
// long it takes until there is.
func (b *buckets) take(of block.Bucket, terms *block.Terms, now time.Duration) (wait time.Duration) {
	if terms == nil || !(terms.Rate > 0) {
		return 0
	}
	b.once.Do(func() { b.table = make([]bucketSet, bucketSets) })
	name := b.name(of)
	s := &b.table[name%bucketSets]
	every := interval(terms.Rate)
	depth := every * time.Duration(terms.BurstOrRate()-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(name).take(every, depth, now)
}

func (b *bucket) take(every, depth, now time.Duration) (wait time.Duration) {
	full := max(b.full, now)
	if wait = full - depth - now; wait > 0 {
		return wait
	}
	b.full = full + every
	return 0
}

// find gives the bucket of a name, in place of the fullest if it is not there.
func (s *bucketSet) find(name uint64) *bucket {
	fullest := &s.ways[0]
	for i := range s.ways {
		if s.ways[i].name == name {
			return &s.ways[i]
		}
		if s.ways[i].full < fullest.full {
			fullest = &s.ways[i]
		}
	}
	*fullest = bucket{name: name}
	return fullest
}

// interval is the time in which a token comes, rounded up, and bounded so that
// a burst of them can be added up.
func interval(rate float64) time.Duration {
	const longest = float64(math.MaxInt64 / (4 << 20))
	return time.Duration(min(math.Ceil(float64(time.Second)/rate), longest))
}

// name hashes what a bucket is for. Clients of IPv6 are told apart by their
// /64: an address there costs nothing.
func (b *buckets) name(of block.Bucket) uint64 {
	var room [24]byte
	binary.LittleEndian.PutUint64(room[:], uint64(of.Block))
	if a := of.Client.Unmap(); a.IsValid() {
		bytes := a.As16()
		copy(room[8:], bytes[:])
		if a.Is6() {
			clear(room[16:])
		}
	}
	return max(1, maphash.Bytes(b.seed, room[:]))
}
