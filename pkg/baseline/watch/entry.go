package watch

import (
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// An entry is what is known of one series: of a place or of a person.
type entry struct {
	series int32
	key    *series.Key
	born   int64
	at     int64       // the last minute with a row
	row    *series.Row // of this minute, of a place; valid while at is it
	place  *place      // of dimensions up to Application
	person *person     // of principals and addresses

	open int32 // incidents that it is part of
	// off are the measures that are off in this minute, low and high.
	off   [2]series.Set
	offAt int64
}

func newEntry(number int32, key *series.Key, now int64) *entry {
	if key.Dimension < series.Principal {
		return &entry{series: number, key: key, born: now, place: newPlace()}
	}
	both := &struct { // beside each other in memory
		entry
		person
	}{entry: entry{series: number, key: key, born: now}}
	both.entry.person = &both.person
	return &both.entry
}

// steady tells whether the entry has a row in each minute.
func (e *entry) steady() bool { return e.key.Dimension.Steady() }

// mark notes that a look was off.
func (e *entry) mark(l *look, now int64) {
	if e.offAt != now {
		e.offAt, e.off = now, [2]series.Set{}
	}
	e.off[side(l.high)] |= 1 << l.measure
}

func side(high bool) int {
	if high {
		return 1
	}
	return 0
}

// moves tells whether anything of a sort is off in this minute.
func (e *entry) moves(c change, now int64) bool {
	if e.offAt != now {
		return false
	}
	set := e.off[side(c.High)]
	for m := range series.Measure(series.Measures) {
		if set.Has(m) && sortOf(m) == c.Sort {
			return true
		}
	}
	return false
}

func (e *entry) code(c *coder, o *Options) {
	whole(c, &e.series)
	codeKey(c, &e.key)
	c.int(&e.born)
	c.int(&e.at)
	maybe(c, &e.place, func(p *place) { p.code(c, o) })
	maybe(c, &e.person, func(p *person) { p.code(c) })
	if somebody := e.key.Dimension >= series.Principal; (e.person != nil) != somebody || (e.place != nil) == somebody {
		c.fail()
	}
}

func codeKey(c *coder, key **series.Key) {
	if !c.writing() {
		*key = &series.Key{}
	}
	codeKeyOf(c, *key)
}

func codeKeyOf(c *coder, k *series.Key) {
	whole(c, &k.Dimension)
	text(c, &k.Name)
	text(c, &k.API)
	text(c, &k.Owner)
	if !c.writing() && k.Dimension >= series.Dimensions {
		c.fail()
	}
}
