package detect

import (
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Measured is what a version's blocks hit, or would have hit had they been
// enforced for everybody, in a batch.
type Measured struct {
	Rule, Version string
	rollout.Measure
}

// logic is a version of a rule.
type logic struct{ rule, version string }

// trial is a block that a rule in rollout has asked for: whatever becomes of
// it, it is told what it would have hit.
type trial struct {
	logic
	until int64             // by the records' time, Unix nanoseconds
	rest  []block.Criterion // besides the one by which it is found
}

// Bounds of what is kept: how many trials, how many by one criterion (a client
// may ask for any number of routes), and bytes of a criterion. Those begun first
// are forgotten first.
const (
	maxTrials     = 1 << 16
	maxTrialsEach = 32
	maxTrialText  = 2 << 10
)

// trials are found by the criterion that fewest requests meet. They are not
// part of a snapshot: after a restart measuring goes on with what is found next.
type trials struct {
	clients map[event.Addr][]trial // of IPv6 by the /64
	texts   [len(textScopes)]map[string][]trial
	order   []block.Criterion // by which each is found, a ring
	next    int
	max     int
}

// textScopes are the scopes by which trials are found besides addresses, in the
// order of how few requests they usually match.
var textScopes = [...]block.Scope{
	block.ScopeKey, block.ScopeToken, block.ScopeSession, block.ScopeUser, block.ScopeFingerprint, block.ScopeApplication,
	block.ScopeUserAgent, block.ScopeRoute, block.ScopeAPI, block.ScopeNetwork, block.ScopeCountry,
}

func newTrials(max int) *trials {
	return &trials{clients: map[event.Addr][]trial{}, order: make([]block.Criterion, 0, max), max: max}
}

// begin starts the trial of a finding's block, if its rule is in rollout.
func (s *scan) begin(f *finding.Finding, criteria []block.Criterion) {
	if !s.detector.options.Measure || !f.Wanted.Rollout || f.Wanted.LifetimeSeconds <= 0 || len(criteria) == 0 {
		return
	}
	if slices.ContainsFunc(criteria, func(c block.Criterion) bool { return len(c.Value) > maxTrialText }) {
		return
	}
	s.detector.trials.add(criteria, trial{
		logic: logic{f.Rule, f.RuleVersion}, until: f.Time.UnixNano() + f.Wanted.LifetimeSeconds*1e9,
	})
}

// add begins a trial, in place of one that the same logic has on the same
// criteria.
func (t *trials) add(criteria []block.Criterion, x trial) {
	key := slices.MinFunc(criteria, func(a, b block.Criterion) int { return rank(a.Scope) - rank(b.Scope) })
	x.rest = slices.DeleteFunc(slices.Clone(criteria), func(c block.Criterion) bool { return c == key })
	of := t.get(key)
	same := func(o trial) bool { return o.logic == x.logic && slices.Equal(o.rest, x.rest) }
	if i := slices.IndexFunc(of, same); i >= 0 {
		of[i].until = max(of[i].until, x.until)
		return
	}
	t.remember(key)
	of = t.get(key) // less, perhaps
	t.set(key, append(of[max(0, len(of)+1-maxTrialsEach):], x))
}

func rank(s block.Scope) int { return slices.Index(textScopes[:], s) } // addresses are first

// remember keeps the number of trials within the bound.
func (t *trials) remember(key block.Criterion) {
	if len(t.order) < t.max {
		t.order = append(t.order, key)
		return
	}
	oldest := t.order[t.next]
	if of := t.get(oldest); len(of) > 0 {
		t.set(oldest, of[1:])
	}
	t.order[t.next] = key
	t.next = (t.next + 1) % t.max
}

func (t *trials) get(key block.Criterion) []trial {
	if i := rank(key.Scope); i >= 0 {
		return t.texts[i][key.Value]
	}
	return t.clients[clientOfValue(key.Value)]
}

func (t *trials) set(key block.Criterion, list []trial) {
	i := rank(key.Scope)
	switch {
	case i < 0 && len(list) == 0:
		delete(t.clients, clientOfValue(key.Value))
	case i < 0:
		t.clients[clientOfValue(key.Value)] = list
	case len(list) == 0:
		delete(t.texts[i], key.Value)
	default:
		if t.texts[i] == nil {
			t.texts[i] = map[string][]trial{}
		}
		t.texts[i][key.Value] = list
	}
}

// clientOfValue is the key of an address or a prefix.
func clientOfValue(v string) event.Addr {
	if p, err := netip.ParsePrefix(v); err == nil {
		return clientKey(event.AddrFrom(p.Addr()))
	}
	a, _ := netip.ParseAddr(v) // an actor's value; the unknown address otherwise
	return clientKey(event.AddrFrom(a))
}

// clientKey is an address as trials know it: IPv6 by its /64.
func clientKey(a event.Addr) event.Addr {
	if !a.Netip().Is4() {
		clear(a[8:])
	}
	return a
}

// try counts a row that passed on the trials that it would have been hit by.
func (s *scan) try(row int) {
	t := s.detector.trials
	if len(t.order) == 0 {
		return
	}
	if addrs := s.batch.AddrColumn(event.ClientAddress); row < len(addrs) && len(t.clients) > 0 {
		s.tryAll(t.clients[clientKey(addrs[row])], row)
	}
	for i, of := range t.texts {
		if len(of) > 0 {
			if v := s.value(textScopes[i], row); v != "" {
				s.tryAll(of[v], row)
			}
		}
	}
}

func (s *scan) tryAll(list []trial, row int) {
	for i := range list {
		x := &list[i]
		if s.time(row).UnixNano() >= x.until || slices.ContainsFunc(x.rest, func(c block.Criterion) bool { return !s.meets(c, row) }) {
			continue
		}
		m := s.measured(x.logic)
		m.Requests++
		if succeeded(s.batch.Number(event.Status, row)) {
			m.Successful++
		}
	}
}

func succeeded(status int64) bool { return status >= 200 && status < 400 }

// measured gives what was measured of a version in this batch.
func (s *scan) measured(l logic) *Measured {
	all := s.out.Measures
	for i := range all {
		if all[i].Rule == l.rule && all[i].Version == l.version {
			return &all[i]
		}
	}
	s.out.Measures = append(all, Measured{Rule: l.rule, Version: l.version})
	return &s.out.Measures[len(all)]
}

// fare counts a row that passed for the health of its gateway.
func (s *scan) fare(row int) {
	if len(s.out.Gateways) == 0 {
		s.out.Gateways = append(s.out.Gateways, rollout.Health{Gateway: s.batch.Gateway})
	}
	took := s.batch.Number(event.UpstreamDuration, row)
	if took == event.Unknown {
		took = s.batch.Number(event.Duration, row)
	}
	s.out.Gateways[0].Add(s.batch.Number(event.Status, row), durationOf(took))
}

func durationOf(nanoseconds int64) time.Duration { return time.Duration(max(nanoseconds, 0)) }
