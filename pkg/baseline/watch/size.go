package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

const (
	sizesLeast = 500     // minutes with requests before a verdict
	sizeLeast  = 1 << 20 // bytes that are worth being told
	sizeRatio  = 3.0     // times the largest that is usual
)

// sizes looks at the largest response and the largest request of a minute of a
// route.
func (w *Watch) sizes(e *entry, row *series.Row) {
	if e.key.Dimension != series.Route {
		return
	}
	for i, s := range [...]*series.Single{row.Largest, row.LargestRequest} {
		if s != nil && s.Bytes > 0 {
			w.size(e, i, s, row)
		}
	}
}

// size looks at one. What was the largest of a busy minute is usually larger
// than that of a calm one: the chance is that of a minute with as many requests
// as usual, times how many more there are now. Sizes have a heavy tail, their
// logarithms have an ordinary one.
func (w *Watch) size(e *entry, i int, s *series.Single, row *series.Row) {
	x := math.Log(float64(s.Bytes))
	tail := e.place.size(i)
	chance, ok := tail.Observe(x)
	if !ok || w.now-e.born < w.learning(fast) {
		return
	}
	w.tallies[singleLooks].today++
	w.looked++
	if rate := e.place.Rate; rate > 0 {
		chance = math.Min(1, chance*math.Max(1, row.Values[series.Requests]/math.Max(rate, 1)))
	}
	if chance >= interesting || s.Bytes < sizeLeast {
		return
	}
	m := series.ResponseBytes
	if i == 1 {
		m = series.RequestBytes
	}
	usual := float64(e.place.flows[fast][m].Usual)
	upper := math.Exp(float64(tail.Now.Largest[min(1, max(0, tail.Now.Kept-1))]))
	if float64(s.Bytes) < sizeRatio*usual {
		return
	}
	w.looks = append(w.looks, look{
		entry: e, measure: m, test: bySize, high: true, claimed: chance, expected: usual, upper: upper,
		seen: float64(s.Bytes), step: minute, since: s.Time, single: s,
	})
}
