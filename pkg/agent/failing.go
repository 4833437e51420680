package agent

import "time"

// failingAfter is how long after its start an agent without blocks to go by
// raises the alarm: most of the time its service answers at once.
const failingAfter = 3 * time.Second

// FailingOpen tells whether there are no blocks to go by, so that requests
// pass unless their route is to be closed then.
func (a *Agent) FailingOpen() bool { return !a.ready.Load() }

// watchReadiness tells once that requests pass unseen, and once that it is
// over. It belongs to upkeep.
func (a *Agent) watchReadiness() {
	ready := a.ready.Load()
	switch {
	case !ready && !a.alarmed && a.clock.Now()-a.started >= failingAfter:
		a.alarmed = true
		a.log.Error("failing open: this agent has no blocks to go by, and requests pass except on the routes that fail closed",
			"hint", "it has not reached its service since it was enrolled, and its state file holds nothing: see the link's messages")
	case ready && a.alarmed:
		a.alarmed = false
		a.log.Info("no longer failing open: blocks are enforced")
	}
}
