package match

import (
	"cmp"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// step is one instruction of a condition: evaluate an atom, and go on with
// another step, or end.
type step struct{ atom, yes, no int32 }

// The ends of a condition.
const (
	holdsEnd = -1
	failsEnd = -2
)

// coder writes the conditions of rules as steps, last step first.
type coder struct {
	atoms []atom
	known map[string]int32      // atoms by what they ask
	items map[*sigma.Item]int32 // and by item
	first []*sigma.Item         // by atom: an item that asks it
	code  []step
}

// rule writes the condition of a rule, and gives the step to begin with. What
// it demands of the status alone is left out: rules are not looked at on rows
// whose status excludes them, see [Program.maskStatuses].
func (c *coder) rule(n sigma.Node) int32 {
	var rest sigma.And
	for _, part := range conjuncts(n, nil) {
		if it, ok := part.(*sigma.Item); ok && asksStatus(it) {
			c.atom(it) // for the gates
			continue
		}
		rest = append(rest, part)
	}
	return c.node(rest, holdsEnd, failsEnd)
}

// conjuncts appends the parts of a condition that all have to hold.
func conjuncts(n sigma.Node, parts []sigma.Node) []sigma.Node {
	switch n := n.(type) {
	case sigma.And:
		for _, part := range n {
			parts = conjuncts(part, parts)
		}
		return parts
	case *sigma.Search:
		return conjuncts(n.Node, parts)
	}
	return append(parts, n)
}

// asksStatus tells whether an item asks for the status alone.
func asksStatus(it *sigma.Item) bool {
	columns, known := columnsOf(it)
	return known && it.Op != sigma.SameAs && len(columns) == 1 && columns[0] == numberColumn(event.Status)
}

// node writes a condition, and gives the step to begin with.
func (c *coder) node(n sigma.Node, yes, no int32) int32 {
	switch n := n.(type) {
	case sigma.And:
		for _, part := range slices.Backward(c.cheapFirst(n)) {
			yes = c.node(part, yes, no)
		}
		return yes
	case sigma.Or:
		for _, part := range slices.Backward(c.cheapFirst(n)) {
			no = c.node(part, yes, no)
		}
		return no
	case sigma.Not:
		return c.node(n.Node, no, yes)
	case *sigma.Search:
		return c.node(n.Node, yes, no)
	case *sigma.Item:
		if n.Not {
			yes, no = no, yes
		}
		c.code = append(c.code, step{c.atom(n), yes, no})
		return int32(len(c.code) - 1)
	}
	return no
}

// atom finds or makes the atom of an item.
func (c *coder) atom(it *sigma.Item) int32 {
	if i, ok := c.items[it]; ok {
		return i
	}
	key := keyOf(it)
	i, ok := c.known[key]
	if !ok {
		i = int32(len(c.atoms))
		c.known[key] = i
		c.atoms, c.first = append(c.atoms, newAtom(it)), append(c.first, it)
	}
	c.items[it] = i
	return i
}

// cheapFirst orders the parts of a condition by what they cost.
func (c *coder) cheapFirst(nodes []sigma.Node) []sigma.Node {
	return slices.SortedStableFunc(slices.Values(nodes), func(a, b sigma.Node) int {
		return cmp.Compare(c.cost(a), c.cost(b))
	})
}

// cost is what a condition costs when all of it is evaluated.
func (c *coder) cost(n sigma.Node) int {
	switch n := n.(type) {
	case sigma.And:
		return c.costs(n)
	case sigma.Or:
		return c.costs(n)
	case sigma.Not:
		return c.cost(n.Node)
	case *sigma.Search:
		return c.cost(n.Node)
	case *sigma.Item:
		return c.atoms[c.atom(n)].cost
	}
	return 0
}

func (c *coder) costs(nodes []sigma.Node) (sum int) {
	for _, n := range nodes {
		sum += c.cost(n)
	}
	return sum
}
