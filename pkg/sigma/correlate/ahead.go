package correlate

import "github.com/honeymoat/honeymoat/pkg/sigma"

// expected is a record that is about to be fed.
type expected struct {
	rule     *sigma.Rule
	from, to int // its places
}

// Expect says that a record is about to be fed, by FeedExpected, and gives the
// number to do so with. Who knows some dozens of records in advance saves
// most of what they cost: memory that is asked for together comes together.
// Expecting a record that is never fed does nothing, but its values are asked
// for now.
func (e *Engine) Expect(r *sigma.Rule, rec Record) (n int) {
	from := len(e.ahead.places)
	e.seek(e.links[r], rec)
	e.ahead.records = append(e.ahead.records, expected{r, from, len(e.ahead.places)})
	return len(e.ahead.records) - 1
}

// FeedExpected is Feed for the record that Expect has given the number for.
func (e *Engine) FeedExpected(n int, rec Record, emit func(Match)) {
	if !e.ahead.fetched {
		e.fetch()
	}
	x := e.ahead.records[n]
	e.feedAll(e.links[x.rule], e.ahead.places[x.from:x.to], rec, emit)
}

// ExpectNothing forgets all numbers that Expect has given.
func (e *Engine) ExpectNothing() {
	e.key, e.ahead.places, e.ahead.records = e.key[:0], e.ahead.places[:0], e.ahead.records[:0]
	e.ahead.fetched = false
}

// ahead is what is known of records before they are fed.
type ahead struct {
	places  []place // by record, and by link
	records []expected
	groups  []*group // scratch
	fetched bool
	sum     int64 // of all that was looked at, so that it has to be
}

// fetch asks for the memory of all groups that are expected: in steps, each of
// which asks for what the one before it gave, for all of them.
func (e *Engine) fetch() {
	a := &e.ahead
	a.fetched, a.groups = true, a.groups[:0]
	for i := range a.places {
		if g := e.table.guess(a.places[i].hash); g != nil {
			a.groups = append(a.groups, g)
		}
	}
	for _, g := range a.groups {
		a.sum += g.latest + g.own[0].index + g.hits + g.due // one of each line of the cache
	}
	for _, g := range a.groups {
		if n := len(g.windows); n > 0 {
			a.sum += g.windows[n-1].peek()
		}
		if n := len(g.key); n > 0 {
			a.sum += int64(g.key[n-1])
		}
		if n := len(g.sample); n > 0 {
			a.sum += g.sample[min(int(g.turn), n-1)].offset
		}
	}
	for _, g := range a.groups {
		if n := len(g.windows); n > 0 {
			a.sum += g.windows[n-1].peekTimes()
		}
	}
}

// peek looks at where the next event is likely to be put.
func (w *window) peek() (sum int64) {
	if w.times != nil {
		sum = int64(len(*w.times))
	}
	if n := len(w.cells); n > 0 {
		return sum + w.cells[n-1].at + w.cells[n/2].at
	}
	return sum + w.events
}

// peekTimes looks at where its time is likely to be put.
func (w *window) peekTimes() int64 {
	times := w.instants()
	if len(times) == 0 {
		return 0
	}
	return times[len(times)-1]
}
