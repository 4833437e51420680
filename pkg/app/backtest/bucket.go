package backtest

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// maxBuckets is into how many buckets a period is divided at most.
const maxBuckets = 200

// buckets count matches over time.
type buckets struct {
	begin  int64 // Unix nanoseconds; a multiple of width
	width  time.Duration
	counts []int64
}

// newBuckets divides a period into buckets of a width that people count in.
func newBuckets(since, until time.Time) buckets {
	b := buckets{width: widthOf(until.Sub(since))}
	b.begin = since.Truncate(b.width).UnixNano()
	b.counts = make([]int64, (until.UnixNano()-b.begin)/int64(b.width)+1)
	return b
}

func widthOf(period time.Duration) time.Duration {
	const day = 24 * time.Hour
	for _, w := range []time.Duration{
		time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour,
	} {
		if period/w < maxBuckets {
			return w
		}
	}
	return (period/maxBuckets/day + 1) * day
}

// add counts a match. Time that is outside of the period counts at its ends: a
// correlation may be judged after the last record.
func (b *buckets) add(at time.Time) {
	i := (at.UnixNano() - b.begin) / int64(b.width)
	b.counts[min(max(i, 0), int64(len(b.counts)-1))]++
}

// list gives the buckets with matches.
func (b *buckets) list() []wire.BacktestBucket {
	list := []wire.BacktestBucket{}
	for i, n := range b.counts {
		if n > 0 {
			at := time.Unix(0, b.begin+int64(i)*int64(b.width)).UTC()
			list = append(list, wire.BacktestBucket{At: at, Matches: n})
		}
	}
	return list
}
