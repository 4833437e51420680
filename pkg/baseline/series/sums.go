package series

// closing is the memory of closing a minute.
type closing struct {
	sums     [steady]sums
	sketches sketches
	ledger   ledger
	rows     []Row
	row      Row   // of somebody
	open     *open // the minute that is told, or nil
	singles  []Single
	tops     []Top
	firsts   []First
	made     []*Single // by their place in the minute
	texts    []string  // the minute's names
	minute   Minute
}

// steady is how many dimensions are.
const steady = int(Route) + 1

// sums are those of the places of a dimension, by the numbers of their series.
type sums struct {
	at     []int32 // in places, plus one
	places []place
}

func (c *closing) reset() {
	for d := range c.sums {
		s := &c.sums[d]
		clear(s.at)
		s.places = s.places[:0]
	}
	c.sketches.reset()
	c.ledger.reset()
	clear(c.rows)
	c.row, c.open = Row{}, nil
	clear(c.singles)
	clear(c.tops)
	clear(c.firsts)
	c.rows, c.singles, c.tops, c.firsts = c.rows[:0], c.singles[:0], c.tops[:0], c.firsts[:0]
	clear(c.made)
	clear(c.texts)
	c.made, c.texts = c.made[:0], c.texts[:0]
}

// text is one of the minute's names, made once.
func (c *closing) text(o *open, place uint32) string {
	for len(c.texts) <= int(place) {
		c.texts = append(c.texts, "")
	}
	if c.texts[place] == "" {
		c.texts[place] = string(o.names.at(place))
	}
	return c.texts[place]
}

func (c *closing) bytes() int {
	n := c.sketches.bytes() + c.ledger.bytes() + rowBytes*cap(c.rows) + 300*cap(c.singles) + 64*cap(c.tops)
	for d := range c.sums {
		n += 4*cap(c.sums[d].at) + placeBytes*cap(c.sums[d].places)
	}
	return n
}

const rowBytes = 24 + 16*Measures + 40

// of gives the sum of a series, which may be begun by that.
func (s *sums) of(series int) (sum *place, begun bool) {
	if sum = s.find(series); sum != nil {
		return sum, false
	}
	for len(s.at) <= series {
		s.at = append(s.at, 0)
	}
	s.places = append(s.places, place{})
	s.at[series] = int32(len(s.places))
	return &s.places[len(s.places)-1], true
}

// find gives the sum of a series, or nil.
func (s *sums) find(series int) *place {
	if series >= len(s.at) || s.at[series] == 0 {
		return nil
	}
	return &s.places[s.at[series]-1]
}

// add adds a lane's minute to a sum. route is the number of its route's series,
// or -1 where that does not matter.
func (c *closing) add(to *place, o *open, from *place, route int) {
	to.told |= from.told
	to.requests += from.requests
	to.refused += from.refused
	for i, n := range from.classes {
		to.classes[i] += n
	}
	to.requestSized += from.requestSized
	to.responseSized += from.responseSized
	to.requestBytes += from.requestBytes
	to.responseBytes += from.responseBytes
	for i := range oddities {
		to.judged[i] += from.judged[i]
		to.odd[i] += from.odd[i]
	}
	for i, one := range from.largest {
		if one.single != 0 && (to.largest[i].single == 0 || one.bytes > to.largest[i].bytes) {
			to.largest[i] = one
		}
	}
	c.addSketches(to, o, from)
	c.addCarriers(to, o, from)
	if route >= 0 && from.requests > 0 {
		c.addRoute(to, from, route)
	}
}

func (c *closing) addSketches(to *place, o *open, from *place) {
	s := &c.sketches
	s.merge(&to.paths, &o.sketches, from.paths)
	s.merge(&to.objects, &o.sketches, from.objects)
	s.merge(&to.principals, &o.sketches, from.principals)
	s.merge(&to.addresses, &o.sketches, from.addresses)
	s.mergeLatency(&to.latency, &o.sketches, from.latency)
}

// addCarriers adds what is certain of them.
func (c *closing) addCarriers(to *place, o *open, from *place) {
	for kind := range laneCarriers {
		o.ledger.of(from.carriers[kind], func(one *counter) {
			sum := c.ledger.at(&to.carriers[kind], one.key)
			if sum.name == 0 {
				sum.name = one.name
			}
			sum.add(one, from)
		})
	}
}

// add adds another of the same key, which has its part of a place.
func (c *counter) add(other *counter, of *place) {
	c.weight += usualWeight*other.count + errorWeight*(other.client+other.server)
	if other.bytes > 0 && other.bytes >= of.responseBytes/leastShare {
		c.weight += of.requests
	}
	c.count += other.count
	c.client += other.client
	c.server += other.server
	c.bytes += other.bytes
}

func (c *closing) addRoute(to, from *place, route int) {
	sum := c.ledger.at(&to.carriers[carryRoute], uint64(route)+1)
	sum.add(&counter{count: from.requests, client: from.classes[4], server: from.classes[5], bytes: from.responseBytes}, from)
}
