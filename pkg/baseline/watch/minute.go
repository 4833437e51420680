package watch

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// interesting is the chance above which a look is counted, and no more.
const interesting = 0.05

// pulseMemory is how many looks a pulse is an average of.
const pulseMemory = 15

// place takes in a minute of a place.
func (w *Watch) place(e *entry, row *series.Row) {
	p := e.place
	refused := known(row.Values[series.Refused])
	answered := math.Max(0, known(row.Values[series.Requests])-refused)
	w.glimpse(e, answered)
	p.count(answered, refused)
	p.Failed += known(row.Values[series.ServerErrors]) * row.Weights[series.ServerErrors]
	w.silence(e, answered+refused)
	for m := range series.Measure(series.Measures) {
		w.measure(e, m, valueOf(row, m, answered), row.Weights[m])
	}
	if p.due(e.born, w.now) {
		w.review(e)
	}
	w.sizes(e, row)
}

// valueOf is a measure's value; of requests, those that we did not refuse.
func valueOf(row *series.Row, m series.Measure, answered float64) float64 {
	v := row.Values[m]
	if m == series.Requests && v == v {
		return answered
	}
	return v
}

func (w *Watch) measure(e *entry, m series.Measure, v, weight float64) {
	p := e.place
	p.flows[fast][m].set(v, weight)
	if v == v {
		if m.Kind() == baseline.Count {
			weight = 1
		}
		p.hours[m].Total += v * weight
		p.hours[m].Weight += weight
	}
	for pace := range p.tracks {
		if t := p.tracks[pace][m]; t != nil {
			if point, ok := t.add(m, w.now, v, weight); ok {
				w.observe(e, t, m, point)
			}
		}
	}
}

// observe has a model look at a point.
func (w *Watch) observe(e *entry, t *track, m series.Measure, p baseline.Point) {
	v := w.own(t).Observe(p)
	t.note(m, p, &v)
	if m == series.Requests && t.pace() == fast && v.Expected > 0 {
		e.place.Pulse += (math.Min(2, p.Value/v.Expected) - e.place.Pulse) / pulseMemory
	}
	if v.Learning || w.now-e.born < w.learning(t.pace()) {
		return
	}
	l := look{
		entry: e, track: t, record: &t.record, measure: m, pace: t.pace(), high: v.High, claimed: v.Tail,
		expected: possible(m, v.Expected), lower: possible(m, v.Lower), upper: possible(m, v.Upper), seen: p.Value,
		step: t.length(), since: p.Time, shape: v.Shape,
	}
	if m.Kind() != baseline.Count {
		l.weight = p.Weight
	}
	if v.Since > 0 && p.Time-v.Since <= 30*l.step {
		l.since = v.Since
	}
	w.weigh(&l)
}

// possible is the nearest to a value that a measure can have: none is negative,
// and no share is more than all.
func possible(m series.Measure, v float64) float64 {
	if m.Kind() == baseline.Share {
		v = math.Min(v, 1)
	}
	return math.Max(v, 0)
}

// learning is for how long nothing is scored.
func (w *Watch) learning(pace cadence) int64 {
	learn := int64(w.options.MinLearning)
	if pace != fast {
		return 7 * learn
	}
	return learn
}

// weigh keeps a model's look if it says something that is worth telling. Two
// tests are made of it, so each counts half.
func (w *Watch) weigh(l *look) {
	w.tallies[classOf(l.entry.key.Dimension, l.pace)].today++
	w.looked++
	chance := 1.0
	if told(l.measure, l.high) && matters(l.measure, l.seen, l.expected, l.weight, l.pace) && !l.ours() && !l.recovers() {
		chance = max(min(l.claimed, l.beyond()), w.counted(l))
	}
	if l.chance = 1; l.entry.open > 0 {
		w.linger(l)
	}
	l.claimed = math.Min(1, 2*math.Min(chance, l.track.off(chance, l.high)))
	if l.claimed < interesting {
		w.looks = append(w.looks, *l)
	}
}

// recovers tells whether hours that drift are on their way to what is usual:
// after a fall in the middle of the day a model expects the evening to be lower
// by as much, and that it is not is no news.
func (l *look) recovers() bool {
	if l.shape != finding.Drift || l.pace != hourly || l.measure.Kind() != baseline.Count || l.entry.place == nil {
		return false
	}
	usual := float64(l.entry.place.flows[hourly][l.measure].Usual)
	return l.high == (l.seen < usual)
}

