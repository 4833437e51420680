package service

// collectBaselines shows how far it is known what is normal, and what there
// was no room for.
func (s *Service) collectBaselines(e emitter) {
	w, ok := s.detector.Watching()
	if !ok {
		return // baselines are off
	}
	for _, l := range w.Learning {
		e.gauge("baselines_series", "Series of what is normal.", float64(l.Series), "dimension", l.Dimension.String())
		e.gauge("baselines_learning", "Series of which nothing is scored yet.", float64(l.Learning), "dimension", l.Dimension.String())
	}
	e.gauge("baselines_models", "Models of series.", float64(w.Stats.Models))
	e.gauge("baselines_incidents_open", "Incidents that last.", float64(w.Stats.Open))
	e.counter("baselines_incidents_total", "Incidents that opened.", w.Stats.Incidents)
	e.counter("baselines_withheld_total", "Incidents that the budget of alerts did not allow when they opened.", w.Stats.Withheld)
	e.counter("baselines_dropped_total", "Incidents and anomalies for which there was no room.", w.Stats.Dropped)
	e.counter("baselines_evicted_total", "Series that made room for others.", w.Stats.Table.Evicted)
	e.counter("baselines_turned_away_total", "Records of somebody, or of a route, for whom there was no room.", w.Stats.Table.TurnedAway)
	e.counter("baselines_unwatched_total", "Measures that got no model, because there are too many.", w.Stats.Unwatched)
}
