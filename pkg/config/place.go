package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// place is where a token stands in a file: the nodes from the top down to it.
type place []ast.Node

// placeOf finds the innermost node whose token stands at a line and a column;
// empty = nowhere.
func placeOf(top ast.Node, line, column int) place {
	if top == nil || line == 0 {
		return nil
	}
	f := &finder{line: line, column: column}
	ast.Walk(f, top)
	return f.found
}

// finder walks to a position. It is an ast.Visitor.
type finder struct {
	line, column int
	path         place
	found        place
}

// Visit implements ast.Visitor.
func (f *finder) Visit(n ast.Node) ast.Visitor {
	at := append(slices.Clone(f.path), n)
	if tk := n.GetToken(); tk != nil && tk.Position.Line == f.line && tk.Position.Column == f.column && len(at) > len(f.found) {
		f.found = at
	}
	return &finderBelow{f, at}
}

// finderBelow is a finder below a node.
type finderBelow struct {
	of   *finder
	path place
}

// Visit implements ast.Visitor.
func (f *finderBelow) Visit(n ast.Node) ast.Visitor {
	f.of.path = f.path
	return f.of.Visit(n)
}

// remove takes the entry out of its section or list in which the place is, and
// tells whether there was one.
func (p place) remove() bool {
	for i := len(p) - 1; i > 0; i-- {
		switch parent := p[i-1].(type) {
		case *ast.MappingNode:
			before := len(parent.Values)
			parent.Values = slices.DeleteFunc(parent.Values, func(v *ast.MappingValueNode) bool { return ast.Node(v) == p[i] })
			return len(parent.Values) < before
		case *ast.SequenceNode:
			at := slices.IndexFunc(parent.Values, func(v ast.Node) bool { return v == p[i] })
			if at < 0 {
				return false
			}
			parent.Values = slices.Delete(parent.Values, at, at+1)
			return true
		}
	}
	return false
}

// section names the section that the place is in as the reference does: "",
// "api.", "sources[].".
func (p place) section() string {
	name := ""
	for i, n := range p {
		switch n := n.(type) {
		case *ast.MappingValueNode:
			if i+1 < len(p) && p[i+1] == ast.Node(n.Key) {
				return name // the key itself
			}
			name += n.Key.GetToken().Value + "."
		case *ast.SequenceNode:
			name = strings.TrimSuffix(name, ".") + "[]."
		}
	}
	return name
}

// sectionAt is the key at the top of a file under which a line stands; "" =
// nobody knows.
func sectionAt(tree *ast.File, line int) string {
	section := ""
	if tree == nil || line == 0 {
		return section
	}
	for _, body := range documents(tree) {
		entries := []*ast.MappingValueNode{}
		switch top := body.(type) {
		case *ast.MappingNode:
			entries = top.Values
		case *ast.MappingValueNode:
			entries = append(entries, top)
		}
		for _, v := range entries {
			if tk := v.Key.GetToken(); tk.Position.Line <= line {
				section = tk.Value
			}
		}
	}
	return section
}
