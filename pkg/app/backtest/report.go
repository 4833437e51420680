package backtest

import (
	"cmp"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// How many are listed.
const (
	mostActors  = 20
	mostBlocked = 100
)

// report tells what was found.
func (t *test) report() wire.Backtest {
	j := t.judge
	r := wire.Backtest{
		Since: t.request.Since.UTC(), Until: t.request.Until.UTC(), Rules: t.rules(), Parts: len(t.parts),
		Actors: int64(len(j.accounts.byActor)), ActorsAtLeast: j.accounts.full,
		BucketSeconds: int64(j.buckets.width.Seconds()), Buckets: j.buckets.list(),
		TopActors: topActors(j.accounts), Block: t.blocks(), Examples: examples(j.accounts), Warnings: t.warnings(),
	}
	for _, n := range j.matches {
		r.Matches += n
	}
	for _, p := range t.parts {
		r.Rows += p.rows
		r.MaskedRows += p.masked
	}
	return r
}

// rules are those in question.
func (t *test) rules() []wire.BacktestedRule {
	var list []wire.BacktestedRule
	for m := range t.request.metas() {
		list = append(list, wire.BacktestedRule{
			Key: m.Key(), Version: m.Version, Title: m.Title, Block: BlockOf(m), Matches: t.judge.matches[m.Key()],
		})
	}
	return list
}

// metas yields what the rules in question say of themselves.
func (c *Chosen) metas() func(func(*sigma.Meta) bool) {
	return func(yield func(*sigma.Meta) bool) {
		for _, r := range c.Collection.Rules {
			if slices.Contains(c.Keys, r.Key()) && !yield(&r.Meta) {
				return
			}
		}
		for _, r := range c.Collection.Correlations {
			if slices.Contains(c.Keys, r.Key()) && !yield(&r.Meta) {
				return
			}
		}
	}
}

// BlockOf is the block that a rule asks for, or nil.
func BlockOf(m *sigma.Meta) *wire.RuleBlock {
	b := m.Honeymoat.Block
	if b.TTL <= 0 {
		return nil
	}
	return &wire.RuleBlock{LifetimeSeconds: int64(b.TTL.Seconds()), Mode: string(b.Mode), What: b.What()}
}

func topActors(s *accounts) []wire.BacktestActor {
	list := s.list(func(a, b *account) int { return cmp.Compare(b.matches, a.matches) })
	top := []wire.BacktestActor{}
	for _, a := range list[:min(len(list), mostActors)] {
		top = append(top, wire.BacktestActor{
			Actor: a.actor, Matches: a.matches, First: a.first, Last: a.last, Requests: a.requests, Successful: a.successful,
		})
	}
	return top
}

// blocks sums up what blocks would have done.
func (t *test) blocks() wire.BacktestBlock {
	b := t.judge.block
	b.Asked, b.Shadow = t.request.BlockFor > 0, false
	for m := range t.request.metas() {
		b.Asked = b.Asked || m.Honeymoat.Block.TTL > 0
		b.Shadow = b.Shadow || m.Honeymoat.Block.TTL > 0 && m.Honeymoat.Block.Mode != sigma.BlockEnforce
	}
	gone := t.judge.accounts.gone
	b.Actors, b.Blocks, b.Requests, b.Successful = gone.Actors, gone.Blocks, gone.Requests, gone.Successful
	b.Blocked = []wire.BacktestedHit{}
	costliest := func(x, y *account) int {
		return cmp.Or(cmp.Compare(y.blocked.Successful, x.blocked.Successful), cmp.Compare(y.blocked.Requests, x.blocked.Requests),
			x.blocked.First.Compare(y.blocked.First))
	}
	blocked := slices.DeleteFunc(t.judge.accounts.list(func(*account, *account) int { return 0 }),
		func(a *account) bool { return a.blocked == nil })
	slices.SortStableFunc(blocked, costliest)
	for i, a := range blocked {
		b.Actors++
		add(&b, a.blocked)
		if i < mostBlocked {
			b.Blocked = append(b.Blocked, *a.blocked)
		}
	}
	if b.Refusals == nil {
		b.Refusals = []string{}
	}
	return b
}
