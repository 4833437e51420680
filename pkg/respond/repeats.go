package respond

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Bounds of what is remembered of offences.
const (
	repeatWithin = 30 * 24 * time.Hour
	maxOffences  = 16     // of one target
	maxOffenders = 50_000 // targets; over it those whose last offence is longest ago go
)

// offence is an automatic block that was made on a target.
type offence struct {
	ID block.ID `json:"id"`
	At int64    `json:"at"` // Unix seconds
}

// repeats remembers which targets were blocked of late, by their blocks' keys.
type repeats map[string][]offence

// note adds an automatic block. Adding it again changes nothing.
func (r repeats) note(b *block.Block) {
	key := b.Key()
	if slices.ContainsFunc(r[key], func(o offence) bool { return o.ID == b.ID }) {
		return
	}
	if len(r) >= maxOffenders && r[key] == nil {
		r.evict()
	}
	r[key] = appendBounded(r[key], offence{b.ID, b.CreatedAt.Unix()}, maxOffences)
}

// drop takes a block back that was a mistake.
func (r repeats) drop(key string, id block.ID) {
	left := slices.DeleteFunc(slices.Clone(r[key]), func(o offence) bool { return o.ID == id })
	if len(left) == 0 {
		delete(r, key)
	} else {
		r[key] = left
	}
}

// before counts the other blocks on a block's target of the last 30 days.
func (r repeats) before(b *block.Block) int {
	n, since := 0, b.CreatedAt.Add(-repeatWithin).Unix()
	for _, o := range r[b.Key()] {
		if o.ID != b.ID && o.At > since {
			n++
		}
	}
	return n
}

func (r repeats) sweep(now time.Time) {
	since := now.Add(-repeatWithin).Unix()
	for key, offences := range r {
		if offences[len(offences)-1].At <= since {
			delete(r, key)
		}
	}
}

// evict forgets the tenth of the targets whose last offence is longest ago.
func (r repeats) evict() {
	last := func(key string) int64 { return r[key][len(r[key])-1].At }
	oldest := slices.SortedFunc(maps.Keys(r), func(a, b string) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a, b))
	})
	for _, key := range oldest[:len(oldest)/10+1] {
		delete(r, key)
	}
}

// grow makes a block last longer the oftener its target was blocked of late:
// twice as long each time, up to a limit.
func (l *Ledger) grow(b *block.Block) {
	b.Repeat = l.repeats.before(b)
	lifetime, limit := b.Lifetime(), max(l.options.MaxLifetime, b.Lifetime())
	for range b.Repeat {
		if lifetime = min(2*lifetime, limit); lifetime == limit {
			break
		}
	}
	b.LifetimeSeconds = int64(lifetime / time.Second)
}
