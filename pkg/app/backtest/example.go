package backtest

import (
	"cmp"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// mostExamples is how many matches are shown.
const mostExamples = 10

// aspect is a reason to look at a match.
type aspect struct {
	why    func(*account) string
	of     func(*account) *wire.BacktestMatch // nil: not one of these
	weight func(*account) int64               // the higher, the earlier
}

// aspects are from where rules are understood best: where they may be wrong,
// where they barely held, and what they mostly find.
func aspects() []aspect {
	sample := func(a *account) *wire.BacktestMatch { return a.sample }
	besides := func(a *account) int64 { return a.successful - a.matches }
	return []aspect{
		{
			func(a *account) string {
				return fmt.Sprintf("answered with %d: a false positive, or an attack that worked", a.served.Status)
			},
			func(a *account) *wire.BacktestMatch { return a.served },
			func(a *account) int64 { return a.matches },
		},
		{
			func(a *account) string {
				return fmt.Sprintf("of %d requests since then %d succeeded: a customer, perhaps", a.requests, a.successful)
			},
			func(a *account) *wire.BacktestMatch {
				if besides(a) <= 0 {
					return nil
				}
				return a.sample
			},
			besides,
		},
		{
			func(*account) string { return onlyMatch },
			func(a *account) *wire.BacktestMatch {
				if a.matches > 1 {
					return nil
				}
				return a.sample
			},
			func(a *account) int64 { return a.requests },
		},
		{
			func(a *account) string {
				if a.matches == 1 {
					return onlyMatch
				}
				return fmt.Sprintf("the first of %d matches of its actor", a.matches)
			},
			sample,
			func(a *account) int64 { return a.matches },
		},
	}
}

// onlyMatch is why a match is shown whose actor has no other.
const onlyMatch = "the only match of its actor"

// examples picks matches by all aspects in turn, of different actors, and of
// different paths as long as there are others.
func examples(s *accounts) []wire.BacktestMatch {
	p := picker{actors: map[*account]bool{}, paths: map[string]bool{}, picked: []wire.BacktestMatch{}}
	var queues []queue
	for _, a := range aspects() {
		queues = append(queues, newQueue(a, s))
	}
	for _, samePath := range []bool{false, true} {
		for some := true; some && len(p.picked) < mostExamples; {
			some = false
			for i := range queues {
				some = p.pick(queues[i], samePath) || some
			}
		}
	}
	return p.picked
}

// queue is the accounts of an aspect, the best first.
type queue struct {
	aspect
	accounts []*account
}

func newQueue(a aspect, s *accounts) queue {
	q := queue{aspect: a}
	for _, candidate := range s.list(func(x, y *account) int { return cmp.Compare(a.weight(y), a.weight(x)) }) {
		if a.of(candidate) != nil {
			q.accounts = append(q.accounts, candidate)
		}
	}
	return q
}

// picker keeps what has been picked.
type picker struct {
	picked []wire.BacktestMatch
	actors map[*account]bool
	paths  map[string]bool
}

// pick takes the next match of a queue, and tells whether there was one.
func (p *picker) pick(q queue, samePath bool) bool {
	if len(p.picked) == mostExamples {
		return false
	}
	for _, a := range q.accounts {
		m := q.of(a)
		path := m.Rule + " " + m.Path
		if p.actors[a] || p.paths[path] && !samePath {
			continue
		}
		p.actors[a], p.paths[path] = true, true
		example := *m
		example.Why = q.why(a)
		p.picked = append(p.picked, example)
		return true
	}
	return false
}
