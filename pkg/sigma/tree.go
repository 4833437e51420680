package sigma

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// shape is what a tree is.
type shape uint8

const (
	mapping shape = iota
	sequence
	text
	number
	boolean
	null
)

func (s shape) String() string {
	return [...]string{"a map", "a list", "text", "a number", "true or false", "empty"}[s]
}

// tree is a YAML value with its place. Aliases are resolved: what an alias
// stands for is the same tree as its anchor's.
type tree struct {
	shape        shape
	line, column int
	text         string // a scalar as it is written, without quotes
	number       float64
	boolean      bool
	entries      []entry // of a mapping
	items        []*tree // of a sequence
	size, depth  int     // of the whole tree, aliases counted where they stand
}

// entry is a key with its value.
type entry struct{ key, value *tree }

// get gives the value of a key, or nil.
func (t *tree) get(key string) *tree {
	if t == nil {
		return nil
	}
	for _, e := range t.entries {
		if e.key.text == key {
			return e.value
		}
	}
	return nil
}

// scalar tells whether t is one value.
func (t *tree) scalar() bool { return t.shape >= text }

// planting turns the library's nodes into trees.
type planting struct {
	first   int // line of the document's first line in the file, 0-based
	anchors map[string]*tree
	err     *misplaced
}

// misplaced is a mistake at a place in a document.
type misplaced struct {
	line, column  int
	message, hint string
}

func (p *planting) refuse(at *token.Token, message, hint string) *tree {
	if p.err == nil {
		p.err = &misplaced{line: at.Position.Line + p.first, column: at.Position.Column, message: message, hint: hint}
	}
	return &tree{shape: null, size: 1}
}

func (p *planting) plant(n ast.Node) *tree {
	t := p.grow(n)
	if t.size > maxNodes {
		return p.refuse(n.GetToken(), "the document has more than "+strconv.Itoa(maxNodes)+" values, those of aliases counted", "split it")
	}
	if t.depth > maxNesting {
		return p.refuse(n.GetToken(), "values are nested more than "+strconv.Itoa(maxNesting)+" deep", "")
	}
	return t
}

func (p *planting) grow(n ast.Node) *tree {
	switch n := n.(type) {
	case *ast.MappingNode:
		return p.mapping(n, n.Values)
	case *ast.MappingValueNode:
		return p.mapping(n, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		return p.sequence(n)
	case *ast.AnchorNode:
		return p.anchor(n)
	case *ast.AliasNode:
		return p.alias(n)
	case *ast.TagNode:
		return p.tagged(n)
	case *ast.MappingKeyNode:
		return p.plant(n.Value)
	}
	return p.scalar(n)
}

func (p *planting) at(n ast.Node, s shape) *tree {
	pos := n.GetToken().Position
	return &tree{shape: s, line: pos.Line + p.first, column: pos.Column, size: 1}
}

func (p *planting) mapping(n ast.Node, values []*ast.MappingValueNode) *tree {
	t := p.at(n, mapping)
	if len(values) > 0 {
		pos := values[0].Key.GetToken().Position
		t.line, t.column = pos.Line+p.first, pos.Column
	}
	for _, v := range values {
		key, value := p.plant(v.Key), p.plant(v.Value)
		if v.Key.IsMergeKey() {
			p.merge(t, v.Key.GetToken(), value)
			continue
		}
		if !key.scalar() {
			return p.refuse(v.Key.GetToken(), "a key is "+key.shape.String(), "want text")
		}
		t.add(key, value)
	}
	return t
}

// merge adds the entries that "<<" refers to.
func (p *planting) merge(t *tree, at *token.Token, from *tree) {
	sources := []*tree{from}
	if from.shape == sequence {
		sources = from.items
	}
	for _, source := range sources {
		if source.shape != mapping {
			p.refuse(at, `"<<" merges `+source.shape.String(), "want a map")
			return
		}
		for _, e := range source.entries {
			if t.get(e.key.text) == nil {
				t.add(e.key, e.value)
			}
		}
	}
}

func (t *tree) add(key, value *tree) {
	t.entries = append(t.entries, entry{key, value})
	t.grown(value)
}

// grown counts a tree's new child. Sizes stop growing at a bound, so that
// they cannot overflow.
func (t *tree) grown(child *tree) {
	t.size = min(t.size+child.size, 2*maxNodes)
	t.depth = max(t.depth, child.depth+1)
}

func (p *planting) sequence(n *ast.SequenceNode) *tree {
	t := p.at(n, sequence)
	for _, v := range n.Values {
		item := p.plant(v)
		t.items = append(t.items, item)
		t.grown(item)
	}
	return t
}

func (p *planting) anchor(n *ast.AnchorNode) *tree {
	t := p.plant(n.Value)
	p.anchors[n.Name.GetToken().Value] = t
	return t
}

func (p *planting) alias(n *ast.AliasNode) *tree {
	name := n.Value.GetToken().Value
	if t := p.anchors[name]; t != nil {
		return t
	}
	return p.refuse(n.GetToken(), "nothing before has the anchor &"+name, "text that begins with * is put in quotes: "+inQuotes("*"+name))
}

// tagged heeds "!!str"; other tags say nothing that a rule could need.
func (p *planting) tagged(n *ast.TagNode) *tree {
	t := p.plant(n.Value)
	if n.GetToken().Value == "!!str" && t.scalar() {
		plain := *t
		plain.shape = text
		return &plain
	}
	return t
}

func (p *planting) scalar(n ast.Node) *tree {
	if n == nil {
		return &tree{shape: null, size: 1, line: p.first + 1, column: 1}
	}
	t := p.at(n, text)
	t.text = n.GetToken().Value
	switch n := n.(type) {
	case *ast.NullNode:
		t.shape = null
	case *ast.BoolNode:
		t.shape, t.boolean = boolean, n.Value
	case *ast.LiteralNode:
		t.text = n.Value.Value
	case *ast.StringNode:
		t.text = n.Value
		if n.Token.Type == token.StringType {
			t.plain()
		}
	default:
		t.plain()
	}
	return t
}

var (
	decimals = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	prefixed = regexp.MustCompile(`^0(x[0-9a-fA-F]+|o[0-7]+)$`)
)

// plain makes a number of a scalar without quotes that looks like one by
// YAML's core schema.
func (t *tree) plain() {
	switch {
	case prefixed.MatchString(t.text):
		n, err := strconv.ParseUint(t.text, 0, 64)
		t.asNumber(float64(n), err)
	case decimals.MatchString(t.text):
		n, err := strconv.ParseFloat(strings.TrimPrefix(t.text, "+"), 64)
		t.asNumber(n, err)
	}
}

func (t *tree) asNumber(n float64, err error) {
	if err == nil && !math.IsInf(n, 0) {
		t.shape, t.number = number, n
	}
}
