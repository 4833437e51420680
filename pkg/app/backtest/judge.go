package backtest

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// judge takes what all parts have found, in the order of time, to the ledger.
type judge struct {
	ledger   *respond.Ledger
	guard    *respond.Guard
	blockFor time.Duration
	matches  map[string]int64 // by the keys of the rules in question
	accounts *accounts
	buckets  buckets
	block    wire.BacktestBlock
	batch    []located
}

type located struct {
	place
	*finding.Finding
}

func newJudge(o Options, r Request) *judge {
	o.Ledger.Finished = true // the breaker does not trip: nobody is there to resume
	j := &judge{
		ledger: respond.NewLedger(o.Ledger), guard: o.Guard, blockFor: r.BlockFor,
		matches: map[string]int64{}, accounts: newAccounts(), buckets: newBuckets(),
	}
	for _, key := range r.Keys {
		j.matches[key] = 0
	}
	return j
}

// take judges what the parts have found since the last call. What a rule finds
// that is not in question, such as a member of a correlation, does not count.
func (j *judge) take(parts []*part) {
	j.batch = j.batch[:0]
	for _, p := range parts {
		for i := range p.found {
			f := &p.found[i]
			if _, ok := j.matches[f.Rule]; ok {
				j.batch = append(j.batch, located{placeOfFinding(f), f})
			}
		}
	}
	slices.SortStableFunc(j.batch, func(a, b located) int { return a.compare(b.place) })
	for _, f := range j.batch {
		j.found(f)
	}
}

func (j *judge) found(f located) {
	j.matches[f.Rule]++
	j.buckets.add(f.Time)
	a := j.accounts.of(f.Actor, f.place)
	a.matched(f.Finding)
	// Rules begin in shadow: what matters is what they would do in force.
	f.Wanted.Shadow, f.Wanted.Rollout = false, false
	if j.blockFor > 0 {
		f.Wanted.LifetimeSeconds = int64(j.blockFor / time.Second)
	}
	if f.Wanted.LifetimeSeconds > 0 {
		j.asks(a, f)
	}
}

// asks brings a finding that asks for a block before the ledger, as the
// service would at its time.
func (j *judge) asks(a *account, f located) {
	j.ledger.Expire(f.Time)
	v := j.ledger.Judge(respond.Evidence{Finding: *f.Finding}, j.guard, f.Time)
	j.ledger.Settle(f.ID, v.Block)
	if v.Refusal != nil {
		j.refused(v.Refusal)
	}
	if v.Proposal == nil {
		return
	}
	j.ledger.Made(*v.Proposal, f.Actor, v.Wanted)
	j.ledger.Settle(f.ID, v.Proposal.ID)
	a.block(f, v.Proposal)
}

// maxRefusals is how many different reasons of the guard are told.
const maxRefusals = 10

func (j *judge) refused(r *respond.Refusal) {
	j.block.Refused++
	if len(j.block.Refusals) < maxRefusals && !slices.Contains(j.block.Refusals, r.Reason) {
		j.block.Refusals = append(j.block.Refusals, r.Reason)
	}
}

// matched adds a match to the account.
func (a *account) matched(f *finding.Finding) {
	a.matches++
	if a.matches == 1 || f.Time.Before(a.first) {
		a.first = f.Time
	}
	if f.Time.After(a.last) {
		a.last = f.Time
	}
	if a.sample == nil {
		a.sample = matchOf(f)
	}
	if status := f.Sighting.Status; a.served == nil && status >= 100 && status < 400 {
		a.served = matchOf(f)
	}
}

// block adds a block to the account.
func (a *account) block(f located, b *block.Block) {
	until := f.Time.Add(b.Lifetime())
	if a.blocked == nil {
		a.blocked = &wire.BacktestedHit{
			Actor: f.Actor, First: f.Time, File: f.Sighting.File, Line: f.Sighting.Line, Reason: f.Reason,
		}
	}
	a.blocked.Blocks++
	a.blocked.Seconds += b.LifetimeSeconds
	a.blocked.Until = until
	a.terms = append(a.terms, term{after: f.place, until: until.UnixNano()})
}

func matchOf(f *finding.Finding) *wire.BacktestMatch {
	s := &f.Sighting
	return &wire.BacktestMatch{
		Rule: f.Rule, Actor: f.Actor, Time: f.Time, Reason: f.Reason, Event: s.Record,
		Method: s.Method, Host: s.Host, Path: s.Path, Status: s.Status, UserAgent: s.UserAgent,
	}
}
