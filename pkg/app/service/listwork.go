package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// defaultQuota is how many blocks of a list that is configured no more end in a
// second.
const defaultQuota = 1000

// listWork is what is to be done for one list, and what was.
type listWork struct {
	name   string
	gone   []*block.Block
	reason string // why they are gone
	quota  int    // blocks in a second
	list   *config.BlockList
	said   map[netip.Prefix]int64
	wanted []netip.Prefix

	made, ended int
	refused     map[string]int // by the guard's rule, in this work
}

func (w *listWork) done() bool { return len(w.gone)+len(w.wanted) == 0 }

// goOn counts what was done of a work that this one goes on with.
func (w *listWork) goOn(before *listWork) {
	if before == nil {
		return
	}
	w.made, w.ended = before.made, before.ended
	for rule, n := range before.refused {
		w.refused[rule] += n
	}
}

// workOf compares what a list says with its blocks.
func (k *listKeeper) workOf(l *config.BlockList, said map[netip.Prefix]int64) *listWork {
	w := &listWork{
		name: l.Name, list: l, said: said, reason: "the list says it no more", quota: max(1, l.PerMinute/60), refused: map[string]int{},
	}
	now, held := k.now(), k.held[l.Name]
	for key, b := range held {
		if _, listed := said[key.prefix]; now.Before(b.ExpiresAt()) && (!listed || !asConfigured(b, l)) {
			w.gone = append(w.gone, b)
		}
	}
	resting := k.rested[l.Name]
	resting.keep(func(p netip.Prefix) bool { _, listed := said[p]; return listed })
	for p, until := range said {
		life := lifetime(l, until, now)
		if life < time.Second || resting.holds(p) {
			continue
		}
		// It is renewed while the list says it, before it is over.
		b := held[heldKey{l.Segment, p}]
		if b == nil || !asConfigured(b, l) || life >= b.ExpiresAt().Sub(now)+l.Lifetime/4 {
			w.wanted = append(w.wanted, p)
		}
	}
	slices.SortFunc(w.gone, func(a, b *block.Block) int { return comparePrefixes(a.Target.Prefix(), b.Target.Prefix()) })
	slices.SortFunc(w.wanted, comparePrefixes)
	return w
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

func asConfigured(b *block.Block, l *config.BlockList) bool {
	return b.Segment == l.Segment && b.Action.String() == l.Action && b.Mode.String() == l.Mode
}

// lifetime is how long a block is to last from now on that a list says until a
// time.
func lifetime(l *config.BlockList, until int64, now time.Time) time.Duration {
	if until == 0 {
		return l.Lifetime
	}
	return min(l.Lifetime, time.Unix(until, 0).Sub(now))
}

// portion does as much of a work as may be done in a second: first what is to
// end, then what is to be made.
func (k *listKeeper) portion(ctx context.Context, w *listWork) error {
	for left := w.quota; left > 0 && !w.done(); {
		var n int
		var err error
		if len(w.gone) > 0 {
			n = min(left, atATime, len(w.gone))
			err = k.end(ctx, w, w.gone[:n])
			w.gone = w.gone[n:]
		} else {
			n = min(left, atATime, len(w.wanted))
			err = k.add(ctx, w, w.wanted[:n])
			w.wanted = w.wanted[n:]
		}
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func callerOf(list string) respond.Caller {
	return respond.Caller{Name: byList + list, Role: "list", By: byList + list}
}

// end ends blocks of a list.
func (k *listKeeper) end(ctx context.Context, w *listWork, gone []*block.Block) error {
	blocks := make([]block.Block, len(gone))
	for i, b := range gone {
		blocks[i] = *b
	}
	n, err := k.blocker.EndBlocks(ctx, callerOf(w.name), blocks, w.reason)
	w.ended += n
	return err
}

// add asks for blocks. What is not made rests.
func (k *listKeeper) add(ctx context.Context, w *listWork, wanted []netip.Prefix) error {
	bulk := respond.Bulk{Items: make([]respond.AddBlock, len(wanted))}
	for i, p := range wanted {
		var err error
		if bulk.Items[i], err = addOf(w.list, p, lifetime(w.list, w.said[p], k.now())); err != nil {
			return err
		}
	}
	result, err := k.blocker.AddBlocks(ctx, callerOf(w.name), bulk)
	if err != nil {
		return fmt.Errorf("block what the list %s says: %w", w.name, err)
	}
	w.made += result.Created
	for i := range result.Items {
		if r := restOf(&result.Items[i], k.now()); r.rule != "" {
			w.refused[r.rule]++
			if k.rested[w.name] == nil {
				k.rested[w.name] = &resting{}
			}
			k.rested[w.name].add(wanted[i], r)
		}
	}
	return nil
}

func addOf(l *config.BlockList, p netip.Prefix, life time.Duration) (respond.AddBlock, error) {
	add := respond.AddBlock{
		Segment: l.Segment, Criteria: block.PrefixTarget(p).Criteria(), Reason: "on the list " + l.Name,
		Lifetime: max(time.Second, life.Truncate(time.Second)), // its time may have run out while others were made
	}
	err := errors.Join(add.Action.UnmarshalText([]byte(l.Action)), add.Mode.UnmarshalText([]byte(l.Mode)))
	return add, err
}

// restOf tells why an item of a list is not blocked by it, and how long it
// rests; without a rule it is blocked.
func restOf(item *respond.BulkItem, now time.Time) rest {
	refusal := new(respond.Refusal)
	r := rest{until: now.Add(restTime)}
	switch {
	case item.Approval != nil:
		r.until, r.rule = now.Add(awaiting), "waits for approval"
		if because := item.Ruling.Because; because != nil {
			r.reason = because.Reason
		}
	case errors.As(item.Err, &refusal):
		r.rule, r.reason = cmp.Or(refusal.Rule, "refused"), refusal.Reason
	case errors.Is(item.Err, respond.ErrExists):
		r.rule = "blocked already"
	case item.Err != nil:
		r.rule, r.reason = "failed", item.Err.Error()
	}
	return r
}
