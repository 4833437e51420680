package series

// relate connects what was read apart.
func (t *Table) relate(c *codec) {
	if !c.must(t.next != noMinute || len(t.open) == 0) {
		return
	}
	for _, l := range t.lanes.all {
		if l == nil {
			continue
		}
		t.lead(l)
		l.kinds = t.kindsOf(l.source)
		if l.factsKey != 0 {
			l.facts = t.lanes.factsOf(l.factsKey)
			l.facts.lanes++
		}
	}
	for _, f := range t.lanes.facts {
		c.must(f.lanes > 0)
	}
	for _, o := range t.open {
		if o != nil {
			t.relateOpen(c, o)
		}
	}
}

func (t *Table) relateOpen(c *codec, o *open) {
	for i := range o.singles {
		c.must(t.isLane(o.singles[i].lane))
	}
	for i := range o.places {
		p := &o.places[i]
		if !c.must(t.isLane(p.lane)) {
			return
		}
		s := &t.lanes.slots[p.lane]
		s.open++
		if c.must(o.placeAt.find(s.key) < 0) {
			o.placeAt.put(s.key, i)
		}
	}
	for i := range o.people {
		p := &o.people[i]
		d := &t.series[p.dimension]
		if !c.must(p.series >= 0 && int(p.series) < len(d.slots) && d.slots[p.series].live) {
			return
		}
		s := &d.slots[p.series]
		s.open++
		if c.must(o.personAt.find(s.key) < 0) {
			o.personAt.put(s.key, i)
		}
	}
}

func (t *Table) isLane(at int32) bool {
	return at >= 0 && int(at) < len(t.lanes.all) && t.lanes.all[at] != nil
}
