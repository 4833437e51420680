package series

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// rows makes those of a minute; o is nil when there was nothing in it.
func (t *Table) rows(o *open) {
	for d := Whole; d <= Route; d++ {
		s := &t.series[d]
		for at := range s.slots {
			if s.slots[at].live {
				t.steadyRow(o, d, at)
			}
		}
	}
	if o == nil {
		return
	}
	for i := range o.firsts {
		t.closing.firsts = append(t.closing.firsts, t.first(o, &o.firsts[i]))
	}
	for d := Route + 1; d < Principal; d++ {
		for i := range o.people {
			if c := &o.people[i]; c.dimension == d {
				t.closing.rows = append(t.closing.rows, Row{})
				t.personRow(o, c, &t.closing.rows[len(t.closing.rows)-1])
			}
		}
	}
}

// people gives the rows of principals and addresses, one after the other in the
// same memory.
func (t *Table) people(o *open) iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		row := &t.closing.row
		for d := Principal; d < Dimensions; d++ {
			for i := range o.people {
				if c := &o.people[i]; c.dimension == d {
					if t.personRow(o, c, row); !yield(row) {
						return
					}
				}
			}
		}
	}
}

// begin makes it a row of which nothing is told.
func (r *Row) begin(s *dimension, at int) {
	*r = Row{Series: s.base + int32(at), Key: s.keys[at]}
	for m := range r.Values {
		r.Values[m] = math.NaN()
	}
}

// steady begins the row of a place.
func (c *closing) steady(s *dimension, at int) *Row {
	c.rows = append(c.rows, Row{})
	row := &c.rows[len(c.rows)-1]
	row.begin(s, at)
	return row
}

func (r *Row) count(m Measure, n float64) { r.Values[m], r.Weights[m] = n, 1 }

// mean sets a share or mean of so many; of none there is none.
func (r *Row) mean(m Measure, sum, of float64) {
	if of > 0 {
		r.Values[m], r.Weights[m] = sum/of, of
	}
}

// steadyRow makes the row of a place, with or without requests.
func (t *Table) steadyRow(o *open, d Dimension, at int) {
	row, told, p := t.closing.steady(&t.series[d], at), t.series[d].told[at], t.closing.sums[d].find(at)
	if p == nil {
		p = &place{}
	}
	s := &t.closing.sketches
	row.count(Requests, float64(p.requests)+float64(p.refused))
	row.count(Refused, float64(p.refused))
	answers := float64(p.answers())
	row.mean(ClientErrors, float64(p.classes[4]), answers)
	row.mean(ServerErrors, float64(p.classes[5]), answers)
	row.mean(RequestBytes, float64(p.requestBytes), float64(p.requestSized))
	row.mean(ResponseBytes, float64(p.responseBytes), float64(p.responseSized))
	n, median, slow := s.quantiles(p.latency, 0.5, 0.95)
	row.mean(Latency50, median*n, n)
	row.mean(Latency95, slow*n, n)
	row.different(s, told, p.paths, p.objects, p.principals, p.addresses)
	for i, m := range [oddities]Measure{oddHeader: OddHeaders, oddQuery: OddQueries, oddFormat: OddFormats} {
		row.mean(m, float64(p.odd[i]), float64(p.judged[i]))
	}
	if p.requests+p.refused > 0 {
		t.explain(o, row, p)
	}
}

// different sets how many different things there were, as far as they are told.
func (r *Row) different(s *sketches, by told, paths, objects, principals, addresses distinct) {
	for _, x := range [...]struct {
		bit told
		m   Measure
		d   distinct
	}{{toldPath, Paths, paths}, {toldObjects, Objects, objects}, {toldPrincipal, Principals, principals}, {toldAddress, Addresses, addresses}} {
		if by&x.bit != 0 {
			r.count(x.m, s.count(x.d))
		}
	}
}

// personRow makes the row of somebody, or of a network or application.
func (t *Table) personRow(o *open, c *person, row *Row) {
	row.begin(&t.series[c.dimension], int(c.series))
	row.count(Requests, float64(c.requests)+float64(c.refused))
	row.count(Refused, float64(c.refused))
	row.mean(ClientErrors, float64(c.clientErrors), float64(c.answers))
	row.mean(ResponseBytes, float64(c.responseBytes), float64(c.responseSized))
	if c.dimension < Principal {
		row.mean(ServerErrors, float64(c.serverErrors), float64(c.answers))
	}
	row.different(&o.peoples, c.told, c.paths, c.objects, c.principals, c.addresses)
}

// explain says what was largest in a place, and lets who carries it be asked.
func (t *Table) explain(o *open, row *Row, p *place) {
	row.Largest = t.largest(o, p.largest[largestResponse].single)
	d := row.Key.Dimension
	if d == Route {
		row.LargestRequest = t.largest(o, p.largest[largestRequest].single)
	}
	if d != Source {
		row.table, row.sum = t, p
	}
}

// carriersOf says who carries a place.
func (t *Table) carriersOf(row *Row) {
	c := &t.closing
	began := len(c.tops)
	for kind := range carrierKinds {
		t.topsOf(c.open, row.sum, kind)
	}
	c.topsByStatus(row.sum)
	row.Top = c.tops[began:len(c.tops):len(c.tops)]
}

// A carrier is told of from such a share on, and no more than so many of a kind.
const (
	leastShare = 16
	mostTops   = 8
)

var carrierNames = [carrierKinds]Carrier{ByAddress, ByPrincipal, ByNetwork, ByAgent, ByRoute}

// topsOf appends the carriers of a kind, those with the most requests first.
func (t *Table) topsOf(o *open, p *place, kind int) {
	c := &t.closing
	began := len(c.tops)
	c.ledger.of(p.carriers[kind], func(one *counter) {
		if !p.carried(one) {
			return
		}
		top := Top{Carrier: carrierNames[kind], Requests: one.count, ClientErrors: one.client, ServerErrors: one.server, Bytes: one.bytes}
		if t.name(o, &top, one); top.Value != "" {
			c.tops = append(c.tops, top)
		}
	})
	tops := c.tops[began:]
	slices.SortFunc(tops, func(a, b Top) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Value, b.Value), cmp.Compare(a.API, b.API))
	})
	c.tops = c.tops[:began+min(len(tops), mostTops)]
}

// carried tells whether one carries enough to be told of.
func (p *place) carried(one *counter) bool {
	return one.count > 0 && (one.count >= p.requests/leastShare || one.client > 0 && one.client >= p.classes[4]/leastShare ||
		one.server > 0 && one.server >= p.classes[5]/leastShare || one.bytes > 0 && one.bytes >= p.responseBytes/leastShare)
}

// name says who a counter is.
func (t *Table) name(o *open, top *Top, one *counter) {
	switch top.Carrier {
	case ByAddress:
		top.Value = t.client(one.key).Value
	case ByRoute:
		key := t.series[Route].keys[one.key-1]
		top.Value, top.API = key.Name, key.API
	default:
		top.Value = finding.Clip(t.closing.text(o, one.name), maxName)
	}
}

func (c *closing) topsByStatus(p *place) {
	for class, n := range p.classes {
		if class > 0 && n > 0 {
			top := Top{Carrier: ByStatus, Value: strconv.Itoa(class) + "xx", Requests: n}
			switch class {
			case 4:
				top.ClientErrors = n
			case 5:
				top.ServerErrors = n
			}
			c.tops = append(c.tops, top)
		}
	}
	if p.refused > 0 {
		c.tops = append(c.tops, Top{Carrier: ByStatus, Value: "refused", Requests: p.refused})
	}
}
