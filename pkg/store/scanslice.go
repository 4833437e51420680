package store

import (
	"context"
	"math"
	"time"
)

// interval is a span of time in Unix nanoseconds, until exclusive.
type interval struct{ since, until int64 }

// minute is how many events one has.
type minute struct {
	at   int64 // Unix nanoseconds of its beginning
	rows int64
}

// sliceRows is how many rows a slice of history should have: few enough to be
// sorted in memory, and enough to make the cost of a query small.
const sliceRows = 200_000

// scanBounds are a query's ends. The lowest time is far before any log, and
// one that arithmetic does not overflow with.
func scanBounds(q ScanQuery) (since, until int64) {
	since, until = 0, math.MaxInt64
	if !q.Since.IsZero() {
		since = q.Since.UnixNano()
	}
	if !q.Until.IsZero() {
		until = q.Until.UnixNano()
	}
	return since, until
}

// minutes counts the events of each minute that has some.
func (s *Store) minutes(ctx context.Context, q ScanQuery) ([]minute, error) {
	var whole interval
	whole.since, whole.until = scanBounds(q)
	return ask(ctx, s, "scan_minutes", func(scan scanner, m *minute) error {
		var at uint32
		err := scan(&at, &m.rows)
		m.at = int64(at) * int64(time.Second)
		return err
	}, scanArgs(whole, q)...)
}

func total(minutes []minute) int64 {
	n := int64(0)
	for _, m := range minutes {
		n += m.rows
	}
	return n
}

// slicesOf cuts the time from since to until into slices of about so many rows,
// by what the minutes have. What has no minute, since it came meanwhile, is in
// a slice all the same.
func slicesOf(minutes []minute, since, until, rows int64) []interval {
	var cuts []int64
	sum := int64(0)
	for _, m := range minutes {
		if sum > 0 && sum+m.rows > rows {
			cuts = append(cuts, m.at)
			sum = 0
		}
		pieces := m.rows/rows + 1
		for i := int64(1); i < pieces; i++ {
			cuts = append(cuts, m.at+i*int64(time.Minute)/pieces)
		}
		sum += m.rows / pieces
	}
	var slices []interval
	for _, cut := range cuts {
		if cut > since && cut < until {
			slices = append(slices, interval{since, cut})
			since = cut
		}
	}
	return append(slices, interval{since, until})
}
