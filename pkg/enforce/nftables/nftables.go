package nftables

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// Options say what a Filter needs.
type Options struct {
	Source mirror.Source
	Now    func() time.Duration // a clock that never goes back
	// Ports are the gateway's, on which blocked clients are not served. All
	// others, that of SSH among them, are left alone. At least one.
	Ports []uint16
	// Forward guards what this host passes on as well: gateways in containers.
	Forward bool
	// Namespace is the file of a network namespace, such as
	// /run/netns/gateway; empty is our own.
	Namespace string
	Log       *slog.Logger
	Way       mirror.Way            // hears what the kernel holds; nil for nobody
	Metrics   prometheus.Registerer // nil for none
}

// Filter keeps the blocks in the host's packet filter.
type Filter struct {
	options Options
	log     *slog.Logger
	table   *table
	count   *counters

	// wanted is what should be in the kernel, exemptions and prefixes whether
	// others cover them or not; held what is.
	wanted map[place]element
	held   map[place]element
}

const (
	gather = 2 * time.Millisecond // changes that come together make one transaction
	// lookAgain is how often it is seen to that the table is still there: a
	// firewall that is loaded anew often begins by removing everything.
	lookAgain    = 5 * time.Second
	countEvery   = 30 * time.Second // how often what the kernel cannot hold is counted
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 10 * time.Second
)

// New makes a filter. It changes nothing yet.
func New(o Options) (*Filter, error) {
	if len(o.Ports) == 0 {
		return nil, errors.New("packet filter: no ports; name those of the gateway, such as 80 and 443")
	}
	count, err := newCounters(o.Metrics)
	if err != nil {
		return nil, err
	}
	return &Filter{options: o, log: o.Log, table: newTable(o), count: count}, nil
}

// Run keeps the packet filter in step until ctx ends. What it holds then stays
// and ends on time. It fails at once when it may not change the filter; later
// failures are tried again.
func (f *Filter) Run(ctx context.Context) error {
	if err := f.table.build(); err != nil {
		return err
	}
	for backoff := firstBackoff; ; backoff = min(2*backoff, maxBackoff) {
		started := f.options.Now()
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if f.options.Now()-started > maxBackoff {
			backoff = firstBackoff
		}
		f.count.failures.Inc()
		f.log.Error("the packet filter is out of step; it is filled anew", "error", err, "retry", backoff)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
	}
}

// Holds tells what the packet filter can hold.
func Holds(t block.Target, a block.Action) bool {
	return t.Plain() && (a == block.Deny || a == block.Drop || a == block.Allow)
}

// follow takes batches from a mirror of its own, the first of which is all.
func (f *Filter) follow(ctx context.Context) error {
	m := mirror.New(mirror.Options{Source: f.options.Source, Want: Holds, Gather: gather, Now: f.options.Now, Way: f.options.Way})
	err := f.keep(ctx, m)
	if ctx.Err() == nil {
		m.Failed(err)
	}
	return err
}

// keep carries out what the mirror tells, until that fails.
func (f *Filter) keep(ctx context.Context, m *mirror.Mirror) error {
	checked, counted := f.options.Now(), f.options.Now()
	for {
		batch, err := f.next(ctx, m, checked+lookAgain)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			if err := f.check(); err != nil {
				return err
			}
			if checked = f.options.Now(); checked-counted > countEvery {
				m.Left(mirror.Left{})
				counted = checked
			}
			continue
		case err != nil:
			return err
		}
		if err := f.take(batch); err != nil {
			return err
		}
		m.Done()
		if batch.Reset {
			m.Left(mirror.Left{})
		}
	}
}

// next waits for a batch, until it is time to look whether all is well.
func (f *Filter) next(ctx context.Context, m *mirror.Mirror, until time.Duration) (mirror.Batch, error) {
	waiting, cancel := context.WithTimeout(ctx, max(0, until-f.options.Now()))
	defer cancel()
	b, err := m.Next(waiting)
	if err != nil && waiting.Err() != nil {
		return b, waiting.Err()
	}
	return b, err
}

var errGone = errors.New("somebody has removed our table, or a part of it")

