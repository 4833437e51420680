package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// maxMistakes is how many mistakes of a file's form are told at once.
const maxMistakes = 50

// decode reads strict YAML over the defaults that into holds. keys are the
// known keys, for hints. All keys and values that cannot be read are told; what
// can is in into all the same, with the defaults of the others.
func decode[T any](name string, data []byte, into *T, keys []string) mistake.List {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return mistake.List{mistakeOf(name, data, err, nil, keys)}
	}
	bodies := documents(tree)
	switch len(bodies) {
	case 0:
		return nil // the library would set everything to zero
	case 1:
	default:
		at := bodies[1].GetToken().Position
		return mistake.List{{File: name, Line: at.Line, Column: at.Column, Message: "a second document", Hint: "want one; take out the line with ---"}}
	}
	var all mistake.List
	for {
		read := *into
		err := yaml.NewDecoder(bytes.NewReader(nil), yaml.Strict()).DecodeFromNode(bodies[0], &read)
		if err == nil {
			*into = read
			return all
		}
		m := mistakeOf(name, data, err, bodies[0], keys)
		all = append(all, m)
		if len(all) == maxMistakes || !placeOf(bodies[0], m.Line, m.Column).remove() {
			return all
		}
	}
}

func mistakeOf(name string, data []byte, err error, top ast.Node, keys []string) mistake.Mistake {
	p := mistake.Mistake{File: name, Message: err.Error()}
	var told yaml.Error
	if errors.As(err, &told) {
		p.Message = told.GetMessage()
		if tk := told.GetToken(); tk != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
			p.Hint = hint(err, tk, placeOf(top, p.Line, p.Column), keys)
		}
	}
	inWords(err, data, &p)
	return p
}

// documents are the bodies of those that hold something.
func documents(tree *ast.File) []ast.Node {
	var bodies []ast.Node
	for _, doc := range tree.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.NullType {
			bodies = append(bodies, doc.Body)
		}
	}
	return bodies
}

// hint tells of a key that is not known which one was meant: one that stands in
// the same place, or one of the same name that stands elsewhere.
func hint(err error, tk *token.Token, at place, keys []string) string {
	var unknown *yaml.UnknownFieldError
	if !errors.As(err, &unknown) {
		return ""
	}
	section := at.section()
	if key := mistake.Nearest(tk.Value, beside(keys, section)); key != "" {
		return fmt.Sprintf("did you mean %q?", key)
	}
	for _, key := range keys {
		if strings.HasSuffix("."+key, "."+tk.Value) {
			return fmt.Sprintf("is %s meant?", key)
		}
	}
	if known := beside(keys, section); len(known) > 0 && len(known) <= 12 {
		return "want one of " + strings.Join(known, ", ")
	}
	return "`honeymoat reference` lists all keys"
}

// beside are the names of the keys in a section: "listen" in "api.".
func beside(keys []string, section string) []string {
	var names []string
	for _, key := range keys {
		if name, ok := strings.CutPrefix(key, section); ok && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return names
}

// checker collects the mistakes that YAML's grammar does not see.
type checker struct {
	file     string
	tree     *ast.File
	problems mistake.List
	// unread are the sections of which something could not be read: what is
	// wrong with the rest of one may come of that.
	unread []string
}

// newChecker makes a checker of a file, of which decode has told mistakes.
func newChecker(file string, data []byte, told mistake.List) *checker {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		tree = nil // decode has told about it
	}
	c := &checker{file: file, tree: tree, problems: told}
	for _, m := range told {
		c.unread = append(c.unread, sectionAt(tree, m.Line))
	}
	return c
}

// add tells a mistake at a YAML path such as "$.sources[0].paths".
func (c *checker) add(path, message, hint string) {
	if slices.Contains(c.unread, sectionOf(path)) || slices.Contains(c.unread, "") {
		return
	}
	p := mistake.Mistake{File: c.file, Message: strings.TrimPrefix(path, "$.") + ": " + message, Hint: hint}
	for path != "" && path != "$" {
		if tk := c.token(path); tk != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
			break
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)] // the key is missing: point to its parent
	}
	c.problems = append(c.problems, p)
}

// sectionOf is the key at the top of a YAML path.
func sectionOf(path string) string {
	path = strings.TrimPrefix(path, "$.")
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

func (c *checker) token(path string) *token.Token {
	at, err := yaml.PathString(path)
	if err != nil || c.tree == nil {
		return nil
	}
	node, err := at.FilterFile(c.tree)
	if err != nil || node == nil {
		return nil
	}
	return node.GetToken()
}

// err is all mistakes, in the order of the file.
func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(c.problems, func(a, b mistake.Mistake) int { return a.Line - b.Line })
	return c.problems
}
