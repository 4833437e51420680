package watch

import (
	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A person is what is known of a principal or an address.
type person struct {
	Hour   int64 // number of the hour that is summed up
	Sums   [personal]float32
	Looked [personal]float32 // the sum at which it was looked at last
	Habits [personal]habit

	records [personal]record
}

const personal = 5

// ofPeople are the measures of people, with the least that is worth a look in
// an hour.
var ofPeople = [personal]struct {
	measure series.Measure
	least   float64
}{
	{series.Requests, 100},
	{series.ClientErrors, 30},
	{series.ResponseBytes, 1 << 20},
	{series.Paths, 50},
	{series.Objects, 50},
}

// A crowd is the habit of all of one dimension.
type crowd [personal]habit

// again is by how much a sum grows before it is looked at again.
const again = 1.2

// amount is what a minute adds to a sum: requests that we did not refuse,
// failed requests, bytes, paths, objects.
func amount(row *series.Row, m series.Measure) float64 {
	v := row.Values[m]
	switch {
	case v != v:
		return 0
	case m == series.Requests:
		return v - known(row.Values[series.Refused])
	case m.Kind() == baseline.Count:
		return v
	}
	return v * row.Weights[m]
}

// known is a value, or zero where none was told.
func known(v float64) float64 {
	if v != v {
		return 0
	}
	return v
}

// person takes in a minute of somebody.
func (w *Watch) person(e *entry, row *series.Row, start int64) {
	p, crowd := e.person, &w.crowds[e.key.Dimension-series.Principal]
	if h := start / hour; h != p.Hour {
		w.closeHour(e, crowd)
		p.Hour = h
	}
	ready := start-w.born >= int64(w.options.MinLearning)
	for i := range ofPeople {
		m := ofPeople[i].measure
		p.Sums[i] += float32(amount(row, m))
		sum := float64(p.Sums[i])
		if ready && sum >= ofPeople[i].least && sum >= again*float64(p.Looked[i]) && crowd[i].Hours >= crowdLeast {
			p.Looked[i] = p.Sums[i]
			w.habitual(e, i, sum, start)
		}
	}
}

// habitual looks at an hour of somebody so far.
func (w *Watch) habitual(e *entry, i int, sum float64, start int64) {
	p := e.person
	crowd := &w.crowds[e.key.Dimension-series.Principal][i]
	chance, expected, upper := p.Habits[i].chance(crowd, sum)
	if chance >= interesting {
		return
	}
	w.found(look{
		entry: e, record: &p.records[i], measure: ofPeople[i].measure, test: byHabit, pace: hourly, high: true,
		claimed: chance, expected: expected, upper: upper, seen: sum,
		step: hour, since: start / hour * hour,
	})
}

// closeHour learns from the last hour of somebody.
func (w *Watch) closeHour(e *entry, crowd *crowd) {
	p := e.person
	if p.Hour == 0 {
		return
	}
	for i := range p.Sums {
		if sum := float64(p.Sums[i]); sum > 0 || i == 0 {
			p.Habits[i].learn(sum, habitMemory)
			crowd[i].learn(sum, crowdMemory)
			w.tallies[classOf(e.key.Dimension, hourly)].today++
		}
	}
	p.Sums, p.Looked = [personal]float32{}, [personal]float32{}
}

func (p *person) code(c *coder) {
	c.int(&p.Hour)
	c.smalls(p.Sums[:])
	c.smalls(p.Looked[:])
	for i := range p.Habits {
		p.Habits[i].code(c)
		p.records[i].code(c)
	}
}
