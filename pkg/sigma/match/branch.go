package match

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Branch is a search, or a value of an item, that a test of a rule may
// exercise.
type Branch struct {
	ID    int         // its place in [Branches]
	Place sigma.Place // of the item; of a search its first item
	Text  string      // for people
}

// branch is a Branch with what it asks: a search, or one of the values that a
// written value stands for, by windash and the like.
type branch struct {
	Branch
	search *sigma.Search
	values []valueOf
}

type valueOf struct {
	item  *sigma.Item
	value *sigma.Value
}

// Branches lists the searches and values of a rule's condition, each once, in
// their order.
func Branches(r *sigma.Rule) []Branch {
	all := branchesOf(r)
	list := make([]Branch, len(all))
	for i := range all {
		list[i] = all[i].Branch
	}
	return list
}

// Covered gives the IDs of the branches that are true of a row, neq and not
// aside: a filter is exercised by what it filters out.
func Covered(r *sigma.Rule, b *event.Batch, row int, o Options) (ids []int) {
	p := plain{record{raw: o.Raw}}
	p.turn(b, row)
	for _, br := range branchesOf(r) {
		if p.covers(&br) {
			ids = append(ids, br.ID)
		}
	}
	return ids
}

func (p *plain) covers(br *branch) bool {
	if br.search != nil {
		return p.node(br.search.Node)
	}
	return slices.ContainsFunc(br.values, func(v valueOf) bool { return p.value(v.item, v.value) })
}

func branchesOf(r *sigma.Rule) []branch {
	l := branchLister{known: map[Branch]int{}}
	l.node(r.Condition)
	return l.all
}

// branchLister goes through a condition.
type branchLister struct {
	all   []branch
	known map[Branch]int // by all but the ID: what a condition names several times counts once
}

func (l *branchLister) node(n sigma.Node) {
	switch n := n.(type) {
	case sigma.And:
		for _, part := range n {
			l.node(part)
		}
	case sigma.Or:
		for _, part := range n {
			l.node(part)
		}
	case sigma.Not:
		l.node(n.Node)
	case *sigma.Search:
		place := firstPlace(n.Node)
		l.add(branch{Branch: Branch{Place: place, Text: n.Name}, search: n})
		l.node(n.Node)
	case *sigma.Item:
		for i := range n.Values {
			v := &n.Values[i]
			l.add(branch{Branch: Branch{Place: n.Place, Text: written(n) + ": " + v.Written}, values: []valueOf{{n, v}}})
		}
	}
}

func (l *branchLister) add(b branch) {
	i, ok := l.known[b.Branch]
	if ok {
		l.all[i].values = append(l.all[i].values, b.values...)
		return
	}
	l.known[b.Branch] = len(l.all)
	b.ID = len(l.all)
	l.all = append(l.all, b)
}

// firstPlace is where the first item of a condition stands.
func firstPlace(n sigma.Node) (place sigma.Place) {
	found := false
	sigma.Walk(n, func(it *sigma.Item) {
		if !found {
			place, found = it.Place, true
		}
	})
	return place
}
