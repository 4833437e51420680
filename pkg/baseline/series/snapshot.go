package series

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// ErrState is wrapped by errors of Restore.
var ErrState = errors.New("state of the series cannot be read")

// What a snapshot begins with, with the version of the encoding; the first one is
// read too.
const (
	magic = "honeymoat series 2\n"
	first = "honeymoat series 1\n"
)

// WriteSnapshot writes all that the table knows, but for Stats: the series, what
// routes have had, and the minutes that are not over. Who adds the same records
// to a table that was restored from it gets the same minutes.
func (t *Table) WriteSnapshot(w io.Writer) error {
	c := &codec{w: bufio.NewWriterSize(w, 1<<16)}
	t.code(c)
	if err := errors.Join(c.err, c.w.Flush()); err != nil {
		return fmt.Errorf("snapshot series: %w", err)
	}
	return nil
}

// Restore reads what WriteSnapshot wrote of a table with the same MaxSeries. The
// error wraps ErrState and leaves the table as it was. No data is nothing
// counted.
func (t *Table) Restore(data []byte) error {
	made := New(t.options)
	if len(data) > 0 {
		c := &codec{data: data}
		made.code(c)
		if c.err == nil {
			made.relate(c)
		}
		if c.err != nil || len(c.data) > 0 {
			return fmt.Errorf("restore series of at most %d: %w", t.options.MaxSeries, ErrState)
		}
	}
	*t = *made
	return nil
}

func (t *Table) code(c *codec) {
	version, most := magic, t.options.MaxSeries
	c.text(&version)
	number64(c, &most)
	c.first = version == first
	if !c.must((version == magic || c.first) && most == t.options.MaxSeries) {
		return
	}
	c.key(&t.seed)
	t.clock.code(c)
	number64(c, &t.next)
	number64(c, &t.empty)
	c.must(t.next >= noMinute && t.next < math.MaxInt32 && t.empty >= 0 && t.empty < math.MaxInt32)
	t.codeKinds(c)
	t.lanes.code(c)
	for d := range t.series {
		t.series[d].code(c, Dimension(d))
	}
	list(c, &t.evicted, t.options.MaxSeries, func(v *int32) {
		number64(c, v)
		c.must(*v >= 0 && int(*v) < t.options.MaxSeries)
	})
	t.codeOpen(c)
}

func (c *clock) code(x *codec) {
	numbers(x, &c.now, &c.told, &c.idle)
	x.must(sane(c.now) && sane(c.told) && c.idle >= 0)
	names := slices.Sorted(maps.Keys(c.sources))
	list(x, &names, maxSources, func(name *string) {
		x.text(name)
		p := c.sources[*name]
		if p == nil {
			p = &pace{}
			c.sources[*name] = p
		}
		numbers(x, &p.at, &p.heard, &p.leaps, &p.skew, &p.guess, &p.since)
		x.must(sane(p.at) && sane(p.heard) && sane(p.since) && sane(p.skew) && sane(p.guess))
	})
}

// sane tells whether a time can be added to others.
func sane(t int64) bool { return t >= unset && t <= maxTime }

func (t *Table) codeKinds(c *codec) {
	names := slices.Sorted(maps.Keys(t.kinds))
	list(c, &names, maxKinds+1, func(name *string) {
		c.text(name)
		k := t.kinds[*name]
		if k == nil {
			k = &kinds{}
			t.kinds[*name] = k
		}
		for i := range k {
			number64(c, &k[i].since)
			number64(c, &k[i].requests)
		}
	})
}

func (r *registry) code(c *codec, item func(at int)) {
	at := 0
	list(c, &r.slots, r.max, func(s *slot) {
		if c.flag(&s.live); s.live {
			c.key(&s.key)
			c.float(&s.strength)
			number64(c, &s.last)
			if c.reads() && c.must(r.find(s.key) < 0) {
				r.index.put(s.key, at)
			}
			item(at)
		}
		at++
	})
	list(c, &r.free, r.max, func(at *int32) {
		number64(c, at)
		c.must(*at >= 0 && int(*at) < len(r.slots) && !r.slots[*at].live)
	})
	number64(c, &r.hand)
	c.flag(&r.exhausted)
	c.float(&r.threshold)
	c.must(r.hand >= 0 && r.vacancies() == len(r.free) && distinctly(r.free))
}

func (r *registry) vacancies() (n int) {
	for i := range r.slots {
		if !r.slots[i].live {
			n++
		}
	}
	return n
}

func distinctly(all []int32) bool {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return len(slices.Compact(sorted)) == len(all)
}

func (d *dimension) code(c *codec, of Dimension) {
	d.registry.max = d.quota
	d.registry.code(c, func(at int) {
		for len(d.keys) <= at {
			d.keys, d.told = append(d.keys, nil), append(d.told, 0)
		}
		if c.reads() {
			d.keys[at] = &Key{Dimension: of}
		}
		d.keys[at].code(c)
		number64(c, &d.told[at])
	})
	for len(d.keys) < len(d.slots) {
		d.keys, d.told = append(d.keys, nil), append(d.told, 0)
	}
}

func (k *Key) code(c *codec) {
	c.text(&k.Name)
	c.text(&k.API)
	c.text(&k.Owner)
}

func (l *lanes) code(c *codec) {
	l.max = l.quota + moreLanes
	l.registry.code(c, func(at int) {
		for len(l.all) <= at {
			l.all = append(l.all, nil)
		}
		if c.reads() {
			l.all[at] = &lane{route: &Key{Dimension: Route}}
		}
		l.all[at].code(c)
	})
	for len(l.all) < len(l.slots) {
		l.all = append(l.all, nil)
	}
	keys := slices.Sorted(maps.Keys(l.facts))
	list(c, &keys, anyLength, func(key *uint64) {
		c.key(key)
		l.factsOf(*key).code(c)
	})
}

func (l *lane) code(c *codec) {
	c.text(&l.source)
	c.text(&l.gateway)
	l.route.code(c)
	number64(c, &l.method)
	c.flag(&l.other)
	numbers(c, &l.from, &l.to)
	c.key(&l.factsKey)
	c.must(int(l.method) < len(methodNames) && l.from >= 0)
	for i := range l.signatures {
		d := &l.signatures[i]
		number64(c, &d.total)
		list(c, &d.entries, maxSignatures, func(s *signature) { numbers(c, &s.hash, &s.count) })
		c.must(d.total < halvedAt)
	}
}

func (f *facts) code(c *codec) {
	number64(c, &f.since)
	number64(c, &f.requests)
	list(c, &f.combos, len(methodNames)*kindCount, func(x *combo) {
		numbers(c, &x.method, &x.kind)
		c.flag(&x.works)
		number64(c, &x.refusals)
	})
}
