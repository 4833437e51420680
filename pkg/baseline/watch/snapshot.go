package watch

import (
	"bytes"
	"fmt"
	"io"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

const snapshotMagic = "honeymoat watch 2\n"

// WriteSnapshot writes all that is remembered, what was found and not yet told
// included: a Watch that restores it goes on as this one does. It is about as
// large as the memory that it takes.
func (w *Watch) WriteSnapshot(out io.Writer) error {
	write, err := w.Freeze()
	if err != nil {
		return err
	}
	return write(out)
}

// Restore reads what WriteSnapshot wrote, in place of all that was remembered.
// Options stay; models that were written by another version are learnt anew.
// The error leaves the Watch as it was. No data is no memory.
func (w *Watch) Restore(data []byte) error {
	if len(data) == 0 {
		*w = *New(w.options)
		return nil
	}
	body, err := checked(data)
	if err != nil {
		return fmt.Errorf("read the snapshot of baselines: %w", err)
	}
	read := New(w.options)
	c := &coder{in: body}
	if err := read.codeAll(c); err != nil {
		return fmt.Errorf("read the snapshot of baselines: %w", err)
	}
	if len(c.in) > 0 {
		return fmt.Errorf("read the snapshot of baselines: %w", errState)
	}
	*w = *read
	return nil
}

// codeAll walks over all that is remembered.
func (w *Watch) codeAll(c *coder) error {
	magic := snapshotMagic
	if text(c, &magic); magic != snapshotMagic {
		c.fail()
	}
	if err := w.codeTable(c); err != nil {
		return err
	}
	c.int(&w.born)
	c.int(&w.now)
	c.int(&w.closed)
	w.codeEntries(c)
	for i := range w.crowds {
		for j := range w.crowds[i] {
			w.crowds[i][j].code(c)
		}
	}
	for i := range w.tallies {
		w.tallies[i].code(c)
	}
	w.purse.code(c)
	w.novel.code(c)
	w.codeIncidents(c, &w.incidents)
	w.codeIncidents(c, &w.past)
	each(c, &w.out, func(a *Anomaly) { a.code(c) })
	w.stats.code(c)
	return c.err
}

// codeTable has the table write or read its own snapshot.
func (w *Watch) codeTable(c *coder) error {
	var data []byte
	if c.writing() {
		var b bytes.Buffer
		if err := w.table.WriteSnapshot(&b); err != nil {
			return fmt.Errorf("series: %w", err)
		}
		data = b.Bytes()
	}
	if c.bytes(&data); c.err != nil || c.writing() {
		return c.err
	}
	if err := w.table.Restore(data); err != nil {
		return fmt.Errorf("series: %w", err)
	}
	return nil
}

// codeEntries walks over the places in their order, then over people.
func (w *Watch) codeEntries(c *coder) {
	var people []*entry
	for _, e := range w.entries {
		if e != nil && e.person != nil {
			people = append(people, e)
		}
	}
	for _, list := range []*[]*entry{&w.places, &people} {
		each(c, list, func(p **entry) {
			if !c.writing() {
				*p = &entry{}
			}
			(*p).code(c, &w.options)
		})
		if !c.writing() {
			w.enter(c, *list)
		}
	}
}

// enter gives what was read its number.
func (w *Watch) enter(c *coder, list []*entry) {
	for _, e := range list {
		if e.series < 0 || e.series > maxNumber || e.place == nil && e.person == nil || w.entry(e.series) != nil {
			c.fail()
			return
		}
		w.number(e)
		if e.key.Dimension == series.Whole {
			w.whole = e
		}
		if e.place != nil {
			w.models += e.place.models()
		}
	}
}

// maxNumber is beyond any that a table gives.
const maxNumber = 1 << 24

func (w *Watch) codeIncidents(c *coder, list *[]*incident) {
	each(c, list, func(p **incident) {
		if !c.writing() {
			*p = &incident{}
		}
		w.codeIncident(c, *p)
	})
}

func (w *Watch) codeIncident(c *coder, i *incident) {
	text(c, &i.id)
	w.codeEntry(c, &i.entry)
	whole(c, &i.change.Sort)
	c.flag(&i.change.High)
	for _, l := range []*look{&i.first, &i.worst, &i.last} {
		l.code(c)
		l.entry = i.entry
	}
	whole(c, &i.also)
	each(c, &i.parts, func(p *finding.Part) { codePart(c, p) })
	each(c, &i.actors, func(a *finding.Actor) { codeActor(c, a) })
	text(c, &i.leading)
	text(c, &i.shape)
	c.float(&i.best)
	whole(c, &i.places)
	whole(c, &i.here)
	for _, v := range []*int64{&i.opened, &i.seen, &i.told, &i.over} {
		c.int(v)
	}
	c.float(&i.toldSize)
	whole(c, &i.tellings)
	c.flag(&i.withheld)
	codeSighting(c, &i.sighting)
	if !c.writing() && i.over == 0 && c.err == nil {
		i.entry.open++
	}
}

// codeEntry walks over where an incident is: a number, or the key of a series
// that lives no more.
func (w *Watch) codeEntry(c *coder, p **entry) {
	lives := c.writing() && w.entry((*p).series) == *p
	c.flag(&lives)
	if !lives {
		if !c.writing() {
			*p = &entry{key: &series.Key{}}
		}
		codeKey(c, &(*p).key)
		if !c.writing() {
			*p = newEntry(-1, (*p).key, w.now)
		}
		return
	}
	var number int32
	if c.writing() {
		number = (*p).series
	}
	whole(c, &number)
	if c.writing() {
		return
	}
	if *p = w.entry(number); *p == nil {
		c.fail()
		*p = newEntry(-1, &series.Key{}, w.now)
	}
}

func (l *look) code(c *coder) {
	whole(c, &l.measure)
	whole(c, &l.test)
	whole(c, &l.pace)
	whole(c, &l.class)
	c.flag(&l.high)
	for _, v := range []*float64{&l.claimed, &l.chance, &l.expected, &l.lower, &l.upper, &l.seen, &l.weight} {
		c.float(v)
	}
	c.int(&l.step)
	c.int(&l.since)
	text(c, &l.shape)
	if !c.writing() && (l.measure >= series.Measures || l.pace >= cadences || l.class >= classes) {
		c.fail()
		*l = look{}
	}
}
