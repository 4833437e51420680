package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

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
	p := mistake.Mistake{File: name, Message: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		p.Message = at.GetMessage()
		if tk := at.GetToken(); tk != nil {
			p.Line, p.Column = tk.Position.Line, tk.Position.Column
			p.Hint = hint(err, tk, keys)
		}
	}
	inWords(err, data, &p)
	return mistake.List{p}
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
	if key := mistake.Nearest(tk.Value, lastParts(keys)); key != "" {
		return fmt.Sprintf("did you mean %q?", key)
	}
	return "`honeymoat reference` lists all keys"
}

// lastParts are the keys as they stand in a file: "listen" of "api.listen".
func lastParts(keys []string) []string {
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = key[strings.LastIndexByte(key, '.')+1:]
	}
	return parts
}

// checker collects the mistakes that YAML's grammar does not see.
type checker struct {
	file     string
	tree     *ast.File
	problems mistake.List
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
