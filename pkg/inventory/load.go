package inventory

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Limits of a document.
const (
	maxDocument = 32 << 20
	maxNesting  = 200
)

// Load reads an OpenAPI document, version 2.0 ("Swagger") or 3, in YAML or
// JSON. The name stands in errors, and for a missing title. Only servers,
// paths, methods, operation ids and tags are looked at: the rest may be wrong,
// and references to other files or addresses are never followed. The error is
// a mistake.List, with line and column where they are known.
//
// A server on localhost, or without a host, means every host.
func Load(name string, data []byte) (*Spec, error) {
	l := loading{file: name}
	doc := l.document(data)
	if doc == nil {
		return nil, l.problems
	}
	spec := l.spec(doc)
	if len(l.problems) > 0 {
		slices.SortStableFunc(l.problems, func(a, b mistake.Mistake) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, l.problems
	}
	return spec, nil
}

// loading is the state of loading one document.
type loading struct {
	file     string
	problems mistake.List
	root     ast.Node
}

func (l *loading) fail(t *token.Token, hint, format string, args ...any) {
	m := mistake.Mistake{File: l.file, Message: fmt.Sprintf(format, args...), Hint: hint}
	if t != nil && t.Position != nil {
		m.Line, m.Column = t.Position.Line, t.Position.Column
	}
	l.problems = append(l.problems, m)
}

// document gives the part of a document that matters, or nil.
func (l *loading) document(data []byte) *openapi3.T {
	if !l.readable(data) {
		return nil
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		l.failYAML(err)
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		l.fail(nil, "put each API into a file of its own", "want one document, found %d", len(file.Docs))
		return nil
	}
	l.root = file.Docs[0].Body
	var raw map[string]any
	if err := yaml.NodeToValue(l.root, &raw); err != nil {
		l.failYAML(err)
		return nil
	}
	return l.typed(prune(raw))
}

// readable turns away what would cost the parser too much.
func (l *loading) readable(data []byte) bool {
	if len(data) > maxDocument {
		l.fail(nil, "split it by servers or tags", "the document is larger than %d MiB", maxDocument>>20)
		return false
	}
	depth := 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		}
		if depth > maxNesting || c == 0 {
			l.fail(nil, "is it an OpenAPI document?", "the file holds a zero byte, or brackets more than %d deep", maxNesting)
			return false
		}
	}
	return true
}

func (l *loading) failYAML(err error) {
	const hint = "the file is neither YAML nor JSON"
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		l.fail(positioned.GetToken(), hint, "%s", positioned.GetMessage())
		return
	}
	l.fail(nil, hint, "%s", err)
}

// typed reads the model of the document's version, which people write as a
// number too.
func (l *loading) typed(raw map[string]any) *openapi3.T {
	const hint = `begin with "openapi: 3.1.0", or "swagger: \"2.0\""`
	old, isOld := raw["swagger"]
	now, isNow := raw["openapi"]
	switch {
	case isNow && major(now) == "3":
		raw["openapi"] = fmt.Sprint(now)
		return decodeInto[openapi3.T](l, raw)
	case isOld && major(old) == "2":
		raw["swagger"] = fmt.Sprint(old)
		return l.converted(decodeInto[openapi2.T](l, raw))
	case isOld || isNow:
		l.fail(l.tokenAt("openapi"), hint, "want OpenAPI 3 or Swagger 2.0")
	default:
		l.fail(l.tokenAt(), hint, "want an OpenAPI document; it gives no version")
	}
	return nil
}

func major(version any) string {
	v, _, _ := strings.Cut(fmt.Sprint(version), ".")
	return v
}

// decodeInto gives nil for what the model does not hold.
func decodeInto[T any](l *loading, raw map[string]any) *T {
	doc := new(T)
	data, err := json.Marshal(raw)
	if err == nil {
		err = json.Unmarshal(data, doc)
	}
	if err != nil {
		l.fail(nil, "check it with an OpenAPI validator", "the document is not as OpenAPI describes it: %s", err)
		return nil
	}
	return doc
}

func (l *loading) converted(old *openapi2.T) *openapi3.T {
	if old == nil {
		return nil
	}
	doc, err := openapi2conv.ToV3(old)
	if err != nil {
		l.fail(nil, "convert the document to OpenAPI 3", "the Swagger document cannot be converted: %s", err)
		return nil
	}
	if len(doc.Servers) == 0 && old.BasePath != "" {
		doc.Servers = openapi3.Servers{{URL: old.BasePath}}
	}
	return doc
}

// prune keeps what routes need, so that mistakes and references elsewhere do
// not matter.
func prune(raw map[string]any) map[string]any {
	keep(raw, "openapi", "swagger", "info", "servers", "host", "basePath", "schemes", "paths")
	if info, ok := raw["info"].(map[string]any); ok {
		keep(info, "title")
	}
	paths, _ := raw["paths"].(map[string]any)
	for path, item := range paths {
		if item == nil {
			paths[path] = map[string]any{} // which the converter needs
		}
		pruneItem(item)
	}
	return raw
}

func pruneItem(item any) {
	operations, _ := item.(map[string]any)
	keep(operations, append(methods(), "servers")...)
	maps.DeleteFunc(operations, func(_ string, operation any) bool { return operation == nil })
	for _, operation := range operations {
		if o, ok := operation.(map[string]any); ok {
			keep(o, "operationId", "tags")
		}
	}
}

func keep(m map[string]any, names ...string) {
	maps.DeleteFunc(m, func(name string, _ any) bool { return !slices.Contains(names, name) })
}

func methods() []string {
	return []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
}

// tokenAt gives the token of a key by the keys that lead to it, or of the
// nearest one that is there.
func (l *loading) tokenAt(keys ...string) *token.Token {
	node := l.root
	at := node.GetToken()
	for _, name := range keys {
		mapping, ok := node.(*ast.MappingNode)
		if !ok {
			return at
		}
		i := slices.IndexFunc(mapping.Values, func(v *ast.MappingValueNode) bool {
			return v.Key.GetToken() != nil && v.Key.GetToken().Value == name
		})
		if i < 0 {
			return at
		}
		at, node = mapping.Values[i].Key.GetToken(), mapping.Values[i].Value
	}
	return at
}

// nameOf is what a document without a title is called.
func nameOf(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