// found keeps a look that is worth a second one.
func (w *Watch) found(l look) {
	w.looked++
	w.looks = append(w.looks, l)
}

// ours tells whether a look is explained by what we refused: requests that are
// not there because we did not let them through, or that stopped coming then.
func (l *look) ours() bool {
	denied := l.entry.place.Denied * float64(l.step/minute)
	if denied < 1 {
		return false
	}
	if l.measure.Kind() == baseline.Count {
		return !l.high && l.seen+denied >= l.lower
	}
	answered := l.entry.place.Lately * float64(l.step/minute)
	return denied > 0.2*(answered+denied)
}

// review chooses at which pace a place's measures are looked at.
func (w *Watch) review(e *entry) {
	p := e.place
	p.Reviewed = w.now
	for m := range series.Measure(series.Measures) {
		quick, slow := p.steps(m)
		if !series.MeasuresOf(e.key.Dimension).Has(m) {
			continue
		}
		w.choose(e, fast, m, quick)
		w.choose(e, hourly, m, slow)
	}
}

// choose makes a track, or makes it anew where it is far too slow or too fast.
func (w *Watch) choose(e *entry, pace cadence, m series.Measure, step int32) {
	t := e.place.tracks[pace][m]
	if step == 0 || t != nil && (step == t.Step || step*2 > t.Step && step < t.Step*4) {
		return
	}
	if t == nil {
		if w.models >= w.options.MaxModels {
			w.stats.Unwatched++
			return
		}
		w.models++
	}
	e.place.tracks[pace][m] = newTrack(m, step, &w.options, w.prior(e, pace, m, step))
}

// prior is what the place around one lends: an API to its routes.
func (w *Watch) prior(e *entry, pace cadence, m series.Measure, step int32) *baseline.Prior {
	around := w.around(e)
	if around == nil || m.Kind() == baseline.Count {
		return nil
	}
	if t := around.place.tracks[pace][m]; t != nil && t.Step == step {
		return t.model.Lend()
	}
	return nil
}

// absent takes in that networks and applications had no requests: only places
// that are steady have rows then.
func (w *Watch) absent() {
	for _, e := range w.places {
		if e.at == w.now {
			continue
		}
		e.row = nil
		p := e.place
		p.count(0, 0)
		for m := range series.Measure(series.Measures) {
			p.flows[fast][m].set(math.NaN(), 0)
			v := math.NaN()
			if m.Kind() == baseline.Count {
				v = 0
			}
			if p.tracks[fast][m] != nil || p.tracks[hourly][m] != nil {
				w.measure(e, m, v, 1)
			}
		}
	}
}

// silence takes in whether anything came.
func (w *Watch) silence(e *entry, came float64) {
	p := e.place
	t := p.tracks[fast][series.Requests]
	if came > 0 || t == nil || !e.steady() {
		p.gap.end()
		return
	}
	if p.gap.Since == 0 {
		p.gap.hold(w.now, t.expect)
	}
	expected, ok := p.gap.ahead(w.now)
	if !ok {
		expected = t.expect(w.now)
	}
	p.gap.grow(w.now, math.Min(expected, p.Slowly)*w.pulse(e))
	if w.now-e.born >= w.learning(fast) {
		w.silent(e, &p.gap, fast)
	}
}

// pulse is how much of what was expected comes at the place around one: on a
// holiday less is missed.
func (w *Watch) pulse(e *entry) float64 {
	around := w.around(e)
	if around == nil {
		return 1
	}
	return math.Min(1, around.place.Pulse) * w.pulse(around)
}

// silent looks at a silence once nothing came where a few were expected.
func (w *Watch) silent(e *entry, g *gap, pace cadence) {
	const few = 3
	if g.Expected < few {
		return
	}
	w.found(look{
		entry: e, record: &g.record, measure: series.Requests, test: bySilence, pace: pace,
		claimed: g.chance(), expected: g.Expected, lower: 1, upper: g.Expected + 4*math.Sqrt(g.Expected), since: g.Since,
		step: w.now + minute - g.Since,
	})
}
