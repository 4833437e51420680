package mirror

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Entry is what a gateway has to do with a target.
type Entry struct {
	Target block.Target
	ID     block.ID
	Action block.Action  // Allow for an exemption
	Terms  *block.Terms  // nil = the action's defaults; may not be changed
	Until  time.Duration // on the clock of Options.Now
}

// Options say what a Mirror needs.
type Options struct {
	Source Source
	// Want tells what this gateway can hold; the rest is left to whoever
	// decides in the request path. Nil wants everything.
	Want func(t block.Target, a block.Action) bool
	// Gather is how long changes are gathered into one batch from the first of
	// them on; 0 = none is waited for.
	Gather time.Duration
	// Now is a clock that never goes back and runs as fast as time does.
	Now func() time.Duration
	// Way hears what the gateway holds; nil when nobody wants to know.
	Way Way
}

// Batch is what changed since the one before.
type Batch struct {
	// Reset: Put is everything, and whatever else the gateway holds has to go.
	// The first batch is one, even if it is empty.
	Reset bool
	// Put are the entries that are new or changed, at most one a target.
	Put []Entry
	// Remove are the entries that are gone, as they were told last.
	Remove []Entry
}

func (b *Batch) empty() bool { return !b.Reset && len(b.Put) == 0 && len(b.Remove) == 0 }

// Mirror follows a Source for one gateway. It is not safe for concurrent
// use.
type Mirror struct {
	o        Options
	at       block.Place
	slots    map[block.Target]*slot
	ends     ends
	told     map[block.Target]Entry // what changed since the last batch, as it was told then; zero if it was not
	gathered time.Duration          // when the first of them changed
	reset    bool                   // the next batch is everything

	seen map[string]uint64 // segment → the revision that slots stand for
	said map[string]uint64 // as Way has heard it
	owed bool              // the gateway has not yet taken what was given
}

// New makes a mirror that holds nothing yet.
func New(o Options) *Mirror {
	if o.Want == nil {
		o.Want = func(block.Target, block.Action) bool { return true }
	}
	if o.Way == nil {
		o.Way = deaf{}
	}
	return &Mirror{o: o, seen: map[string]uint64{}, slots: map[block.Target]*slot{}, told: map[block.Target]Entry{}}
}

// Next waits until something has changed and gives it. An entry that ends is
// told as removed, on time. It fails when ctx ends or the source does; then
// what changed meanwhile comes with the next call. Call Done when the gateway
// has taken what was given, and Failed when it has not.
//
// An entry's Until may differ by less than a second from what is true
// without being told again.
func (m *Mirror) Next(ctx context.Context) (Batch, error) {
	for {
		now := m.o.Now()
		m.expire(now)
		if m.reset || len(m.told) > 0 && now >= m.gathered+m.o.Gather {
			if b := m.take(now); !b.empty() {
				m.owed = true
				return b, nil
			}
		}
		if !m.owed && len(m.told) == 0 && !maps.Equal(m.seen, m.said) {
			m.tell() // what came is nothing to this gateway
		}
		if err := m.follow(ctx, now); err != nil {
			return Batch{}, fmt.Errorf("follow the blocks: %w", err)
		}
	}
}

// All is what should be held now: addresses and prefixes in the order of
// their addresses, wider prefixes first, then all others by their keys.
func (m *Mirror) All() []Entry {
	now := m.o.Now()
	all := make([]Entry, 0, len(m.slots))
	for t, s := range m.slots {
		if e := m.entry(t, s, now); e.Target.Valid() {
			all = append(all, e)
		}
	}
	sortEntries(all)
	return all
}

// follow takes the source's next changes, or lets the time come at which
// something else is due.
func (m *Mirror) follow(ctx context.Context, now time.Duration) error {
	waiting, cancel := m.untilDue(ctx, now)
	defer cancel()
	changes, at, reset, err := m.o.Source.Next(waiting, m.at)
	if err != nil {
		if ctx.Err() == nil && waiting.Err() != nil {
			return nil
		}
		return err
	}
	m.at = at
	now = m.o.Now()
	if reset {
		m.readAll(now)
	}
	for i := range changes {
		m.apply(&changes[i], now)
	}
	return nil
}

// untilDue bounds ctx by the next end of an entry, and by the end of gathering.
func (m *Mirror) untilDue(ctx context.Context, now time.Duration) (context.Context, context.CancelFunc) {
	due, bounded := m.ends.first()
	if len(m.told) > 0 && (!bounded || m.gathered+m.o.Gather < due) {
		due, bounded = m.gathered+m.o.Gather, true
	}
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, due-now)
}

// readAll begins anew with what the source holds.
func (m *Mirror) readAll(now time.Duration) {
	m.slots, m.ends = map[block.Target]*slot{}, nil
	clear(m.told)
	m.reset = true
	// Before Held, which may be newer but not older.
	m.seen = m.o.Source.Revisions()
	for h := range m.o.Source.Held() {
		if !m.wanted(h.Target) || h.Entry.Mode != block.Enforce {
			continue
		}
		m.put(h.Target, candidate{
			segment: h.Segment, id: h.Entry.ID, action: h.Entry.Action, terms: h.Entry.Terms, until: now + h.Left,
		}, now)
	}
}

// apply takes a change. Its time left counts from now.
func (m *Mirror) apply(c *block.Change, now time.Duration) {
	d := &c.Delta
	if c.Segment != "" {
		m.seen[c.Segment] = d.Revision
	}
	if !d.Target.Valid() || !m.wanted(d.Target) {
		return
	}
	m.note(d.Target, now)
	if d.Removed || d.Mode != block.Enforce {
		m.drop(d.Target, c.Segment, now)
		return
	}
	m.put(d.Target, candidate{segment: c.Segment, id: d.ID, action: d.Action, terms: d.Terms, until: now + d.Left}, now)
}

// wanted tells whether the gateway can hold the target with any action. If it
// can with some but not with the strongest, the target is left to the request
// path: so all of them have to be known.
func (m *Mirror) wanted(t block.Target) bool {
	return slices.ContainsFunc(allActions[:], func(a block.Action) bool { return m.o.Want(t, a) })
}

var allActions = [...]block.Action{block.Deny, block.Flag, block.Throttle, block.Divert, block.Drop, block.Allow}

// note keeps what was told of a target before it changes.
func (m *Mirror) note(t block.Target, now time.Duration) {
	if m.reset {
		return
	}
	if len(m.told) == 0 {
		m.gathered = now
	}
	if _, noted := m.told[t]; noted {
		return
	}
	m.told[t] = m.shown(t)
}

// take makes a batch of what was noted.
func (m *Mirror) take(now time.Duration) Batch {
	if m.reset {
		m.reset = false
		return Batch{Reset: true, Put: m.All()}
	}
	var b Batch
	for t, before := range m.told {
		after := m.entry(t, m.slots[t], now)
		switch {
		case after.Target.Valid() && !after.same(&before):
			b.Put = append(b.Put, after)
		case !after.Target.Valid() && before.Target.Valid():
			b.Remove = append(b.Remove, before)
		}
	}
	clear(m.told)
	sortEntries(b.Put)
	sortEntries(b.Remove)
	return b
}
