package series

import (
	"slices"
)

// longestGap is how many minutes without a record are told in a row.
const longestGap = 24 * 60

// oldest is the first minute that is not over.
func (t *Table) oldest() int64 { return minuteOf(max(0, t.clock.now-int64(t.options.Lateness))) }

// due tells whether there are minutes that are over, or none yet that is not.
func (t *Table) due() bool { return t.clock.now != unset && t.next < t.oldest() }

// advance closes the minutes that are over.
func (t *Table) advance(each func(*Minute)) {
	if !t.due() {
		return
	}
	oldest := t.oldest()
	if t.next == noMinute {
		t.next = oldest
	}
	for t.next < oldest {
		if t.empty >= longestGap && t.skip(oldest) {
			continue
		}
		t.close(each)
	}
}

// skip leaves out minutes without a record. It fails when there is none.
func (t *Table) skip(oldest int64) bool {
	n := slices.IndexFunc(t.open, func(o *open) bool { return o != nil })
	if n < 0 {
		n = int(oldest - t.next)
		t.open = t.open[:0]
	} else {
		n = min(n, int(oldest-t.next))
		t.open = slices.Delete(t.open, 0, n)
	}
	t.next += int64(n)
	t.stats.Skipped += uint64(n)
	return n > 0
}

// close closes the oldest minute.
func (t *Table) close(each func(*Minute)) {
	var o *open
	if len(t.open) > 0 {
		o = t.open[0]
		t.open = slices.Delete(t.open, 0, 1)
	}
	c := &t.closing
	c.reset()
	t.empty++
	if o != nil {
		t.empty = 0
		t.sum(o)
	}
	t.hourly()
	t.rows(o)
	c.open = o
	c.minute = Minute{Start: t.next * nsPerMinute, Rows: c.rows, Firsts: c.firsts, Evicted: t.evicted}
	if o != nil {
		c.minute.People = t.people(o)
	}
	t.next++
	if len(c.rows) > 0 || len(t.evicted) > 0 {
		each(&c.minute)
	}
	t.evicted = t.evicted[:0]
	t.release(o)
}

// release lets who made no room try again, and keeps a minute's memory.
func (t *Table) release(o *open) {
	t.lanes.exhausted = false
	for d := range t.series {
		t.series[d].exhausted = false
	}
	if o != nil {
		t.spare = append(t.spare, o)
	}
}

// hourly forgets what was not seen for long.
func (t *Table) hourly() {
	if t.next%60 != 0 {
		return
	}
	minute := int32(t.next)
	t.lanes.hourly(minute, t.lanes.forget)
	for d := range t.series {
		s := &t.series[d]
		s.hourly(minute, func(at int) {
			t.evicted = append(t.evicted, s.base+int32(at))
			s.keys[at] = nil
		})
	}
}

// sum adds the minutes of lanes up to those of places.
func (t *Table) sum(o *open) {
	for i := range o.places {
		from := &o.places[i]
		l := t.lanes.all[from.lane]
		t.lanes.seen(int(from.lane), o.minute32())
		route := t.steady(Route, l, o.number)
		t.sumTo(Route, route, o, from, -1)
		for d := Whole; d < Route; d++ {
			t.sumTo(d, t.steady(d, l, o.number), o, from, route)
		}
	}
	for d := range t.closing.sums {
		s := &t.series[d]
		for at, n := range t.closing.sums[d].at {
			if n != 0 {
				s.seen(at, o.minute32())
				s.told[at] |= t.closing.sums[d].places[n-1].told
			}
		}
	}
	for i := range o.people {
		t.series[o.people[i].dimension].seen(int(o.people[i].series), o.minute32())
	}
}

func (t *Table) sumTo(d Dimension, series int, o *open, from *place, route int) {
	if series < 0 {
		return
	}
	sum, begun := t.closing.sums[d].of(series)
	if begun {
		t.series[d].slots[series].open++ // until it is seen
	}
	t.closing.add(sum, o, from, route)
}

// steady gives the number of a place that a lane is part of; -1 if of none, or
// if there is no room.
func (t *Table) steady(d Dimension, l *lane, minute int64) int {
	key := l.places[d]
	if key == 0 {
		return -1
	}
	if d == Route {
		t.series[Route].max = t.series[Route].quota - 1 // the last one is for the routes without room
	}
	at, known := t.room(d, key, minute)
	if at < 0 {
		t.stats.TurnedAway++
		if d != Route {
			return -1
		}
		t.series[Route].max++
		l = &lane{route: &Key{Dimension: Route, Name: OtherRoute}}
		at, known = t.room(d, t.hash([]byte(OtherRoute), saltRoute), minute)
	}
	s := &t.series[d]
	switch {
	case at < 0:
	case !known:
		s.keys[at] = l.key(d)
	case d == Route && l.route.Owner != "" && l.route.Owner != s.keys[at].Owner:
		s.keys[at] = l.route
	case d == API && s.keys[at].Owner == "" && l.route.Owner != "":
		s.keys[at] = l.key(d)
	}
	return at
}

// key names a place that the lane is part of.
func (l *lane) key(d Dimension) *Key {
	switch d {
	case Gateway:
		return &Key{Dimension: d, Name: l.gateway}
	case Source:
		return &Key{Dimension: d, Name: l.source}
	case API:
		return &Key{Dimension: d, Name: l.route.API, Owner: l.route.Owner}
	case Route:
		return l.route
	default:
		return &Key{Dimension: Whole, Name: WholeName}
	}
}
