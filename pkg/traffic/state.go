package traffic

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrState is wrapped by errors of Restore.
var ErrState = errors.New("state of the traffic counters cannot be read")

// magic begins a snapshot, with the version of the encoding.
const magic = "honeymoat traffic 1\n"

// WriteSnapshot writes what was counted of clients and principals that had a
// successful request in the last day of theirs: what a block would cost. Those
// who had none begin anew, so that a flood of addresses is not kept. Counting
// waits meanwhile: 20 ms for 200,000 clients.
func (c *Counts) WriteSnapshot(w io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := encoder{w: bufio.NewWriterSize(w, 1<<16)}
	e.text(magic)
	e.fixed(c.seed)
	c.clients.encode(&e)
	c.principals.encode(&e)
	if err := errors.Join(e.err, e.w.Flush()); err != nil {
		return fmt.Errorf("snapshot traffic counters: %w", err)
	}
	return nil
}

func (t *table) encode(e *encoder) {
	kept := 0
	for i := range t.entries {
		if t.costly(&t.entries[i]) {
			kept++
		}
	}
	e.number(kept)
	for i := range t.entries {
		if x := &t.entries[i]; t.costly(x) {
			e.fixed(x.key)
			t.encodeCells(e, x)
			t.encodeSets(e, x)
		}
	}
}

// costly tells whether an entry has a successful request.
func (t *table) costly(x *entry) bool {
	for at := x.cells; at != 0; at = t.cells.items[at].next {
		if t.cells.items[at].successful > 0 {
			return true
		}
	}
	return false
}

func (t *table) encodeCells(e *encoder, x *entry) {
	n := 0
	for at := x.cells; at != 0; at = t.cells.items[at].next {
		n++
	}
	e.number(n)
	for at := x.cells; at != 0; at = t.cells.items[at].next {
		c := &t.cells.items[at]
		e.number(int(c.hour))
		e.number(int(c.requests))
		e.number(int(c.successful))
	}
}

func (t *table) encodeSets(e *encoder, x *entry) {
	n := 0
	for at := x.sets; at != 0; at = t.sets.items[at].next {
		n++
	}
	e.number(n)
	for at := x.sets; at != 0; at = t.sets.items[at].next {
		s := &t.sets.items[at]
		e.number(int(s.half))
		e.number(int(s.n) + 1)
		for _, w := range s.room[:s.words()] {
			e.number(int(w))
		}
	}
}

// words is how many words of the room are used.
func (s *set) words() int {
	if s.n == asBits {
		return len(s.room)
	}
	return int(s.n)
}

// Restore takes what WriteSnapshot wrote in place of what was counted; of more
// than there is room for the last. The error wraps ErrState and leaves the
// counters as they were. No data is nothing counted.
func (c *Counts) Restore(data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := decoder{data: data}
	seed := c.seed
	if len(data) > 0 {
		d.expect(magic)
		seed = d.fixed()
	}
	clients, principals := newTable(c.clients.max, seed), newTable(c.principals.max, seed)
	if len(data) > 0 {
		clients.decode(&d)
		principals.decode(&d)
	}
	if d.err != nil || len(d.data) > 0 {
		return fmt.Errorf("restore traffic counters: %w", ErrState)
	}
	c.seed, c.clients, c.principals, c.names = seed, clients, principals, newNames(maxNames)
	return nil
}

func (t *table) decode(d *decoder) {
	for range d.number(len(d.data)) {
		key := d.fixed()
		if d.err != nil || t.find(key) >= 0 {
			d.fail()
			return
		}
		at := t.at(key, 0)
		for range d.number(dayHours) {
			c := cell{hour: hour(d.number(maxHour)), requests: uint32(d.number(maxCount)), successful: uint32(d.number(maxCount))}
			if room := t.cell(at, c.hour); room != nil {
				room.requests, room.successful = c.requests, c.successful
			}
		}
		t.decodeSets(d, at)
	}
}

const (
	maxHour  = 1<<31 - 1
	maxCount = 1<<32 - 1
)

func (t *table) decodeSets(d *decoder, at int) {
	sets := make([]set, d.number(2))
	for i := range sets {
		s := &sets[i]
		s.half, s.n = int32(d.number(maxHour)), int32(d.number(len(s.room)+1))-1
		for k := range s.room[:s.words()] {
			s.room[k] = uint32(d.number(maxCount))
		}
	}
	for _, s := range slices.Backward(sets) {
		made := t.newSet(&t.entries[at], s.half)
		made.n, made.room = s.n, s.room
	}
}

// encoder writes numbers; the first error stays.
type encoder struct {
	w   *bufio.Writer
	err error
}

func (e *encoder) text(s string) { e.write([]byte(s)) }

func (e *encoder) fixed(v uint64) {
	e.write(binary.LittleEndian.AppendUint64(e.w.AvailableBuffer(), v))
}

func (e *encoder) number(v int) { e.write(binary.AppendUvarint(e.w.AvailableBuffer(), uint64(v))) }

func (e *encoder) write(b []byte) {
	if _, err := e.w.Write(b); err != nil && e.err == nil {
		e.err = err
	}
}

// decoder reads them; after the first error it gives zeros.
type decoder struct {
	data []byte
	err  error
}

func (d *decoder) fail() { d.data, d.err = nil, ErrState }

func (d *decoder) expect(s string) {
	if len(d.data) < len(s) || string(d.data[:len(s)]) != s {
		d.fail()
		return
	}
	d.data = d.data[len(s):]
}

func (d *decoder) fixed() uint64 {
	if len(d.data) < 8 {
		d.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(d.data)
	d.data = d.data[8:]
	return v
}

// number reads a number that is no larger than max.
func (d *decoder) number(max int) int {
	v, n := binary.Uvarint(d.data)
	if n <= 0 || v > uint64(max) {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return int(v)
}
