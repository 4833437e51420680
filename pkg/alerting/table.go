package alerting

import (
	"container/list"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/respond"
)

// table holds the active alerts, and resolved ones until every Alertmanager
// has had time to hear of it. It is safe for concurrent use.
//
// Every change of an entry gives it the next version and moves it to the back
// of the order, so that what one Alertmanager has yet to hear is the tail
// behind the last version it accepted: a single number a receiver.
type table struct {
	limit  int           // entries
	hold   time.Duration // an active alert is posted to end so far ahead
	linger time.Duration // a late alert stays active so long, to be seen at all
	keep   time.Duration // a resolved alert is posted so long after its end

	mu      sync.Mutex
	version uint64
	entries map[string]*list.Element
	order   *list.List // of *entry, oldest version first
	active  int
}

type entry struct {
	key     string
	alert   respond.Alert // EndsAt is zero while active
	version uint64
	told    bool // an Alertmanager has accepted it while it was active
}

func (e *entry) resolved() bool { return !e.alert.EndsAt.IsZero() }

// outgoing is an entry as it is posted.
type outgoing struct {
	key     string
	version uint64
	alert   respond.Alert // EndsAt is never zero
}

func newTable(o Options) *table {
	return &table{
		limit:   o.MaxAlerts,
		hold:    o.Hold,
		linger:  o.Linger,
		keep:    o.KeepResolved,
		entries: make(map[string]*list.Element),
		order:   list.New(),
	}
}

// put takes alerts over, in order, and returns how many found no room. Only
// new alerts can be refused, and only when active ones fill the table.
func (t *table) put(alerts []respond.Alert, now time.Time) (refused int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range alerts {
		if !t.putOne(normalise(a, now)) {
			refused++
		}
	}
	return refused
}

func (t *table) putOne(a respond.Alert) bool {
	key := identity(a.Labels)
	el, known := t.entries[key]
	if !known {
		return t.insert(key, a)
	}
	e := el.Value.(*entry)
	switch {
	case e.resolved() && !a.EndsAt.IsZero():
		return true // the first end stands
	case e.resolved():
		e.told = false // it begins anew, and has to be told anew
		t.active++
	case !a.EndsAt.IsZero():
		t.active--
	}
	if !e.resolved() && e.alert.StartsAt.Before(a.StartsAt) && (a.EndsAt.IsZero() || e.alert.StartsAt.Before(a.EndsAt)) {
		a.StartsAt = e.alert.StartsAt
	}
	e.alert = a
	t.touch(el)
	return true
}

func (t *table) insert(key string, a respond.Alert) bool {
	if len(t.entries) >= t.limit {
		t.evictResolved()
	}
	if len(t.entries) >= t.limit {
		return false
	}
	// The end of an alert that this table never saw (it began before a
	// restart) is passed on as it is: there is nothing to make up for.
	e := &entry{key: key, alert: a, told: !a.EndsAt.IsZero()}
	el := t.order.PushBack(e)
	t.entries[key] = el
	if !e.resolved() {
		t.active++
	}
	t.touch(el)
	return true
}

func (t *table) touch(el *list.Element) {
	t.version++
	el.Value.(*entry).version = t.version
	t.order.MoveToBack(el)
}

// evictResolved makes room. An Alertmanager that has not heard of an end
// resolves such an alert by itself once nobody posts it any more.
func (t *table) evictResolved() {
	if t.active == len(t.entries) {
		return
	}
	t.removeIf(func(e *entry) bool { return e.resolved() })
}

// sweep drops alerts whose end is long past and was preceded by a beginning
// that somebody heard of.
func (t *table) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removeIf(func(e *entry) bool {
		return e.resolved() && e.told && now.Sub(e.alert.EndsAt) > t.keep
	})
}

func (t *table) removeIf(gone func(*entry) bool) {
	for el := t.order.Front(); el != nil; {
		next := el.Next()
		if e := el.Value.(*entry); gone(e) {
			t.order.Remove(el)
			delete(t.entries, e.key)
		}
		el = next
	}
}

// since gives what changed after version, oldest change first, as it is to be
// posted now; since(0) gives everything.
func (t *table) since(version uint64, now time.Time) []outgoing {
	t.mu.Lock()
	defer t.mu.Unlock()
	el := t.order.Back()
	n := 0
	for ; el != nil && el.Value.(*entry).version > version; el = el.Prev() {
		n++
	}
	out := make([]outgoing, 0, n)
	if el == nil {
		el = t.order.Front()
	} else {
		el = el.Next()
	}
	for ; el != nil; el = el.Next() {
		out = append(out, t.outgoing(el.Value.(*entry), now))
	}
	return out
}

// outgoing sets the end that is posted. An explicit end, ahead of now and
// moved with every post, does not depend on the resolve_timeout that some
// Alertmanager is configured with. An alert that was over before anybody
// heard of it is shown active for a while, because Alertmanager notifies
// nobody of what is resolved when it arrives.
func (t *table) outgoing(e *entry, now time.Time) outgoing {
	out := outgoing{key: e.key, version: e.version, alert: e.alert}
	switch {
	case !e.resolved():
		out.alert.EndsAt = now.Add(t.hold)
	case !e.told:
		out.alert.EndsAt = now.Add(t.linger)
	}
	return out
}

// accepted notes that an Alertmanager took these.
func (t *table) accepted(batch []outgoing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, out := range batch {
		el, known := t.entries[out.key]
		if !known {
			continue
		}
		e := el.Value.(*entry)
		if e.resolved() && !e.told && e.version == out.version {
			e.alert.EndsAt = out.alert.EndsAt
		}
		e.told = true
	}
}

// sizes gives the number of active alerts, and of all.
func (t *table) sizes() (active, all int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.active, len(t.entries)
}
