package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

const (
	// reportLife is how long an agent counts as connected after a report;
	// it reports every ten seconds.
	reportLife = 25 * time.Second
	// sampleInterval is how often what agents reported is recorded for the
	// store: reports come after every change.
	sampleInterval = 10 * time.Second
	// maxSoftware bounds what an agent says about its version, in bytes.
	maxSoftware = 128
)

// status is what an agent has last reported.
type status struct {
	seen        time.Time
	followers   int // streams over HTTP
	report      block.Report
	held        map[string]uint64        // segment → the revision that all its ways hold
	reached     map[string]time.Duration // segment → when that moved on
	last        map[string]string        // segment → the way that was the last to
	measured    map[string]uint64        // segment → the revision up to which propagation has been
	reporting   time.Duration            // since when
	propagation time.Duration            // 0 = not measured yet
	unsampled   bool
}

// Report takes what an agent says that it enforces in its own segments, and
// nothing else that it may say. r.Agent is set by the receiver from the
// credential. It wraps respond.ErrNotFound when the agent
// is not enrolled.
func (r *Registry) Report(_ context.Context, report block.Report) error {
	refused := report.Refused
	report.Refused = nil
	segments, err := r.takeReport(report)
	if err == nil && len(refused) > 0 {
		r.bus.opts.Refused(segments, refused)
	}
	return err
}

// takeReport gives the agent's segments.
func (r *Registry) takeReport(report block.Report) (segments []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.agents[report.Agent]
	if m == nil || m.Agent.Revoked {
		return nil, fmt.Errorf("report of agent %s: %w", report.Agent, respond.ErrNotFound)
	}
	report.Software = report.Software[:min(len(report.Software), maxSoftware)]
	report.Enforcing = only(report.Enforcing, withAll(m.Agent.Segments))
	report.Ways = believed(report.Ways, withAll(m.Agent.Segments))
	r.moved(m, &report)
	m.seen, m.report, m.unsampled = time.Now(), report, true
	return m.Agent.Segments, nil
}

// moved takes note of what an agent enforces that it did not before. The
// caller holds mu.
func (r *Registry) moved(m *member, report *block.Report) {
	now := r.bus.blocks.board.now()
	if m.measured == nil {
		m.measured, m.reporting = map[string]uint64{}, now
	}
	held, reached, last := map[string]uint64{}, map[string]time.Duration{}, map[string]string{}
	for segment := range report.Enforcing {
		has, _ := slowest(report, segment)
		had := m.held[segment]
		held[segment], reached[segment], last[segment] = has, m.reached[segment], m.last[segment]
		if has == had {
			continue
		}
		// The way that was behind has let all of them move on.
		_, last[segment] = slowest(&m.report, segment)
		reached[segment] = now
		r.waits.reported(m.Agent.Name, segment, had, has, now, last[segment])
		r.measure(m, segment, has, now)
	}
	m.held, m.reached, m.last = held, reached, last
}

// measure takes how long an agent's new revision of a segment took. What it has
// again after a restart of its own or of a gateway tells nothing, and neither
// does what was put before it first reported.
func (r *Registry) measure(m *member, segment string, has uint64, now time.Duration) {
	for _, put := range r.bus.blocks.board.decided(segment, m.measured[segment], has) {
		if put < m.reporting {
			continue
		}
		m.propagation = now - put
		r.bus.metrics.propagation.Observe(m.propagation.Seconds())
	}
	m.measured[segment] = max(m.measured[segment], has)
}

// state is an agent as it is told to others. The caller does not hold mu: the
// embedded server asks Lookup under the lock that Connected waits for.
func (r *Registry) state(m *member) block.Agent {
	a := m.Agent
	a.Segments = slices.Clone(a.Segments)
	a.LastSeen, a.Software = m.seen, m.report.Software
	a.Enforcing, a.Ways = maps.Clone(m.report.Enforcing), r.ways(m)
	a.PropagationMillis = millis(m.propagation)
	a.Connected = !a.Revoked && (r.connected(m) || time.Since(m.seen) < reportLife)
	return a
}

// connected tells whether an agent has a connection now; who calls it does
// not hold mu either.
func (r *Registry) connected(m *member) bool {
	return m.followers > 0 || r.bus.opts.Connected(m.Agent.Name)
}

// attach counts a stream over HTTP, and gives its end. ok is false when the
// agent is unknown or revoked.
func (r *Registry) attach(name string) (detach func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.agents[name]
	if m == nil || m.Agent.Revoked {
		return nil, false
	}
	m.followers++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		m.followers--
	}, true
}

// agentRow is a row of the table of agents.
type agentRow struct {
	ID            string    `json:"id"`
	At            time.Time `json:"at"`
	Name          string    `json:"name"`
	Gateway       string    `json:"gateway"`
	Software      string    `json:"software"`
	Connected     bool      `json:"connected"`
	Segment       string    `json:"segment"`
	Revision      uint64    `json:"revision"`
	Latest        uint64    `json:"latest"`
	Count         uint64    `json:"count"`
	PropagationMS *float64  `json:"propagation_ms"`
	Denied        uint64    `json:"denied"`
	Decided       uint64    `json:"decided"`
}

// sample records the state of the agents that have reported since the last
// sample.
func (r *Registry) sample(ctx context.Context, now time.Time) {
	rows := r.rows(now.UTC())
	if len(rows) == 0 {
		return
	}
	if err := r.bus.Record(ctx, respond.AgentsLog, "sample:"+now.UTC().Format(time.RFC3339Nano), rows...); err != nil {
		r.bus.log.Warn("what agents reported is not recorded", "error", err)
	}
}

func (r *Registry) rows(now time.Time) []any {
	var rows []any
	for _, m := range r.unsampled() {
		for segment, v := range m.report.Enforcing {
			rows = append(rows, r.row(&m, segment, v, now))
		}
	}
	return rows
}

// unsampled takes the agents that have reported since it was called last.
func (r *Registry) unsampled() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []member
	for _, m := range r.agents {
		if m.unsampled {
			m.unsampled = false
			list = append(list, *m)
		}
	}
	return list
}

func (r *Registry) row(m *member, segment string, v block.Version, now time.Time) agentRow {
	a := r.state(m)
	row := agentRow{
		ID: fmt.Sprintf("%s:%s:%d", a.Name, segment, now.UnixNano()), At: now,
		Name: a.Name, Gateway: a.Gateway, Software: a.Software, Connected: a.Connected,
		Segment: segment, Revision: v.Revision, Count: uint64(v.Count),
		Latest: r.bus.blocks.board.set(segment).Version().Revision,
		Denied: m.report.Denied, Decided: m.report.Decided,
	}
	if m.propagation > 0 {
		row.PropagationMS = &a.PropagationMillis
	}
	return row
}
