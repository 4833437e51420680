package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Errors of Command, for errors.Is.
var (
	ErrUnknown = errors.New("no such rule and version in rollout")
	ErrVerb    = errors.New("no such command for a rollout")
	ErrRefused = errors.New("the rollout does not allow it")
)

// Book keeps where each version stands. It is not safe for concurrent use.
type Book struct {
	limits  Limits
	max     int
	rules   map[string][]*logic // versions in the order in which they were seen first
	count   int
	fleet   fleet
	pending []Event // that Step has not given yet
	now     time.Time
}

// New makes an empty book.
func New(o Options) *Book {
	o = o.withDefaults()
	return &Book{limits: o.Limits, max: o.MaxLogic, rules: map[string][]*logic{}}
}

// Stage gives what a block of this version gets now. A version that is new
// begins in shadow, beside the one before it.
func (b *Book) Stage(rule, version string, now time.Time) Placement {
	b.see(now)
	return b.begun(rule, version, now).Stage.Placement()
}

// comesBack is after how long a retired version that asks for blocks again is
// no latecomer: the rule is what it was before.
const comesBack = time.Hour

// begun gives a version, which begins if it is not there.
func (b *Book) begun(rule, version string, now time.Time) *logic {
	l := b.find(rule, version)
	switch {
	case l == nil:
		l = &logic{Rule: rule, Version: version, Began: now}
		b.rules[rule] = append(b.rules[rule], l)
		b.count++
		b.start(l, now)
	case l.Stage == Retired && now.Sub(l.Since) > comesBack:
		b.rules[rule] = append(slices.DeleteFunc(b.rules[rule], func(x *logic) bool { return x == l }), l)
		b.start(l, now)
	}
	l.Seen = latest(l.Seen, now)
	b.forget()
	return l
}

func (b *Book) start(l *logic, now time.Time) {
	from := l.Stage
	l.enter(Shadow, &b.fleet, now)
	l.settle()
	b.happened(l, Event{What: EventBegan, From: from, At: now, Who: ByGates})
}

func (b *Book) find(rule, version string) *logic {
	for _, l := range b.rules[rule] {
		if l.Version == version {
			return l
		}
	}
	return nil
}

// Observe adds what was measured of a version. One that is not in the book is
// put there if the measure has findings, and else does not matter.
func (b *Book) Observe(rule, version string, m Measure, now time.Time) {
	b.see(now)
	l := b.find(rule, version)
	if l == nil && m.Findings > 0 {
		l = b.begun(rule, version, now)
	}
	if l != nil && l.Stage != Retired {
		l.Tally.add(m)
		l.Seen = latest(l.Seen, now)
	}
}

// Gateways tells how a gateway did since it was told of last.
func (b *Book) Gateways(h Health, now time.Time) {
	b.see(now)
	b.fleet.add(h, now)
}

func (b *Book) see(now time.Time) { b.now = latest(b.now, now) }

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// happened notes an event in the history, and for Step to give.
func (b *Book) happened(l *logic, e Event) {
	e.Rule, e.Version, e.To = l.Rule, l.Version, l.Stage
	if len(e.Why) > maxReason {
		e.Why = strings.ToValidUTF8(e.Why[:maxReason], "")
	}
	l.tell(e)
	b.pending = append(b.pending, e)
}

// all gives all versions by rule, those of one in their order.
func (b *Book) all() []*logic {
	list := make([]*logic, 0, b.count)
	for _, rule := range slices.Sorted(maps.Keys(b.rules)) {
		list = append(list, b.rules[rule]...)
	}
	return list
}

// List gives all versions by rule, those of one in the order in which they
// were seen first, with their gates as of the latest time that the book was told.
func (b *Book) List() []Logic {
	var list []Logic
	for _, l := range b.all() {
		list = append(list, l.view(b.gates(l, b.now)))
	}
	return list
}

// Get gives one version; it wraps ErrUnknown.
func (b *Book) Get(rule, version string) (Logic, error) {
	l := b.find(rule, version)
	if l == nil {
		return Logic{}, fmt.Errorf("rollout of %s, version %s: %w", rule, version, ErrUnknown)
	}
	return l.view(b.gates(l, b.now)), nil
}

// forget keeps the book within its bound: retired versions go first, then
// those that were not seen for longest.
func (b *Book) forget() {
	if b.count <= b.max {
		return
	}
	list := b.all()
	slices.SortStableFunc(list, func(x, y *logic) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), x.Seen.Compare(y.Seen))
	})
	for _, l := range list[:b.count-b.max*9/10] {
		b.drop(l)
	}
}

func rank(l *logic) int {
	if l.Stage == Retired {
		return 0
	}
	return 1
}

func (b *Book) drop(l *logic) {
	b.rules[l.Rule] = slices.DeleteFunc(b.rules[l.Rule], func(x *logic) bool { return x == l })
	if len(b.rules[l.Rule]) == 0 {
		delete(b.rules, l.Rule)
	}
	b.count--
}
