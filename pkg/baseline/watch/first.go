package watch

import (
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// firstsPerAlert is the part of the budget that may be spent on what works for
// the first time. There is no chance to count it by: each happens once.
const firstsPerAlert = 0.3

// firsts takes in what works for the first time.
func (w *Watch) firsts(firsts []series.First) {
	w.novel.fill(w.now, firstsPerAlert*w.options.AlertsPerDay)
	for n := range firsts {
		f := &firsts[n]
		if e := w.named(f.Route); e != nil && w.now-w.born >= w.learning(fast) {
			w.first(e, f)
		}
	}
}

// named is the place of a key.
func (w *Watch) named(k *series.Key) *entry {
	if k == nil {
		return nil
	}
	for _, e := range w.places {
		if e.key.Dimension == k.Dimension && e.key.Name == k.Name && e.key.API == k.API {
			return e
		}
	}
	return nil
}

// first tells of what works for the first time. Its chance is that of the next
// request being such a one, on a route that had none in so many.
func (w *Watch) first(e *entry, f *series.First) {
	if len(w.incidents) >= w.options.MaxIncidents || !w.novel.pay(false) {
		w.stats.Withheld++
		return
	}
	chance := 1 / float64(f.Requests+2)
	i := w.newIncident(&look{
		entry: e, measure: series.Requests, test: byFirst, high: true, claimed: chance, chance: chance,
		seen: 1, step: minute, since: f.Time,
	})
	i.id = finding.NewID(i.id, f.Kind, f.Method, f.Sighting.Record)
	i.sighting = f.Sighting
	i.actors = nobodyElse(&f.Single)
	i.parts = []finding.Part{{Kind: "principal kind", Value: f.Kind, Share: 1}, {Kind: "method", Value: f.Method, Share: 1}}
}
