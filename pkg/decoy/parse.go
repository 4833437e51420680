package decoy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// catalogueVersion is the version of the catalogue's own format.
const catalogueVersion = 1

// Limits of a catalogue.
const (
	maxCatalogue = 4 << 20
	maxNesting   = 64
)

// Parse reads catalogues in YAML and compiles them into one. Each source is
// checked whole; the error is a mistake.List, with file, line, column and a hint for
// each. Ids must be unique over all sources.
func Parse(sources ...Source) (*Catalogue, error) {
	p := problemList{}
	var decoys []Decoy
	ids := map[string]string{}
	for _, s := range sources {
		r := reading{file: s.Name, problems: &p, ids: ids}
		decoys = append(decoys, r.catalogue(s.Data)...)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return New(decoys), nil
}

// Source is one file of a catalogue.
type Source struct {
	Name string // for errors
	Data []byte
}

type problemList struct{ problems mistake.List }

// reading is the state of reading one file.
type reading struct {
	file     string
	problems *problemList
	ids      map[string]string // id → where it was given
}

func (r *reading) fail(t *token.Token, hint, format string, args ...any) {
	p := mistake.Mistake{File: r.file, Message: fmt.Sprintf(format, args...), Hint: hint}
	if t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	r.problems.problems = append(r.problems.problems, p)
}

func (r *reading) failWith(err error, hint string) {
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		r.fail(positioned.GetToken(), hint, "%s", positioned.GetMessage())
		return
	}
	r.fail(nil, hint, "%s", err)
}

func (r *reading) catalogue(data []byte) []Decoy {
	start := len(r.problems.problems)
	defer func() {
		slices.SortStableFunc(r.problems.problems[start:], func(a, b mistake.Mistake) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
	}()
	if !r.readable(data) {
		return nil
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		r.failWith(err, "the file is not valid YAML")
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		r.fail(nil, `begin with "version: 1" and "decoys:"`, "want one YAML document, found %d", len(file.Docs))
		return nil
	}
	return r.root(file.Docs[0].Body)
}

// readable turns away what would cost the YAML parser too much.
func (r *reading) readable(data []byte) bool {
	if len(data) > maxCatalogue {
		r.fail(nil, "split it over several files", "the catalogue is larger than %d MiB", maxCatalogue>>20)
		return false
	}
	depth := 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case 0:
			r.fail(nil, "is it a text file?", "the catalogue holds a zero byte")
			return false
		}
		if depth > maxNesting {
			r.fail(nil, "", "brackets are nested more than %d deep", maxNesting)
			return false
		}
	}
	return true
}

func (r *reading) root(body ast.Node) []Decoy {
	fields := r.fields(body, "the catalogue", "version", "responses", "decoys")
	if fields == nil {
		return nil
	}
	r.version(fields["version"], body)
	answers := r.answers(fields["responses"])
	list, ok := fields["decoys"].(*ast.SequenceNode)
	if !ok {
		r.fail(tokenOf(fields["decoys"], body), `write "decoys:" and below it one "- id: …" for each`, "want a list of decoys")
		return nil
	}
	var decoys []Decoy
	for _, node := range list.Values {
		if d, ok := r.decoy(node, answers); ok {
			decoys = append(decoys, d)
		}
	}
	return decoys
}

func (r *reading) version(node, body ast.Node) {
	var v int
	if node == nil || yaml.NodeToValue(node, &v) != nil || v != catalogueVersion {
		r.fail(tokenOf(node, body), `write "version: 1" at the top`, "want the version of the format, which is %d", catalogueVersion)
	}
}

func (r *reading) answers(node ast.Node) map[string]Response {
	answers := map[string]Response{}
	if node == nil {
		return answers
	}
	for _, entry := range r.entries(node, "responses") {
		answers[entry.Key.GetToken().Value] = r.response(entry.Value, answers)
	}
	return answers
}

// entries gives the entries of a mapping, or reports that node is none.
func (r *reading) entries(node ast.Node, what string) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	r.fail(tokenOf(node, nil), "", "want keys and values for %s", what)
	return nil
}

// fields gives the values of a mapping by key and reports keys that are not
// among those allowed; nil when node is no mapping.
func (r *reading) fields(node ast.Node, what string, allowed ...string) map[string]ast.Node {
	entries := r.entries(node, what)
	if entries == nil {
		return nil
	}
	fields := map[string]ast.Node{}
	for _, e := range entries {
		key := e.Key.GetToken().Value
		if !slices.Contains(allowed, key) {
			r.fail(e.Key.GetToken(), nearest(key, allowed), "%s has no key %q", what, key)
			continue
		}
		fields[key] = e.Value
	}
	return fields
}

// tokenOf is where a node stands, or where its parent does when it is missing.
func tokenOf(node, parent ast.Node) *token.Token {
	for _, n := range []ast.Node{node, parent} {
		if n == nil {
			continue
		}
		if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
			return m.Values[0].Key.GetToken()
		}
		if m, ok := n.(*ast.MappingValueNode); ok {
			return m.Key.GetToken()
		}
		return n.GetToken()
	}
	return nil
}

// value reads a node into v, and reports whether it could.
func value[T any](r *reading, node ast.Node, v *T, hint string) bool {
	if node == nil {
		return false
	}
	if err := yaml.NodeToValue(node, v, yaml.Strict()); err != nil {
		r.failWith(err, hint)
		return false
	}
	return true
}
