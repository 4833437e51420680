package service

// collectHealth shows what the conditions go by, as of the last look.
func (s *Service) collectHealth(e emitter) {
	for _, p := range s.health.parts() {
		e.gauge("part_ready", "1 while a part does its work.", flag(p.Ready), "part", p.Name)
	}
	v := s.health.vitals.Load()
	if v == nil {
		return // the first look is to come
	}
	for consumer, l := range v.lags {
		e.gauge("lag_seconds", "For how long a consumer has known less than there is.", l.time.Seconds(), "consumer", consumer)
		e.gauge("lag_batches", "Batches that a consumer has not handled yet.", float64(l.messages), "consumer", consumer)
	}
	for i := range v.agents {
		a := &v.agents[i]
		e.gauge("agents_connected", "1 while an agent is heard of.", flag(a.Connected), "agent", a.Name, "gateway", a.Gateway)
		e.gauge("agents_behind_seconds", "For how long an agent has not enforced the latest blocks.", a.behind.Seconds(), "agent", a.Name, "gateway", a.Gateway)
		e.gauge("agents_late_ways", "Gateways beside an agent that hold blocks themselves, and lack a change for longer than they may.", float64(len(a.late())), "agent", a.Name, "gateway", a.Gateway)
	}
	for _, c := range v.certs {
		e.gauge("certificate_end_timestamp_seconds", "When a certificate of this service ends, in Unix seconds.", float64(c.end.Unix()), "certificate", c.name)
	}
	e.gauge("disk_bytes", "Size of the disk of the data directory.", float64(v.space.size))
	e.gauge("disk_free_ratio", "Share of that disk that may still be filled.", v.space.free)
	held := 0
	for i := range v.rules {
		if stopped(&v.rules[i]) {
			held++
		}
	}
	e.gauge("rollouts_held", "Versions of rules that are held or rolled back by what was measured.", float64(held))
}
