package bus

import (
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Bounds on what an agent says about the gateways that hold blocks themselves.
const (
	maxWays = 16
	maxWhy  = 512 // bytes
)

// agentItself is the name of an agent among its ways.
const agentItself = "agent"

// only is what an agent says about its own segments.
func only[V any](said map[string]V, segments []string) map[string]V {
	own := map[string]V{}
	for _, segment := range segments {
		if v, ok := said[segment]; ok {
			own[segment] = v
		}
	}
	return own
}

// believed is what is kept of what an agent says about its ways.
func believed(ways []block.Way, segments []string) []block.Way {
	ways = slices.DeleteFunc(slices.Clone(ways), func(w block.Way) bool { return !block.ValidName(w.Name) })
	ways = ways[:min(len(ways), maxWays)]
	for i := range ways {
		w := &ways[i]
		w.Holds, w.Why = only(w.Holds, segments), w.Why[:min(len(w.Why), maxWhy)]
	}
	return ways
}

// slowest is the revision of a segment that an agent enforces by all its ways,
// and the way which holds it up; of several with the same revision one that is
// not the agent's own. There is no name for the only way of an agent.
func slowest(r *block.Report, segment string) (revision uint64, via string) {
	revision = r.Enforcing[segment].Revision
	if len(r.Ways) == 0 {
		return revision, ""
	}
	via = agentItself
	for i := range r.Ways {
		if has := r.Ways[i].Holds[segment]; has <= revision {
			revision, via = has, r.Ways[i].Name
		}
	}
	return revision, via
}

// ways is what an agent's ways hold, and what they lack.
func (r *Registry) ways(m *member) []block.WayState {
	var states []block.WayState
	for _, w := range m.report.Ways {
		s := block.WayState{Way: w, LagMillis: millis(r.lacking(&w, m.Agent.Segments))}
		s.Holds = maps.Clone(w.Holds)
		if w.FailingMillis > 0 {
			s.FailingSince = m.seen.Add(-time.Duration(w.FailingMillis) * time.Millisecond)
		}
		states = append(states, s)
	}
	return states
}

// lacking tells for how long a way has lacked a change of any segment.
func (r *Registry) lacking(w *block.Way, segments []string) (longest time.Duration) {
	board := r.bus.blocks.board
	now := board.now()
	for _, segment := range withAll(segments) {
		if at, lacks := board.lackingSince(segment, w.Holds[segment]); lacks {
			longest = max(longest, now-at)
		}
	}
	return longest
}
