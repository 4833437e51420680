package agent

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Explanation is a decision for a person who asks.
type Explanation struct {
	Request  block.Request // as it was decided on
	Decision block.Decision
	Reason   string  // why, in one sentence
	Meets    []Match // all that the request meets, whatever became of it, at most maxMeets
}

// Match is a block or an exemption that a request meets.
type Match struct {
	Segment string // "" = what this agent refuses or allows by itself
	Target  block.Target
	ID      block.ID
	Action  block.Action
	Mode    block.Mode
	Percent uint8
	Left    time.Duration
}

// maxMeets bounds the blocks that are told of one request.
const maxMeets = 100

// Explain is Decide for a person who asks: it counts as no request, takes no
// token, and looks at all blocks one by one.
func (a *Agent) Explain(r *block.Request) Explanation {
	now, p, q := a.clock.Now(), a.policy.Load(), *r
	a.complete(&q, p)
	d, why := a.judge(&q, p, now)
	x := Explanation{Request: q, Decision: d, Meets: a.meets(&q)}
	x.Reason = reason(&x, why)
	return x
}

// meets lists what a request meets.
func (a *Agent) meets(q *block.Request) []Match {
	var met []Match
	keys := a.replica.MatchKeys()
	for h := range a.Held() {
		segment := h.Segment
		if segment == "" {
			segment = block.All // by its keys
		}
		if h.Target.Meets(q, keys[segment]) {
			met = append(met, Match{h.Segment, h.Target, h.Entry.ID, h.Entry.Action, h.Entry.Mode, h.Entry.Percent, h.Left})
		}
		if len(met) == maxMeets {
			break
		}
	}
	return met
}

func reason(x *Explanation, why cause) string {
	switch why {
	case loopback:
		return "this host itself is never refused"
	case ownAllow:
		return "this agent's own configuration allows it"
	case noBlocks:
		if x.Decision.Found {
			return "there are no blocks to go by yet, and the route fails closed"
		}
		return "there are no blocks to go by yet, and the route fails open"
	case provisioned:
		return "this agent refuses it by itself, for a touched decoy, until the service has decided"
	case serviceSays:
		return byService(&x.Decision)
	default:
		return "no block is about it"
	}
}

func byService(d *block.Decision) string {
	switch {
	case d.Exempt():
		return "an exemption stands before all blocks"
	case d.Found && d.Mode != block.Enforce:
		return "the block is in shadow, or in canary for others: recorded, not acted on"
	case d.Throttled():
		return "the block lets so many pass and refuses the others"
	case d.Denied():
		return "the block is enforced"
	default:
		return "it passes with a flag"
	}
}
