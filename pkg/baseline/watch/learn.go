package watch

import (
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// learn takes what was in a minute for usual, where nothing was off.
func (w *Watch) learn() {
	for i := range w.tallies {
		w.tallies[i].pass()
	}
	ended := (w.now+minute)%hour == 0
	for _, e := range w.places {
		if e.open > 0 || e.offAt == w.now {
			continue
		}
		p := e.place
		for m := range series.Measure(series.Measures) {
			p.flows[fast][m].learn(flowMemory)
			if ended {
				p.flows[hourly][m].learn(hourMemory)
			}
		}
		if w.now%customsEvery == 0 && e.row != nil && p.Lately >= 1 {
			e.accustom()
		}
	}
	for _, e := range w.places {
		e.row = nil
	}
}
