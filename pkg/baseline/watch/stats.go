package watch

import "github.com/honeymoat/honeymoat/pkg/baseline/series"

// Stats tell how much is followed, and what was told.
type Stats struct {
	Table     series.Stats
	Places    int // that are followed
	People    int // principals and addresses
	Models    int
	Open      int    // incidents
	Minutes   uint64 // that were closed
	Incidents uint64 // that opened
	Told      uint64 // anomalies
	Withheld  uint64 // incidents that the budget did not allow when they opened
	Dropped   uint64 // incidents and anomalies for which there was no room
	Unwatched uint64 // measures that got no model, because there are too many
	// Thresholds are the least and the largest chance at which an incident of
	// some class opens; 0 = nothing is looked at yet.
	LeastThreshold, MostThreshold float64
}

// Stats gives them.
func (w *Watch) Stats() Stats {
	s := w.stats
	s.Table = w.table.Stats()
	s.Places, s.Models, s.Open = len(w.places), w.models, len(w.incidents)
	for _, e := range w.entries {
		if e != nil && e.person != nil {
			s.People++
		}
	}
	for c := range w.tallies {
		at := w.tallies[c].threshold(w.options.AlertsPerDay * shares[c])
		if at > 0 && (s.LeastThreshold == 0 || at < s.LeastThreshold) {
			s.LeastThreshold = at
		}
		s.MostThreshold = max(s.MostThreshold, at)
	}
	return s
}
