package match

import (
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/payload"
)

// kinds is a set of kinds of attack.
type kinds = payload.Kinds

// attackable are the columns in which attacks are looked for, in the order of
// the columns of attacks.
var attackable = [...]column{
	textColumn(event.Path), textColumn(event.Query), textColumn(event.UserAgent),
	textColumn(event.Referer), textColumn(event.ForwardedFor), textColumn(event.Host),
}

// attackSources are the columns that a column of attacks is about.
func attackSources(c column) []column {
	switch {
	case c == attackColumn:
		return attackable[:]
	case c > attackColumn:
		i := c - attackColumn
		return attackable[i-1 : i]
	}
	return nil
}

// analyst remembers the attacks in the columns of a row.
type analyst struct {
	analyser payload.Analyser
	stamps   [firstNumber]uint64
	found    [firstNumber]kinds
}

// adopt takes what is known about a column of the row with a stamp.
func (a *analyst) adopt(c column, stamp uint64, k kinds) { a.stamps[c], a.found[c] = stamp, k }

// kindsIn gives the kinds of attack in one text column.
func (r *record) kindsIn(c column) kinds {
	if r.raw {
		return 0
	}
	a := &r.analyst
	if a.stamps[c] != r.stamp {
		a.adopt(c, r.stamp, a.judge(c, r.batch.Text(c.text(), r.row)))
	}
	return a.found[c]
}

func (a *analyst) judge(c column, v []byte) kinds {
	switch {
	case len(v) == 0 || !payload.Suspicious(v):
		return 0
	case c == textColumn(event.Path):
		return a.analyser.Path(v)
	case c == textColumn(event.Query):
		return a.analyser.Query(v)
	}
	return a.analyser.Header(v)
}

// lookAttacks appends the names of the kinds of attack in a column's sources.
func (r *record) lookAttacks(c column, dst []value) []value {
	var all kinds
	for _, source := range attackSources(c) {
		all |= r.kindsIn(source)
	}
	for i := 0; all != 0; i, all = i+1, all>>1 {
		if all&1 != 0 {
			dst = appendValue(dst, kindNames[i], false)
		}
	}
	return dst
}

// kindNames are the names of the kinds of attack, by bit.
var kindNames = namesOfKinds()

func namesOfKinds() (names [][]byte) {
	for _, name := range payload.KindNames() {
		names = append(names, []byte(name))
	}
	return names
}

// attacks gives the kinds of attack that a column of attacks has on a row.
func attacks(b *event.Batch, row int, c column) kinds {
	var r record
	r.turn(b, row)
	var all kinds
	for _, source := range attackSources(c) {
		all |= r.kindsIn(source)
	}
	return all
}
