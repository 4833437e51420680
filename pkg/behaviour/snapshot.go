package behaviour

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrState is wrapped by errors of Restore.
var ErrState = errors.New("state of the watched actors cannot be read")

// magic begins a snapshot, with the version of the encoding.
const magic = "honeymoat behaviour 1\n"

// WriteSnapshot writes all that is remembered: after Restore the same batches
// give the same suspicions. It takes some 100 bytes an actor.
func (o *Observer) WriteSnapshot(w io.Writer) error {
	c := codec{data: []byte(magic)}
	c.fixed(&o.seed)
	o.code(&c)
	if _, err := w.Write(c.data); err != nil {
		return fmt.Errorf("snapshot watched actors: %w", err)
	}
	return nil
}

// Restore takes what WriteSnapshot wrote in place of what was remembered, its
// seed included. It has to be of an observer with the same bounds. The error
// wraps ErrState, and leaves an observer who has seen nothing. No data is
// nothing seen.
func (o *Observer) Restore(data []byte) error {
	o.forget()
	if len(data) == 0 {
		return nil
	}
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return fmt.Errorf("restore watched actors: %w: it is of another version", ErrState)
	}
	c := codec{data: data[len(magic):], reading: true}
	c.fixed(&o.seed)
	o.agents.seed = o.seed
	if o.code(&c); c.failed || len(c.data) > 0 {
		o.forget()
		return fmt.Errorf("restore watched actors: %w", ErrState)
	}
	return nil
}

// forget makes an observer who has seen nothing.
func (o *Observer) forget() {
	fresh := New(o.options)
	*o = *fresh
	o.hook()
}

func (o *Observer) code(c *codec) {
	codeTable(c, o.sites, (*site).code)
	codeTable(c, o.routes, (*route).code)
	codeTable(c, o.actors, (*actor).code)
	codeTable(c, o.froms, (*signIn).code)
	codeTable(c, o.names, (*signIn).code)
	for i := range o.shares {
		o.shares[i].code(c)
	}
	o.steps.code(c)
	o.hot.code(c)
	sparse(c, o.owners.slots, func(v uint64) bool { return v == 0 }, (*codec).fixed)
	whole(c, &o.rows, math.MaxInt64)
	whole(c, &o.told, math.MaxInt64)
}

func codeTable[T any](c *codec, t *table[T], one func(*T, *codec)) {
	n := t.rows()
	if whole(c, &n, t.max); c.failed {
		return
	}
	whole(c, &t.hand, math.MaxUint32)
	whole(c, &t.sweeper, t.max)
	whole(c, &t.evicted, math.MaxInt64)
	for place := 0; place < n && !c.failed; place++ {
		key := uint64(0)
		if !c.reading {
			key = t.keys[place]
		}
		c.fixed(&key)
		if c.reading {
			if _, fresh := t.take(key); c.failed || !fresh {
				c.fail()
				return
			}
		}
		whole(c, &t.until[place], math.MaxInt64)
		one(t.at(place), c)
	}
}

func (h *hotAddresses) code(c *codec) {
	for i := range h.bits {
		c.fixed(&h.bits[i])
	}
	whole(c, &h.set, math.MaxUint32)
}

func (a *actor) code(c *codec) {
	whole(c, &a.kind, kinds-1)
	c.flag(&a.open)
	a.past.code(c)
	if a.open {
		a.watch.code(c)
	}
}

func (p *past) code(c *codec) {
	whole(c, &p.windows, math.MaxUint16)
	whole(c, &p.lonely, math.MaxUint16)
	for _, v := range []*float32{&p.objects, &p.foreign, &p.pages, &p.walk, &p.returns, &p.volume, &p.spread} {
		c.float(v)
	}
	whole(c, &p.hours, math.MaxUint32)
	whole(c, &p.hour, math.MaxInt64)
}

func (w *watch) code(c *codec) {
	whole(c, &w.start, math.MaxInt64)
	whole(c, &w.last, math.MaxInt64)
	c.fixed(&w.site)
	whole(c, &w.sites, math.MaxInt32)
	whole(c, &w.crowd, crowds-1)
	c.fixed((*uint64)(&w.agents))
	for _, v := range []*uint32{&w.requests, &w.agent, &w.turns, &w.parts, &w.referred, &w.steps} {
		whole(c, v, math.MaxUint32)
	}
	c.floats(w.next[:])
	sparse(c, w.told[:], func(v uint8) bool { return v == 0 }, func(c *codec, v *uint8) { whole(c, v, math.MaxUint8) })
	whole(c, &w.turnAt, math.MaxInt64)
	w.pages.code(c)
	c.floats(w.gaps[:])
	whole(c, &w.gapped, gapsLooked-1)
	whole(c, &w.paces, math.MaxUint8)
	c.float(&w.paced)
	whole(c, &w.bytes, math.MaxInt64)
	whole(c, &w.sensitive, math.MaxInt64)
	if whole(c, &w.largest, math.MaxInt64); w.largest > w.bytes {
		c.fail()
	}
	for i := range w.objects {
		w.objects[i].code(c)
	}
	w.walk.code(c)
	for i := range w.places {
		w.places[i].code(c)
	}
	whole(c, &w.place, placesKept-1)
	whole(c, &w.returns, math.MaxUint16)
	c.fixed(&w.route)
	c.signed(&w.surprise)
	c.float(&w.spread)
	c.fixed(&w.taught)
}

func (t *track) code(c *codec) {
	c.fixed(&t.route)
	if t.route == 0 {
		return
	}
	t.ids.code(c)
	for _, v := range []*uint32{&t.looked, &t.errors, &t.known, &t.foreign, &t.given, &t.steps, &t.small} {
		whole(c, v, math.MaxUint32)
	}
	c.fixed(&t.last)
}

func (w *walking) code(c *codec) {
	c.fixed(&w.list)
	if w.list == 0 {
		return
	}
	whole(c, &w.page, math.MaxInt64)
	whole(c, &w.step, math.MaxInt64)
	c.fixed(&w.cursor)
	whole(c, &w.run, math.MaxUint32)
	whole(c, &w.longest, math.MaxUint32)
}

func (p *place) code(c *codec) {
	whole(c, &p.network, math.MaxUint32)
	if p.network == 0 {
		return
	}
	whole(c, &p.country, math.MaxUint16)
	whole(c, &p.agent, math.MaxUint32)
	c.flag(&p.sure)
	c.flag(&p.six)
	whole(c, &p.count, math.MaxUint16)
	whole(c, &p.last, math.MaxInt64)
}
