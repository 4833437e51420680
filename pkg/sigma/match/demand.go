package match

import (
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// trigger is a sign that a rule may hold: a literal in a lane, which is a
// column that is scanned on its own. Without a literal it is any attack.
type trigger struct {
	lane    column
	literal string
}

// demand is a set of triggers of which one has to be there for a rule to hold.
type demand []trigger

// cost estimates how often one of the triggers is there; hopeless demands are
// met by nearly every event.
func (d demand) cost() (sum float64, useless bool) {
	for _, t := range d {
		if t.literal == "" {
			sum += attackLikelihood
			continue
		}
		p := likelihood(t.lane, t.literal)
		sum, useless = sum+p, useless || p >= hopeless
	}
	return sum, useless
}

// attackLikelihood is how often there is an attack, at most.
const attackLikelihood = 0.02

// demandOf finds the rarest demand of a condition; nil when there is none
// worth looking for.
func demandOf(n sigma.Node) demand { return cheapest(demands(n, false)) }

func cheapest(all []demand) (rare demand) {
	least := 0.0
	for _, d := range all {
		if cost, useless := d.cost(); !useless && (rare == nil || cost < least) {
			rare, least = d, cost
		}
	}
	return rare
}

// demands gives what has to be there for a condition to hold, or not to hold.
func demands(n sigma.Node, negated bool) []demand {
	switch n := n.(type) {
	case sigma.And:
		return joint(n, negated, !negated)
	case sigma.Or:
		return joint(n, negated, negated)
	case sigma.Not:
		return demands(n.Node, !negated)
	case *sigma.Search:
		return demands(n.Node, negated)
	case *sigma.Item:
		if negated == n.Not {
			return demandsOfItem(n)
		}
	}
	return nil
}

// joint gives the demands of several conditions: of all of them, or one for
// the case that any of them holds.
func joint(nodes []sigma.Node, negated, all bool) (sum []demand) {
	var either demand
	for _, n := range nodes {
		ds := demands(n, negated)
		if all {
			sum = append(sum, ds...)
			continue
		}
		one := cheapest(ds)
		if one == nil {
			return nil
		}
		either = append(either, one...)
	}
	if either != nil {
		sum = append(sum, either)
	}
	return sum
}

// demandsOfItem gives the demands of an item without its neq.
func demandsOfItem(it *sigma.Item) []demand {
	columns, _ := columnsOf(it)
	if len(columns) == 0 || it.Part != sigma.WholeValue || it.Op != sigma.Matches && it.Op != sigma.Regexp {
		return nil
	}
	var sum []demand
	var either demand
	for i := range it.Values {
		d := demandOfValue(columns, &it.Values[i])
		switch {
		case d == nil && !it.All:
			return nil
		case d != nil && it.All:
			sum = append(sum, d)
		default:
			either = append(either, d...)
		}
	}
	if len(either) > 0 {
		sum = append(sum, either)
	}
	return sum
}

// demandOfValue tells where what a value demands has to be.
func demandOfValue(columns []column, v *sigma.Value) demand {
	if v.Kind == sigma.TextValue && len(v.Pattern) == 0 {
		return nil
	}
	sets := literalsOf(v)
	var d demand
	for _, c := range columns {
		more, ok := demandIn(c, sets)
		if c == extensionColumn {
			more, ok = demandIn(c, dotted(v, sets))
		}
		if !ok {
			return nil
		}
		for _, t := range more {
			if !slices.Contains(d, t) {
				d = append(d, t)
			}
		}
	}
	return d
}

// literalsOf gives the sets of literals that a value demands.
func literalsOf(v *sigma.Value) []literals {
	switch v.Kind {
	case sigma.RegexpValue:
		return ofExpression(v.Regexp)
	case sigma.NumberValue:
		return []literals{{strconv.FormatFloat(v.Number, 'f', -1, 64)}}
	case sigma.BoolValue:
		return []literals{{strconv.FormatBool(v.Bool)}}
	}
	return ofPattern(v.Pattern)
}

// dotted puts the dot of an extension before a pattern that begins with a
// literal.
func dotted(v *sigma.Value, sets []literals) []literals {
	if v.Kind != sigma.TextValue || v.Pattern[0].Kind != sigma.Literal {
		return sets
	}
	return append(ofPattern(sigma.Pattern{{Kind: sigma.Literal, Text: "." + v.Pattern[0].Text}}), sets...)
}

// demandIn gives the triggers for one column. It fails when the column is not
// scanned, or nothing in it is demanded. A column of numbers that cannot match
// needs no trigger.
func demandIn(c column, sets []literals) (demand, bool) {
	switch {
	case c.shape() == attackShape:
		return demand{{lane: attackColumn}}, true
	case c.shape() == numberShape:
		return nil, noNumber(sets)
	case c == requestColumn:
		sets = withoutSpaces(sets)
	case c.shape() != textShape && c.shape() != listShape:
		return nil, false
	}
	var d demand
	for _, lane := range lanesOf(c) {
		set := best(lane, sets)
		if len(set) == 0 {
			return nil, false
		}
		for _, literal := range set {
			part, _ := rarest(lane, literal)
			d = append(d, trigger{lane, part})
		}
	}
	return d, true
}

// lanesOf gives the lanes that a column's texts pass through.
func lanesOf(c column) []column {
	switch c {
	case textColumn(event.Path), textColumn(event.Query), targetColumn, urlColumn, extensionColumn:
		return []column{targetColumn}
	case requestColumn:
		return []column{textColumn(event.Method), targetColumn, textColumn(event.Protocol)}
	}
	return []column{c}
}

// noNumber tells whether no number can match what demands the sets.
func noNumber(sets []literals) bool {
	for _, set := range sets {
		impossible := true
		for _, literal := range set {
			impossible = impossible && strings.Trim(literal, "-0123456789") != ""
		}
		if impossible {
			return true
		}
	}
	return false
}

// withoutSpaces gives sets that hold where a text was put together from parts
// with spaces between them: each literal by its rarest part.
func withoutSpaces(sets []literals) (parts []literals) {
	for _, set := range sets {
		var part literals
		for _, literal := range set {
			var words []literals
			for _, word := range strings.Fields(literal) {
				words = append(words, literals{word})
			}
			if rare := best(targetColumn, words); rare != nil {
				part = append(part, rare...)
			}
		}
		if len(part) == len(set) {
			parts = append(parts, part)
		}
	}
	return parts
}
