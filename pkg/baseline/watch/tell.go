package watch

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	lasting     = 15 * minute // after which an incident suggests to notify, if it is large
	large       = 3.0         // times what was expected
	largeOf     = 0.1         // of the answers fail
	several     = 3           // places or measures
	leastChance = 1e-30       // that is told
	scoreMid    = 6           // powers of ten at which the score is half
	tellMost    = 1024        // anomalies that wait for the next Advance
)

// tell tells of an incident as it is now.
func (w *Watch) tell(i *incident, over bool) {
	a := Anomaly{
		ID: i.id, Key: *i.entry.key, Measure: i.first.measure, Family: w.familyOf(i),
		Statistic: w.statistic(i, over), Also: measures(i.also), Actors: slices.Clone(i.actors),
		Score: scoreOf(i.best), Severity: w.severity(i), Time: w.now + minute,
		First: i.told == 0, Over: over, Early: i.first.test == byEarly, Sighting: i.sighting,
		Weight: i.shown(over).weight, Step: i.shown(over).step,
	}
	i.told, i.toldSize, i.leading = w.now, i.worst.size(), leadOf(i.parts)
	i.tellings++
	w.stats.Told++
	if len(w.out) < tellMost {
		w.out = append(w.out, a)
	} else {
		w.stats.Dropped++
	}
}

// shown is the look that is told: the worst one, while an incident is young and
// when it is over; the latest of one that goes on.
func (i *incident) shown(over bool) *look {
	if over || i.told == 0 || i.first.test == bySilence {
		return &i.worst
	}
	return &i.last
}

func (w *Watch) statistic(i *incident, over bool) finding.Statistic {
	l := i.shown(over)
	s := finding.Statistic{
		Shape: i.shape, Series: SeriesName(i.entry.key, i.first.measure), Unit: unitOf(l),
		Expected: l.expected, Lower: finite(l.lower), Upper: finite(l.upper), Seen: l.seen,
		Since: time.Unix(0, i.first.since).UTC(), Probability: math.Max(i.best, leastChance),
	}
	if i.first.test == byModel && i.first.measure.Kind() != baseline.Count {
		// Models get used to what lasts: what was expected is what was before.
		s.Expected, s.Lower, s.Upper = i.first.expected, finite(i.first.lower), finite(i.first.upper)
	}
	s.Parts = slices.Clone(i.parts[:min(len(i.parts), partsMost)])
	for n := range s.Parts {
		s.Parts[n] = named(s.Parts[n])
	}
	if over {
		s.Until = time.Unix(0, i.seen+minute).UTC()
		if w.shifted(i) {
			s.Shape = finding.Shift
		}
	}
	return s
}

// named is a part as a finding names it: a principal by its kind.
func named(p finding.Part) finding.Part {
	if p.Kind == string(series.ByPrincipal) {
		if kind, value, ok := strings.Cut(p.Value, ":"); ok {
			p.Kind, p.Value = kind, value
		}
	}
	return p
}

// finite makes of what JSON cannot say something that it can.
func finite(v float64) float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	return v
}

// shifted tells whether an incident ends because its level has become what is
// usual: it is not near what was expected when it began.
func (w *Watch) shifted(i *incident) bool {
	p := i.entry.place
	if p == nil || i.first.test != byModel || i.first.pace == daily || w.now-i.opened < hour {
		return false
	}
	then, now := i.first.seen-i.first.expected, i.last.seen-i.first.expected
	return w.now-i.seen <= 2*i.quiet() && now*then > 0 && math.Abs(now) > lingerPart*math.Abs(then)
}

func (w *Watch) familyOf(i *incident) finding.Family {
	switch i.shape {
	case finding.Silent:
		return finding.Silence
	case finding.First:
		return finding.Novelty
	case finding.Broken:
		return finding.Format
	}
	return i.first.measure.Family()
}

func measures(s series.Set) (list []series.Measure) {
	for m := range series.Measure(series.Measures) {
		if s.Has(m) {
			list = append(list, m)
		}
	}
	return list
}

// scoreOf makes a score of a chance: half at one in a million.
func scoreOf(chance float64) float64 {
	x := -math.Log10(math.Max(chance, 1e-40))
	return math.Max(0, x/(x+scoreMid))
}

// severity is what an incident suggests: to notify when it is large and lasts,
// or is seen in several places or measures and lasts.
func (w *Watch) severity(i *incident) finding.Tier {
	if i.first.test == byEarly || i.momentary() {
		return finding.Log
	}
	lasts := i.seen+minute-i.first.since >= lasting
	if lasts && i.entry.place != nil && (i.isLarge() || i.places >= several || len(measures(i.also)) >= several-1) {
		return finding.Notify
	}
	return finding.Log
}

// isLarge tells whether an incident is large as a person would say.
func (i *incident) isLarge() bool {
	l := &i.worst
	switch {
	case i.shape == finding.Silent:
		return i.entry.key.Dimension <= series.API
	case sortOf(l.measure) == errs || sortOf(l.measure) == broken:
		return l.seen-l.expected >= largeOf
	}
	high, low := math.Max(l.seen, l.expected), math.Min(l.seen, l.expected)
	return high >= large*low
}
