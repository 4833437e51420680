package backtest

import (
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// maxBuckets is how many buckets the time from the first match to the last has
// at most.
const maxBuckets = 200

// buckets count matches over time, in as narrow buckets as there is room for.
type buckets struct {
	width  time.Duration
	counts map[int64]int64 // by number since 1970
}

func newBuckets() buckets { return buckets{width: time.Second, counts: map[int64]int64{}} }

// wider gives the width after another one: one that people count in, and a
// multiple of it.
func wider(width time.Duration) time.Duration {
	const day = 24 * time.Hour
	for _, w := range []time.Duration{
		10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, day,
	} {
		if w > width {
			return w
		}
	}
	return 2 * width
}

func (b *buckets) add(at time.Time) {
	i := at.UnixNano() / int64(b.width)
	if b.counts[i]++; b.counts[i] > 1 {
		return
	}
	for b.spread() > maxBuckets {
		b.widen()
	}
}

// spread is how many buckets there are from the first match to the last.
func (b *buckets) spread() int64 {
	numbers := slices.Collect(maps.Keys(b.counts))
	return slices.Max(numbers) - slices.Min(numbers) + 1
}

func (b *buckets) widen() {
	next := buckets{width: wider(b.width), counts: map[int64]int64{}}
	for i, n := range b.counts {
		next.counts[i*int64(b.width)/int64(next.width)] += n
	}
	*b = next
}

// list gives the buckets with matches.
func (b *buckets) list() []wire.BacktestBucket {
	list := []wire.BacktestBucket{}
	for _, i := range slices.Sorted(maps.Keys(b.counts)) {
		list = append(list, wire.BacktestBucket{At: time.Unix(0, i*int64(b.width)).UTC(), Matches: b.counts[i]})
	}
	return list
}
