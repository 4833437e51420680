package bus

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// AwaitEnforced waits until every agent of a segment that is connected now
// has reported that it enforces the segment at this revision or a later one,
// the gateways that hold blocks themselves included, or until ctx ends. It
// tells what is known of each, ordered by name, and nothing when no agent of
// the segment is connected. An agent whose connection is lost meanwhile is
// waited for like the others. Times are counted from the put of the revision.
func (r *Registry) AwaitEnforced(ctx context.Context, segment string, revision uint64) []block.Acknowledgement {
	board := r.bus.blocks.board
	w := &wait{
		segment: segment, revision: revision, put: board.putAt(segment, revision),
		missing: map[string]bool{}, all: make(chan struct{}),
	}
	r.begin(w, r.connectedTo(segment))
	defer r.end(w)
	select {
	case <-w.all:
	case <-ctx.Done():
	}
	return r.acknowledgements(w, board.now())
}

// connectedTo names the agents of a segment that have a connection. It asks
// the embedded server, so the caller does not hold mu.
func (r *Registry) connectedTo(segment string) []string {
	var names []string
	for _, m := range r.members() {
		if !m.Agent.Revoked && (segment == block.All || slices.Contains(m.Agent.Segments, segment)) && r.connected(&m) {
			names = append(names, m.Agent.Name)
		}
	}
	return names
}

// wait is somebody who waits until agents enforce a revision.
type wait struct {
	segment  string
	revision uint64
	put      time.Duration // on the board's clock
	missing  map[string]bool
	reached  []block.Acknowledgement
	all      chan struct{} // closed when none is missing
}

// waits are those who wait for each segment, ordered by revision: a report
// concerns only those between what the agent had and what it has.
type waits map[string][]*wait

func (r *Registry) begin(w *wait, agents []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range agents {
		w.missing[name] = true
	}
	for _, name := range agents {
		if m := r.agents[name]; m.held[w.segment] >= w.revision {
			w.take(name, m.reached[w.segment], m.last[w.segment])
		}
	}
	if len(agents) == 0 {
		close(w.all)
	}
	r.waits.add(w)
}

func (r *Registry) end(w *wait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits.remove(w)
}

func (r *Registry) acknowledgements(w *wait, now time.Duration) []block.Acknowledgement {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(w.reached) // reports may still come
	for name := range w.missing {
		_, via := slowest(&r.agents[name].report, w.segment)
		list = append(list, block.Acknowledgement{Agent: name, Millis: millis(now - w.put), Via: via})
	}
	slices.SortFunc(list, func(a, b block.Acknowledgement) int { return cmp.Compare(a.Agent, b.Agent) })
	return list
}

// take notes that an agent has reached the revision, and by which way last.
func (w *wait) take(agent string, at time.Duration, via string) {
	if !w.missing[agent] {
		return
	}
	delete(w.missing, agent)
	w.reached = append(w.reached, block.Acknowledgement{Agent: agent, Enforced: true, Millis: millis(max(0, at-w.put)), Via: via})
	if len(w.missing) == 0 {
		close(w.all)
	}
}

func (s waits) add(w *wait) {
	list := s[w.segment]
	at, _ := slices.BinarySearchFunc(list, w.revision, byRevision)
	s[w.segment] = slices.Insert(list, at, w)
}

func (s waits) remove(w *wait) {
	list := s[w.segment]
	at := slices.Index(list, w)
	if list = slices.Delete(list, at, at+1); len(list) == 0 {
		delete(s, w.segment)
		return
	}
	s[w.segment] = list
}

// reported takes that an agent, which had one revision, has another, and which
// of its ways was the last.
func (s waits) reported(agent, segment string, had, has uint64, at time.Duration, via string) {
	list := s[segment]
	first, _ := slices.BinarySearchFunc(list, had+1, byRevision)
	for _, w := range list[first:] {
		if w.revision > has {
			return
		}
		w.take(agent, at, via)
	}
}

func byRevision(w *wait, revision uint64) int { return cmp.Compare(w.revision, revision) }

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
