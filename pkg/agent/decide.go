package agent

import (
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Decide implements block.Decider. Loopback and the allowlist always pass. It
// does not allocate and waits for nothing.
func (a *Agent) Decide(r *block.Request) block.Verdict {
	v := block.Verdict{Decision: a.Explain(r)}
	v.Refused = v.Denied()
	a.count.decided.Add(1)
	switch {
	case v.Refused:
		a.count.denied.Add(1)
	case v.Found:
		a.count.shadowed.Add(1)
	}
	return v
}

// Explain is Decide for a person who asks: it counts as no request, and takes
// no token.
func (a *Agent) Explain(r *block.Request) block.Decision {
	client := r.Client.Unmap().WithZone("")
	if client.IsLoopback() || client.IsValid() && a.allow.Load().Contains(client) {
		return block.Decision{}
	}
	now := a.clock.Now()
	d := a.replica.Decide(r, now)
	if d.Denied() || d.Action == block.Allow {
		return d
	}
	if own := a.provisional.find(r, now); own.Found {
		return own
	}
	return d
}

// Touch takes note that a decoy was touched: its actor is refused for a minute
// from now on, unless the finding asks for no block, and the finding is brought
// to the service, retried until it has it. The id names the decision for the
// gateway's log.
func (a *Agent) Touch(f finding.Finding) block.ID {
	id := decoy.ProvisionalID(a.name, f.ID)
	a.count.touched.Add(1)
	// Refuse first: the service's withdrawal must not come before.
	a.refuse(id, f)
	if a.touches.push(f) {
		a.count.droppedTouches.Add(1)
	}
	notify(a.dirty)
	return id
}

func (a *Agent) refuse(id block.ID, f finding.Finding) {
	if f.Wanted.LifetimeSeconds <= 0 || f.Wanted.Shadow {
		return
	}
	target, err := block.ParseTarget(f.Actor.Value)
	if err != nil {
		return // an actor without an address: the service decides about it
	}
	if !a.provisional.add(id, target, a.clock.Now()) {
		a.count.unrefused.Add(1)
	}
	if a.decided(target) { // while we were about it
		a.provisional.settleOne(target)
	}
}
