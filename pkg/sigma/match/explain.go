package match

import (
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Explanation tells why a rule holds of a row, or why it does not.
type Explanation struct {
	Rule string `json:"rule"` // its key
	Held bool   `json:"held"`
	// Reason is why the rule is not about the row's log at all; its condition
	// is explained nevertheless.
	Reason    string `json:"reason,omitempty"`
	Condition Step   `json:"condition"`
}

// StepKind is what a step of an explanation is.
type StepKind string

// The kinds of steps.
const (
	AndStep    StepKind = "and"
	OrStep     StepKind = "or"
	NotStep    StepKind = "not"
	SearchStep StepKind = "search"
	ItemStep   StepKind = "item"
)

// Step is a part of a condition. Steps are what an and, an or, a not or a
// search is made of.
type Step struct {
	Kind  StepKind    `json:"kind"`
	Text  string      `json:"text,omitempty"` // a search's name; an item's field and modifiers as written
	Held  bool        `json:"held"`
	Place sigma.Place `json:"place"` // of an item
	// Seen are the values that an item looked at: none when the field is
	// unknown.
	Seen []Seen `json:"seen,omitempty"`
	// Values are those that an item asks for.
	Values []Asked `json:"values,omitempty"`
	Steps  []Step  `json:"steps,omitempty"`
}

// Seen is a value that a field has on the row.
type Seen struct {
	Column  string `json:"column"` // where it is from
	Text    string `json:"text"`
	Decoded bool   `json:"decoded,omitempty"` // it is a decoded form
}

// Asked is a value that an item asks for.
type Asked struct {
	Text string `json:"text"` // as the rule has it
	Met  bool   `json:"met"`  // the row meets it; with neq that speaks against the item
	By   *Seen  `json:"by,omitempty"`
}

// Explain tells how each part of a rule's condition judges a row. It is safe
// for concurrent use.
func Explain(r *sigma.Rule, b *event.Batch, row int) Explanation {
	x := Explanation{Rule: r.Key(), Reason: unfit(r)}
	if x.Reason == "" && !covers(r.LogSource, b.Kind, b.Direction) {
		x.Reason = "the rule is not about " + b.Kind.String() + " logs of direction " + b.Direction.String()
	}
	var p plain
	p.turn(b, row)
	x.Condition = p.explain(r.Condition)
	x.Held = x.Reason == "" && x.Condition.Held
	return x
}

func (p *plain) explain(n sigma.Node) Step {
	st := Step{Held: p.node(n)}
	switch n := n.(type) {
	case sigma.And:
		st.Kind, st.Steps = AndStep, p.explainAll(n)
	case sigma.Or:
		st.Kind, st.Steps = OrStep, p.explainAll(n)
	case sigma.Not:
		st.Kind, st.Steps = NotStep, p.explainAll([]sigma.Node{n.Node})
	case *sigma.Search:
		st.Kind, st.Text, st.Steps = SearchStep, n.Name, p.explainAll([]sigma.Node{n.Node})
	case *sigma.Item:
		st.Kind, st.Text, st.Place = ItemStep, written(n), n.Place
		st.Seen, st.Values = p.looked(n), p.asked(n)
	}
	return st
}

func (p *plain) explainAll(nodes []sigma.Node) []Step {
	steps := make([]Step, len(nodes))
	for i, n := range nodes {
		steps[i] = p.explain(n)
	}
	return steps
}

// written is an item's field and modifiers as they stand in the rule.
func written(it *sigma.Item) string {
	if it.Field == "" && len(it.Modifiers) == 0 {
		return "keywords"
	}
	return strings.Join(append([]string{it.Field}, it.Modifiers...), "|")
}

// looked lists the values that an item looks at. Keywords look at so many
// that only those columns are listed in which one was found.
func (p *plain) looked(it *sigma.Item) (seen []Seen) {
	columns, _ := columnsOf(it)
	if it.Field == "" {
		columns = p.whereFound(it, columns)
	}
	for _, c := range columns {
		for _, v := range p.values(c) {
			seen = append(seen, Seen{Column: c.String(), Text: string(v.text), Decoded: v.decoded})
		}
	}
	return seen
}

func (p *plain) whereFound(it *sigma.Item, columns []column) []column {
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool {
		return !slices.ContainsFunc(it.Values, func(v sigma.Value) bool {
			_, held := p.seen([]column{c}, it, &v)
			return held
		})
	})
}

// asked tells of each value of an item whether it is met, and by what.
func (p *plain) asked(it *sigma.Item) []Asked {
	asked := make([]Asked, len(it.Values))
	for i := range it.Values {
		v := &it.Values[i]
		asked[i] = Asked{Text: v.Written, Met: p.value(it, v)}
		if by, ok := p.seenBy(it, v); ok && asked[i].Met {
			asked[i].By = &Seen{by.column.String(), by.text, by.decoded}
		}
	}
	return asked
}

// seenBy finds what meets a value that is compared with texts or numbers.
func (p *plain) seenBy(it *sigma.Item, v *sigma.Value) (found, bool) {
	switch {
	case it.Op == sigma.Exists, it.Op == sigma.Null, it.Op == sigma.SameAs, it.Part != sigma.WholeValue, it.Field != "" && emptyText(v):
		return found{}, false
	}
	columns, _ := columnsOf(it)
	return p.seen(columns, it, v)
}
