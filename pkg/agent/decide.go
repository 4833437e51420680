package agent

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// cause is why a decision is what it is.
type cause uint8

const (
	nothingSaid cause = iota
	loopback
	ownAllow
	noBlocks    // there are none to go by yet
	provisioned // this agent's own refusal
	serviceSays
)

// Decide implements block.Decider. Loopback, the policy's allow list and
// exemptions always pass. It waits for nothing, and does not allocate unless
// the path has to be cleaned or the request presents secrets that blocks are
// about.
func (a *Agent) Decide(r *block.Request) block.Verdict {
	now, p, q := a.clock.Now(), a.policy.Load(), *r
	a.complete(&q, p)
	d, why := a.judge(&q, p, now)
	v := block.Verdict{Decision: d, Refused: d.Denied()}
	if d.Throttled() {
		v.RetryAfter = a.buckets.take(d.Bucket, d.Terms, now)
		v.Refused = v.RetryAfter > 0
	}
	a.note(&v, why)
	return v
}

// complete adds what a gateway cannot know and cleans what a client can write
// in many ways.
func (a *Agent) complete(q *block.Request, p *Policy) {
	q.Client = q.Client.Unmap().WithZone("")
	q.Path = decoy.Clean(q.Path)
	if q.API == "" {
		q.API = p.APIs.Of(q.Host, q.Path)
	}
	if p.Places != nil && a.locate.needed() {
		q.Country, q.Network = p.Places.Place(q.Client)
	}
}

// unblocked is the decision about what no block may refuse, and no decoy either.
func unblocked() block.Decision {
	return block.Decision{Action: block.Allow, Mode: block.Enforce, Found: true}
}

// judge decides about a request that is complete.
func (a *Agent) judge(q *block.Request, p *Policy, now time.Duration) (block.Decision, cause) {
	switch {
	case q.Client.IsLoopback():
		return unblocked(), loopback
	case p.Allow.holds(q):
		return unblocked(), ownAllow
	}
	d := a.replica.Decide(q, now)
	if q.Claimed && d.Exempt() {
		d = a.replica.Decide(unnamed(q), now)
	}
	switch {
	case d.Exempt():
		d.Flag = block.Mark{}
		return d, serviceSays
	case d.Denied():
		return d, serviceSays
	}
	if own := a.provisional.find(q, now); own.Found {
		return own, provisioned
	}
	if !a.ready.Load() {
		return a.fail(q, p), noBlocks
	}
	if !d.Found && d.Flag.ID == 0 {
		return d, nothingSaid
	}
	return d, serviceSays
}

// unnamed is a request whose user is the client's own word as it is without.
func unnamed(q *block.Request) *block.Request {
	other := *q
	other.User = ""
	return &other
}

// fail decides while there are no blocks to go by.
func (a *Agent) fail(q *block.Request, p *Policy) block.Decision {
	for i := range p.Fail {
		if !p.Fail[i].Route.Meets(q, nil) {
			continue
		}
		if p.Fail[i].Closed {
			return block.Decision{ID: a.failID, Action: block.Deny, Terms: a.failTerms, Mode: block.Enforce, Found: true}
		}
		break
	}
	return block.Decision{}
}

// note counts what was decided.
func (a *Agent) note(v *block.Verdict, why cause) {
	a.count.decided.Add(1)
	switch {
	case v.Refused:
		a.count.refuse(v.Action)
		a.refusals.add(v.ID)
	case v.Exempt():
		a.count.exempt.Add(1)
	case v.Found && v.Mode != block.Enforce && v.Action != block.Allow:
		a.count.shadowed.Add(1)
	case v.Flagged():
		a.count.flagged.Add(1)
	}
	if why == noBlocks && !v.Refused {
		a.count.failedOpen.Add(1)
	}
}
