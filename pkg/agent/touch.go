package agent

import (
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Touch takes note that a decoy was touched: its actor, and the principal that
// it names, are refused for a minute from now on, unless the finding asks for
// no block or the service spares them, and the finding is brought to the service, retried until it has
// it. The id names the decision for the gateway's log.
func (a *Agent) Touch(f finding.Finding) block.ID {
	id := decoy.ProvisionalID(a.name, f.ID)
	a.count.touched.Add(1)
	// Refuse first: the service's withdrawal must not come before.
	if f.Wanted.LifetimeSeconds > 0 && !f.Wanted.Shadow {
		a.refuse(id, &f)
	}
	if a.touches.push(f) {
		a.count.droppedTouches.Add(1)
	}
	notify(a.dirty)
	return id
}

func (a *Agent) refuse(id block.ID, f *finding.Finding) {
	var targets []block.Target
	if t, err := block.ParseTarget(f.Actor.Value); err == nil {
		targets = append(targets, t)
	} // else an actor without an address: the service decides about it
	for _, n := range f.Names {
		t, err := block.NewTarget(block.Criterion{Scope: block.Scope(n.Actor.Kind), Value: n.Value})
		if err == nil && n.Segment == block.All && n.Actor == f.Principal {
			targets = append(targets, t)
		}
	}
	for _, t := range targets {
		if a.spared.Load().holds(t) {
			continue
		}
		if !a.provisional.add(id, t, a.clock.Now()) {
			a.count.unrefused.Add(1)
		}
		if a.decided(t) || a.spared.Load().holds(t) { // while we were about it
			a.provisional.settleOne(t, a.clock.Now())
		}
	}
}

// Principal tells who is behind a request in the names under which blocks know
// them, for the finding of a touch: whoever holds a token, a session or a key
// is known wherever it comes from. The zero Actor is nobody: a name that a
// client may have made up would have its owner refused.
func (a *Agent) Principal(r *block.Request) (finding.Actor, []finding.Name) {
	keys := a.replica.MatchKeys()
	if len(keys[block.All]) == 0 {
		return finding.Actor{}, nil
	}
	for _, c := range [...]struct {
		kind  finding.ActorKind
		value string
	}{{finding.Token, r.Token}, {finding.Key, r.Key}, {finding.Session, r.Session}, {finding.User, proved(r)}} {
		if c.value == "" {
			continue
		}
		actor := finding.Actor{Kind: c.kind, Value: keys[block.All][0].Hash(block.Scope(c.kind), c.value)}
		var names []finding.Name
		for segment, of := range keys {
			if len(of) > 0 {
				names = append(names, finding.Name{Actor: actor, Segment: segment, Value: of[0].Hash(block.Scope(c.kind), c.value)})
			}
		}
		return actor, names
	}
	return finding.Actor{}, nil
}

func proved(r *block.Request) string {
	if r.Claimed {
		return ""
	}
	return r.User
}
