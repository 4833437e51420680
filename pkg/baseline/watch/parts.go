package watch

import (
	"cmp"
	"math"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	partLeast = 0.1 // share of a change that is worth being named
	partsMost = 6
	blamed    = 0.5 // share of a change at which somebody is evidence against himself
	// blameLeast is how many requests that takes.
	blameLeast = 8
)

// explain finds what carries a change of a place: the places in it, and who
// sends it.
func (w *Watch) explain(e *entry, l *look) []finding.Part {
	if e.place == nil {
		return nil
	}
	parts := w.partsOf(e, l)
	parts = append(parts, w.sidesOf(e, l)...)
	if l.high && e.row != nil && e.at == w.now && l.pace == fast {
		parts = append(parts, carriers(e, l.measure)...)
	}
	slices.SortStableFunc(parts, func(a, b finding.Part) int { return cmp.Compare(b.Share, a.Share) })
	return parts
}

// partsOf are the places directly inside one that carry a change.
func (w *Watch) partsOf(e *entry, l *look) (parts []finding.Part) {
	all := w.excess(e, l)
	sum := 0.0
	for _, x := range w.places {
		if w.inside(x, e) {
			sum += w.excess(x, l)
		}
	}
	if math.Abs(sum) > math.Abs(all) {
		all = sum
	}
	if all == 0 {
		return nil
	}
	for _, x := range w.places {
		if w.inside(x, e) {
			parts = addPart(parts, string(x.key.Actor().Kind), x.key.Name, w.excess(x, l)/all)
		}
	}
	return parts
}

// sidesOf is the gateway or source, where there are several, that carries a
// change of an API or route: if it moves itself, by no more than that.
func (w *Watch) sidesOf(e *entry, l *look) (parts []finding.Part) {
	all := w.excess(e, l)
	if d := e.key.Dimension; all == 0 || d != series.API && d != series.Route || l.pace != fast {
		return nil
	}
	for _, d := range [...]series.Dimension{series.Gateway, series.Source} {
		if !w.several(d) {
			continue
		}
		if x := w.beside(e, l, d, 2); x != nil && x.moves(l.change(), w.now) && w.excess(x, l) <= 1.3*all {
			return addPart(parts, string(x.key.Actor().Kind), x.key.Name, w.excess(x, l)/all)
		}
	}
	return parts
}

func addPart(parts []finding.Part, kind, value string, share float64) []finding.Part {
	if share < partLeast || share != share {
		return parts
	}
	return append(parts, finding.Part{Kind: kind, Value: value, Share: math.Min(1, share)})
}

// carriers are those who send what a place has too much of.
func carriers(e *entry, m series.Measure) (parts []finding.Part) {
	if sortOf(m) == slow || m == series.RequestBytes {
		return nil
	}
	p, row := e.place, e.row
	f := &p.flows[fast][m]
	excess := f.excess(m)
	if m.Kind() == baseline.Count {
		excess = p.flows[fast][series.Requests].excess(series.Requests)
	}
	if excess <= 0 {
		return nil
	}
	usual := p.usual()
	row.Explain()
	for i := range row.Top {
		t := &row.Top[i]
		if t.Carrier == series.ByRoute && e.key.Dimension != series.Gateway {
			continue // the places inside say so
		}
		if more := carried(t, m) - usualOf(p, t, m, usual); more > 0 {
			parts = addPart(parts, string(t.Carrier), t.Value, more/excess)
		}
	}
	return parts
}

// carried is how much of what a measure counts somebody sent.
func carried(t *series.Top, m series.Measure) float64 {
	switch m {
	case series.ClientErrors:
		return float64(t.ClientErrors)
	case series.ServerErrors:
		return float64(t.ServerErrors)
	case series.ResponseBytes:
		return float64(t.Bytes)
	}
	return float64(t.Requests)
}

// usualOf is how much of it he usually sends: his share of what is usual.
func usualOf(p *place, t *series.Top, m series.Measure, usual float64) float64 {
	share := p.customs.usual(carrier(t))
	switch m {
	case series.ClientErrors, series.ServerErrors, series.ResponseBytes:
		return share * usual * float64(p.flows[fast][m].Usual)
	}
	return share * usual
}

// blame is who carries at least half of a change by himself: a principal, else
// an address. The first few requests of a minute that happen to be of one
// client are nobody's fault.
func (w *Watch) blame(e *entry, m series.Measure, parts []finding.Part) []finding.Actor {
	if e.person != nil {
		return []finding.Actor{e.key.Actor()}
	}
	for _, kind := range [...]series.Carrier{series.ByPrincipal, series.ByAddress} {
		for i := range parts {
			if parts[i].Kind == string(kind) && parts[i].Share >= blamed && e.sent(kind, parts[i].Value, m) >= blameLeast {
				t := series.Top{Carrier: kind, Value: parts[i].Value}
				return []finding.Actor{t.Actor()}
			}
		}
	}
	return nil
}

// sent is how many of the requests that a measure is about somebody sent to a
// place in its last minute.
func (e *entry) sent(kind series.Carrier, who string, m series.Measure) float64 {
	if m == series.ResponseBytes {
		m = series.Requests
	}
	if e.row == nil {
		return 0
	}
	e.row.Explain()
	for i := range e.row.Top {
		if t := &e.row.Top[i]; t.Carrier == kind && t.Value == who {
			return carried(t, m)
		}
	}
	return 0
}
