package watch

import (
	"math"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// hour closes the hour that began at start.
func (w *Watch) hour(start int64) {
	w.closed = start / hour
	at := time.Unix(0, start).In(w.options.Location)
	for _, e := range w.places {
		p := e.place
		for m := range series.Measure(series.Measures) {
			p.closeHour(m)
			if drifts(e, m) {
				w.drift(e, m, start, at)
			}
		}
		w.slowSilence(e, start)
		w.appointments(e, at.Hour(), start)
		p.hours = [series.Measures]pool{}
		p.came = false
		if at.Hour() == 0 {
			p.gap.fade(p.tracks[fast][series.Requests] != nil)
			p.slow.fade(false)
		}
	}
}

// closeHour makes the hour's flow of a measure.
func (p *place) closeHour(m series.Measure) {
	h := p.hours[m]
	switch {
	case h.Weight == 0:
		p.flows[hourly][m].set(math.NaN(), 0)
	case m.Kind() == baseline.Count:
		p.flows[hourly][m].set(h.Total, 1)
	default:
		p.flows[hourly][m].set(h.Total/h.Weight, h.Weight)
	}
}

// slowSilence takes in whether anything came in an hour, for places of which
// minutes say too little.
func (w *Watch) slowSilence(e *entry, start int64) {
	p := e.place
	t := p.tracks[hourly][series.Requests]
	if t == nil || p.tracks[fast][series.Requests] != nil || !e.steady() || p.came {
		p.slow.end()
		return
	}
	expected, lower, _, ok := t.model.Expect(start)
	if !ok || lower <= 0 && expected < 1 {
		expected = 0
	}
	p.slow.grow(start, expected)
	if w.now-e.born >= w.learning(hourly) {
		w.silent(e, &p.slow, hourly)
	}
}

// appointments notes whether something came in an hour, and looks at whether
// the one before was skipped.
func (w *Watch) appointments(e *entry, h int, start int64) {
	p := e.place
	p.diary.note(h, p.came)
	if !e.steady() || int(p.diary.Known) < diaryLeast {
		return
	}
	chance, due, missed := p.diary.missed((h + 23) % 24)
	if due {
		w.tallies[dueLooks].today++
		w.looked++
	}
	if !missed {
		return
	}
	w.looks = append(w.looks, look{
		entry: e, record: &p.diary.record, measure: series.Requests, test: byDiary, pace: daily, claimed: chance,
		expected: 1, lower: 1, upper: math.Inf(1), since: start - hour, step: 2 * hour,
	})
}

// drifts tells whether a measure is followed over days.
func drifts(e *entry, m series.Measure) bool {
	if !e.steady() {
		return false
	}
	switch m {
	case series.ClientErrors, series.ServerErrors, series.Latency50, series.Latency95, series.ResponseBytes:
		return true
	}
	return false
}

// drift takes in an hour of a measure, and looks at it at the end of a quarter
// of a day.
func (w *Watch) drift(e *entry, m series.Measure, start int64, at time.Time) {
	p := e.place
	h := p.hours[m]
	d := p.drifts[m]
	if d == nil {
		if h.Weight == 0 {
			return
		}
		d = &drift{}
		p.drifts[m] = d
	}
	d.Total += h.Total
	d.Weight += h.Weight
	if at.Hour()%6 != 5 {
		return
	}
	total, weight := d.Total, d.Weight
	d.Total, d.Weight = 0, 0
	if weight < driftFew {
		return
	}
	v, noise := scaled(m, total/weight, weight)
	expected, scale, ok := d.add(at.Hour()/6, start+hour-6*hour, v, noise)
	if ok && w.now-e.born >= w.learning(daily) {
		w.drifted(e, m, d, expected, scale, v, weight)
	}
}

const (
	driftFew    = 50   // requests in a quarter of a day
	lengthNoise = 0.03 // of latency and bytes, on the scale of the logarithm
)

// scaled is a mean of a quarter on a scale on which ordinary days differ by
// about the same, and by how much they do at least.
func scaled(m series.Measure, mean, weight float64) (v, noise float64) {
	if m.Kind() == baseline.Share {
		return math.Asin(math.Sqrt(math.Max(0, math.Min(1, mean)))), math.Sqrt(1/(4*weight)) + 0.005
	}
	return math.Log(math.Max(mean, 1e-6)), lengthNoise + 1/math.Sqrt(weight)
}

func unscaled(m series.Measure, v float64) float64 {
	if m.Kind() == baseline.Share {
		s := math.Sin(math.Max(0, math.Min(math.Pi/2, v)))
		return s * s
	}
	return math.Exp(v)
}

// drifted looks at the sum of a measure's last quarters.
func (w *Watch) drifted(e *entry, m series.Measure, d *drift, expected, scale, v, weight float64) {
	w.tallies[classOf(e.key.Dimension, daily)].today++
	w.looked++
	s := &d.Up
	if d.Down.Sum > d.Up.Sum {
		s = &d.Down
	}
	l := look{
		entry: e, record: &d.record, measure: m, test: byDrift, pace: daily, high: s == &d.Up, claimed: s.chance(),
		expected: unscaled(m, expected), lower: unscaled(m, expected-3*scale), upper: unscaled(m, expected+3*scale),
		seen: unscaled(m, v), weight: weight, step: 6 * hour, since: s.Since,
	}
	if l.claimed < interesting && told(m, l.high) && (l.seen > l.expected) == l.high &&
		matters(m, l.seen, l.expected, weight, daily) && !l.ours() {
		w.looks = append(w.looks, l)
	}
}
