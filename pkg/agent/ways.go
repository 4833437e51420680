package agent

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Way is a gateway that holds blocks itself, as it tells this agent how far it
// has come; the agent's reports pass it on. It is safe for concurrent use.
type Way struct {
	agent *Agent
	name  string
	bound time.Duration
	alarm bool // told while it fails, and then by the agent's own revisions

	mu           sync.Mutex // for all below
	holds        map[string]uint64
	blocks       int // that the gateway cannot hold
	exemptions   int // of the same
	failing      bool
	failingSince time.Duration
	why          string
}

// maxWhy bounds what is told of a failure, in bytes.
const maxWhy = 300

// Way makes a way. From now on a block counts as enforced here when this
// gateway has it as well. bound is how long that takes at most.
func (a *Agent) Way(name string, bound time.Duration) *Way {
	return a.addWay(&Way{agent: a, name: name, bound: bound})
}

// Alarm makes a way of a gateway that holds nothing itself. The agent's reports
// have it only while it fails, and no block waits for it.
func (a *Agent) Alarm(name string) *Way {
	return a.addWay(&Way{agent: a, name: name, alarm: true})
}

func (a *Agent) addWay(w *Way) *Way {
	a.waysMu.Lock()
	defer a.waysMu.Unlock()
	a.ways = append(a.ways, w)
	return w
}

// Holds takes that the gateway takes changes, and what it holds: the revision of
// each segment. The map may not be changed.
func (w *Way) Holds(revisions map[string]uint64) {
	w.mu.Lock()
	news := w.failing || !maps.Equal(w.holds, revisions)
	w.holds, w.failing, w.why = revisions, false, ""
	w.mu.Unlock()
	if news {
		notify(w.agent.changed)
	}
}

// Fails takes that the gateway does not take changes, and why.
func (w *Way) Fails(err error) {
	now := w.agent.clock.Now()
	w.mu.Lock()
	news := !w.failing
	if news {
		w.failingSince = now
	}
	w.failing, w.why = true, err.Error()
	w.mu.Unlock()
	if news {
		notify(w.agent.changed)
	}
}

// Leaves takes how many blocks and exemptions are in force that the gateway
// cannot hold.
func (w *Way) Leaves(blocks, exemptions int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blocks, w.exemptions = blocks, exemptions
}

func (w *Way) state(now time.Duration) block.Way {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := block.Way{
		Name: w.name, Holds: maps.Clone(w.holds), Unheld: w.blocks, UnheldExemptions: w.exemptions,
		BoundMillis: w.bound.Milliseconds(),
	}
	if w.failing {
		s.FailingMillis, s.Why = max(1, (now-w.failingSince).Milliseconds()), w.why[:min(len(w.why), maxWhy)]
	}
	return s
}

// Ways tells how far the gateways have come that hold blocks themselves, in the
// order of their names.
func (a *Agent) Ways() []block.Way {
	a.waysMu.Lock()
	list := slices.Clone(a.ways)
	a.waysMu.Unlock()
	slices.SortFunc(list, func(a, b *Way) int { return strings.Compare(a.name, b.name) })
	now := a.clock.Now()
	states := make([]block.Way, 0, len(list))
	for _, w := range list {
		s := w.state(now)
		if w.alarm && s.FailingMillis == 0 {
			continue
		}
		if w.alarm {
			s.Holds = a.Revisions()
		}
		states = append(states, s)
	}
	return states
}

// Revisions implements mirror.Source.
func (a *Agent) Revisions() map[string]uint64 {
	revisions := map[string]uint64{}
	for segment, set := range a.replica.Sets() {
		revisions[segment] = set.Version().Revision
	}
	return revisions
}
