package series

func (t *Table) codeOpen(c *codec) {
	list(c, &t.open, maxOpen, func(o **open) {
		there := *o != nil
		c.flag(&there)
		if !there {
			return
		}
		if c.reads() {
			*o = newOpen()
			(*o).begin(t.next + int64(len(t.open)) - 1)
		}
		(*o).code(c)
	})
}

const (
	maxOpen   = 16      // more than what event time can leave open
	anyLength = 1 << 30 // of lists that are bounded by what is read
)

func (o *open) code(c *codec) {
	o.names.code(c)
	list(c, &o.singles, anyLength, func(s *single) {
		s.code(c)
		c.must(int(s.file) <= len(o.names.ends))
	})
	list(c, &o.places, anyLength, func(p *place) { p.code(c, o) })
	list(c, &o.people, anyLength, func(p *person) { p.code(c, o) })
	list(c, &o.firsts, maxFirsts, func(d *debut) {
		number64(c, &d.single)
		numbers(c, &d.kind)
		number64(c, &d.refusals)
		number64(c, &d.requests)
		number64(c, &d.since)
		c.must(d.single > 0 && int(d.single) <= len(o.singles) && d.kind < kindCount)
	})
}

func (n *names) code(c *codec) {
	keys := make([]uint64, len(n.ends))
	for key, at := range n.index {
		keys[at-1] = key
	}
	at := uint32(0)
	list(c, &keys, anyLength, func(key *uint64) {
		at++
		c.key(key)
		if !c.reads() {
			c.bytes(n.at(at))
		} else if name := c.bytes(nil); c.must(n.index[*key] == 0) {
			n.data = append(n.data, name...)
			n.ends = append(n.ends, uint32(len(n.data)))
			n.index[*key] = at
		}
	})
}

func (s *sight) code(c *codec) {
	numbers(c, &s.bytes, &s.time, &s.offset, &s.line)
	c.key(&s.client)
	c.key(&s.principal)
	number64(c, &s.lane)
	number64(c, &s.file)
	number64(c, &s.status)
}

func (s *single) code(c *codec) {
	s.sight.code(c)
	s.text = append(s.text[:0], c.bytes(s.text)...)
	sum := 0
	for i := range s.lengths {
		number64(c, &s.lengths[i])
		sum += int(s.lengths[i])
	}
	c.must(sum == len(s.text))
}

func (p *place) code(c *codec, o *open) {
	number64(c, &p.lane)
	number64(c, &p.told)
	numbers(c, &p.requests, &p.refused, &p.requestSized, &p.responseSized)
	array(c, p.classes[:])
	array(c, p.judged[:])
	array(c, p.odd[:])
	numbers(c, &p.requestBytes, &p.responseBytes)
	for _, d := range []*distinct{&p.paths, &p.objects, &p.principals, &p.addresses} {
		o.sketches.code(c, d)
	}
	o.sketches.codeLatency(c, &p.latency)
	for i := range p.carriers {
		o.ledger.code(c, &p.carriers[i], len(o.names.ends))
	}
	for i := range p.largest {
		number64(c, &p.largest[i].bytes)
		number64(c, &p.largest[i].single)
		c.must(int(p.largest[i].single) <= len(o.singles))
	}
}

func (p *person) code(c *codec, o *open) {
	number64(c, &p.series)
	number64(c, &p.dimension)
	number64(c, &p.told)
	numbers(c, &p.requests, &p.refused, &p.answers, &p.clientErrors, &p.serverErrors, &p.responseSized)
	number64(c, &p.responseBytes)
	for _, d := range []*distinct{&p.paths, &p.objects, &p.principals, &p.addresses} {
		o.peoples.code(c, d)
	}
	if c.first {
		(&sight{}).code(c) // of the largest response, which nobody asked for
	}
	c.must(p.dimension > Route && p.dimension < Dimensions)
}

// code codes a counter by its values, or by its registers.
func (s *sketches) code(c *codec, d *distinct) {
	number64(c, &d.n)
	switch {
	case d.n == 0:
	case d.n == 1:
		number64(c, &d.ref)
	case d.n == inRegisters:
		if c.reads() {
			s.give(d)
		}
		if s.isCoarse {
			array(c, s.coarse[d.ref][:])
			return
		}
		array(c, s.registers[d.ref][:])
		c.must(s.registers[d.ref].valid())
	case c.must(d.n <= someValues):
		s.codeKnown(c, d)
	}
}

func (r *registers) valid() bool {
	for _, rank := range r {
		if rank > maxRank {
			return false
		}
	}
	return true
}

func (s *sketches) codeKnown(c *codec, d *distinct) {
	if c.reads() {
		if d.n <= fewValues {
			s.few, d.ref = append(s.few, few{}), uint32(len(s.few))
		} else {
			s.some, d.ref = append(s.some, some{}), uint32(len(s.some))
		}
	}
	array(c, s.known(*d))
}

func (s *sketches) codeLatency(c *codec, h *histogram) {
	number64(c, &h.n)
	switch {
	case h.n == 0:
	case h.n == inBuckets:
		if c.reads() {
			s.buckets, h.ref = append(s.buckets, buckets{}), uint32(len(s.buckets))
		}
		array(c, s.buckets[h.ref][:])
	case c.must(h.n <= listed):
		if c.reads() {
			s.marks, h.ref = append(s.marks, marks{}), uint32(len(s.marks))
		}
		for i := range s.marks[h.ref][:h.n] {
			number64(c, &s.marks[h.ref][i])
			c.must(s.marks[h.ref][i] < bucketCount)
		}
	}
}

func (l *ledger) code(c *codec, r *carriers, names int) {
	number64(c, &r.n)
	switch {
	case r.n == 0:
	case r.n == inSets:
		if c.reads() {
			l.wide, r.ref = append(l.wide, wide{}), uint32(len(l.wide))
		}
		for i := range l.wide[r.ref] {
			l.wide[r.ref][i].code(c, ways, names)
		}
	case c.must(r.n <= ways):
		if c.reads() {
			l.four, r.ref = append(l.four, four{}), uint32(len(l.four))
		}
		l.four[r.ref].code(c, int(r.n), names)
	}
}

func (s *four) code(c *codec, n, names int) {
	for i := range s[:n] {
		one := &s[i]
		c.key(&one.key)
		numbers(c, &one.name, &one.weight, &one.count, &one.client, &one.server)
		number64(c, &one.bytes)
		c.must(int(one.name) <= names)
	}
}
