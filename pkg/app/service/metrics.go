package service

import "github.com/prometheus/client_golang/prometheus"

// collector shows the counts of the packages on floor 2, which know nothing of
// Prometheus.
type collector struct{ service *Service }

// Describe sends nothing: the collector is unchecked, since sources and
// reasons are labels that come and go.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.service
	e := emitter{out}
	d := s.detector.Stats()
	e.counter("detect_rows_total", "Rows looked at.", d.Rows)
	e.counter("detect_findings_total", "What was found in logs: touches of decoys, matches of rules, listed clients.", d.Findings)
	e.counter("detect_denials_total", "Rows that an agent had refused.", d.Denials)
	e.counter("detect_marks_ignored_total", "Decision marks that named no known id.", d.IgnoredMarks)
	e.counter("detect_touches_without_client_total", "Touches whose client is not known.", d.NoClient)
	e.counter("detect_served_total", "Decoy paths that the application itself served.", d.Served)
	s.collectRules(e)
	s.collectHealth(e)
	s.collectBaselines(e)
	r := s.responder.Stats()
	e.counter("respond_findings_total", "Findings.", r.Findings)
	e.counter("respond_sightings_total", "Sightings of findings.", r.Sightings)
	e.counter("respond_discarded_total", "Findings that an analyst's word discards.", r.Discarded)
	e.counter("respond_blocks_total", "Blocks made automatically.", r.Blocks)
	e.counter("respond_refused_total", "Automatic blocks that the guard refused.", r.Refused)
	e.counter("respond_denied_total", "Requests refused on our blocks, as logs tell.", r.Denied)
	e.counter("respond_touches_total", "Touches that agents reported.", r.Touches)
	e.counter("respond_touches_unconfirmed_total", "Touches that agents reported and our rules do not confirm.", r.Unconfirmed)
	e.counter("respond_checkpoints_total", "Checkpoints saved.", r.Checkpoints)
	e.gauge("respond_checkpoints_failed", "Checkpoints in a row that could not be saved; 0 while state is saved.", float64(r.Unsaved))
	e.gauge("respond_actors", "Actors about whom evidence is kept.", float64(r.Actors))
	e.gauge("respond_blocks_live", "Live blocks.", float64(r.Live))
	e.counter("respond_approvals_displaced_total", "Of those that waited, what had to give way to others.", r.GaveWay)
	e.gauge("respond_approvals_waiting", "Blocks, or batches of them, that wait for a second person.", float64(r.Waiting))
	e.gauge("respond_blocking_held", "1 while automatic blocking is held: too many blocks were asked for in a minute.", flag(r.Held))
	routes := s.routes.Stats()
	e.gauge("routes_hosts", "Hosts of which routes are inferred.", float64(routes.Hosts))
	e.gauge("routes_segments", "Path segments that inference remembers.", float64(routes.Nodes))
	e.counter("routes_refused_total", "Requests whose path could not be learned, for routes.max_segments.", routes.RefusedNodes)
	e.counter("store_dropped_batches_total", "Batches that were never stored because the bus was full.", s.dropped.batches.Load())
}

// collectRules shows what rules find and cost, and what correlations remember.
func (s *Service) collectRules(e emitter) {
	for _, c := range s.detector.Costs() {
		e.counter("rule_hits_total", "Records that a rule matched since the rules were loaded.", uint64(c.Hits), "rule", c.Rule.Key())
		e.counter("rule_evaluations_total", "Records on which a rule was evaluated; the others were told at a glance.", uint64(c.Rows), "rule", c.Rule.Key())
		e.gauge("rule_seconds", "Time that a rule took since the rules were loaded, estimated.", c.Time.Seconds(), "rule", c.Rule.Key())
	}
	w := s.detector.Windows()
	e.gauge("correlation_groups", "Addresses, users and the like that correlations follow.", float64(w.Groups))
	e.gauge("correlation_bytes", "Memory of correlations, about.", float64(w.Bytes))
	e.counter("correlation_evicted_total", "Groups forgotten.", w.EvictedBySize, "because", "size")
	e.counter("correlation_evicted_total", "Groups forgotten.", w.EvictedByAge, "because", "age")
	e.counter("correlation_late_total", "Records later than rules.lateness.", w.Late)
	e.counter("correlation_too_late_total", "Records of a window that was judged; left out.", w.TooLate)
	e.counter("correlation_matches_total", "Correlations completed.", w.Matches)
	e.gauge("reload_failed", "1 if the last reload failed, and what was in force before still is.", flag(s.notReloaded.Load() != nil))
	e.gauge("rules_refused", "Mistakes in the files of rules.", float64(len(s.rules.Load().Mistakes)))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

type emitter struct{ out chan<- prometheus.Metric }

func (e emitter) counter(name, help string, value uint64, labels ...string) {
	e.emit(prometheus.CounterValue, name, help, float64(value), labels)
}

func (e emitter) gauge(name, help string, value float64, labels ...string) {
	e.emit(prometheus.GaugeValue, name, help, value, labels)
}

// emit takes labels as names and values in turn.
func (e emitter) emit(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	e.out <- prometheus.MustNewConstMetric(prometheus.NewDesc("honeymoat_"+name, help, names, nil), kind, value, values...)
}