func (f *Filter) check() error {
	ok, err := f.table.exists()
	if err != nil {
		return err
	}
	if !ok {
		return errGone
	}
	packets, err := f.table.dropped()
	f.count.dropped.set(packets)
	return err
}

func (f *Filter) take(b mirror.Batch) error {
	now := f.options.Now()
	if b.Reset {
		if err := f.restart(now); err != nil {
			return err
		}
	}
	for _, e := range b.Remove {
		delete(f.wanted, placeOf(&e))
	}
	for _, e := range b.Put {
		f.wanted[placeOf(&e)] = element{e.ID, e.Until}
	}
	changes := f.changes(b)
	if err := f.table.apply(changes, b.Reset, now); err != nil {
		return err
	}
	for _, ch := range changes {
		if ch.put {
			f.held[ch.place] = ch.element
		} else {
			delete(f.held, ch.place)
		}
	}
	f.count.elements.Set(float64(len(f.held)))
	return nil
}

// restart begins with what the kernel holds: addresses that are right stay, so
// that nobody slips through. Intervals, of which there are few, are made anew
// by the first transaction.
func (f *Filter) restart(now time.Duration) error {
	if err := f.table.build(); err != nil {
		return err
	}
	addresses, err := f.table.addresses(now)
	if err != nil {
		return err
	}
	f.wanted, f.held = map[place]element{}, make(map[place]element, len(addresses))
	for p, e := range addresses {
		f.held[place{addrSet, p}] = e
	}
	return nil
}

func placeOf(e *mirror.Entry) place {
	p := e.Target.Prefix()
	switch {
	case e.Action == block.Allow:
		return place{allowSet, p}
	case p.IsSingleIP():
		return place{addrSet, p}
	default:
		return place{netSet, p}
	}
}

// changes are those that lead from what is held to what is wanted: of the
// addresses in the batch, or of all after a reset, and of all intervals.
// Exemptions come first: the changes may take many transactions.
func (f *Filter) changes(b mirror.Batch) []change {
	var changes []change
	intervals := b.Reset
	add := func(p place, desired element, is bool) {
		has, held := f.held[p]
		if held && is && has.id == desired.id && (has.until-desired.until).Abs() < time.Second {
			return
		}
		if held || is {
			changes = append(changes, change{p, held, is, desired})
		}
	}
	visit := func(p place) {
		if p.set != addrSet {
			intervals = true
			return
		}
		desired, is := f.wanted[p]
		add(p, desired, is)
	}
	if b.Reset {
		for p := range f.held {
			if _, is := f.wanted[p]; !is {
				visit(p)
			}
		}
	}
	for _, list := range [][]mirror.Entry{b.Remove, b.Put} {
		for i := range list {
			visit(placeOf(&list[i]))
		}
	}
	if intervals {
		f.intervalChanges(add)
	}
	slices.SortStableFunc(changes, func(a, b change) int { return rank(a.set) - rank(b.set) })
	return changes
}

func rank(set string) int {
	if set == allowSet {
		return 0
	}
	return 1
}

// intervalChanges visits all intervals: the kernel takes no interval inside
// another, so only the widest are there, and when one of them goes those that
// it covered come.
func (f *Filter) intervalChanges(add func(p place, desired element, is bool)) {
	desired := map[place]element{}
	for _, set := range [...]string{allowSet, netSet} {
		var list []netip.Prefix
		for p := range f.wanted {
			if p.set == set {
				list = append(list, p.prefix)
			}
		}
		for _, p := range widest(list) {
			desired[place{set, p}] = f.wanted[place{set, p}]
		}
	}
	for p := range f.held {
		if _, is := desired[p]; !is && p.set != addrSet {
			add(p, element{}, false)
		}
	}
	for p, e := range desired {
		add(p, e, true)
	}
}

// widest gives the prefixes that no other in the list covers. It sorts the
// list.
func widest(list []netip.Prefix) []netip.Prefix {
	slices.SortFunc(list, netip.Prefix.Compare)
	var out []netip.Prefix
	for _, p := range list {
		if n := len(out); n == 0 || !out[n-1].Overlaps(p) {
			out = append(out, p)
		}
	}
	return out
}
