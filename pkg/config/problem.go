package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Problem is one mistake in a file.
type Problem struct {
	File    string
	Line    int // 1-based; 0 = the file as a whole
	Column  int // 1-based
	Message string
	Hint    string // what to do about it; may be empty
}

// Error is "file:line:column: message (hint)".
func (p Problem) Error() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	s += ": " + p.Message
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Problems is all mistakes of a file; as an error it has one line for each.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// decode reads strict YAML over the defaults that into holds. keys are the
// known keys, for hints.
func decode(name string, data []byte, into any, keys []string) error {
	if tree, err := parser.ParseBytes(data, 0); err == nil && empty(tree) {
		return nil // the library would set everything to zero
	}
	err := yaml.UnmarshalWithOptions(data, into, yaml.Strict())
	if err == nil {
		return nil
	}
	p := Problem{File: name, Message: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		p.Message = at.GetMessage()
		if tk := at.GetToken(); tk != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
			p.Hint = hint(err, tk, keys)
		}
	}
	return Problems{p}
}

func empty(tree *ast.File) bool {
	for _, doc := range tree.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.NullType {
			return false
		}
	}
	return true
}

func hint(err error, tk *token.Token, keys []string) string {
	var unknown *yaml.UnknownFieldError
	if !errors.As(err, &unknown) {
		return ""
	}
	if key := closest(tk.Value, keys); key != "" {
		return fmt.Sprintf("did you mean %q?", key)
	}
	return "`honeymoat reference` lists all keys"
}

// closest gives the last part of the key that is most like word, or "".
func closest(word string, keys []string) string {
	best, limit := "", len(word)/2+1
	for _, key := range keys {
		last := key[strings.LastIndexByte(key, '.')+1:]
		if d := distance(word, last); d < limit {
			best, limit = last, d
		}
	}
	return best
}

// distance is the edit distance between two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// checker collects the mistakes that YAML's grammar does not see.
type checker struct {
	file     string
	tree     *ast.File
	problems Problems
}

func newChecker(file string, data []byte) *checker {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		tree = nil // decode has told about it
	}
	return &checker{file: file, tree: tree}
}

// add tells a mistake at a YAML path such as "$.sources[0].paths".
func (c *checker) add(path, message, hint string) {
	p := Problem{File: c.file, Message: strings.TrimPrefix(path, "$.") + ": " + message, Hint: hint}
	for path != "" && path != "$" {
		if tk := c.token(path); tk != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
			break
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)] // the key is missing: point to its parent
	}
	c.problems = append(c.problems, p)
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

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return c.problems
}
