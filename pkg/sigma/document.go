package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of what is read. They are far above what people write.
const (
	maxSource   = 8 << 20 // bytes of a source
	maxDocument = 1 << 20 // bytes of a document
	maxNodes    = 50_000  // values of a document
	maxNesting  = 64      // depth of values in each other, of conditions too
)

// part is the text of one document.
type part struct {
	data  []byte
	first int // lines before it in the source
}

// split cuts a source at the lines "---". YAML gives such a line no other
// meaning anywhere, so a document with a mistake in its grammar does not take
// those beside it with it.
func split(data []byte) []part {
	parts := []part{{}}
	begin, line := 0, 0
	for at := 0; at < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if marker(data[at:end]) && !directives(data[begin:at]) {
			parts[len(parts)-1].data = data[begin:at]
			parts = append(parts, part{first: line})
			begin = at
		}
		at = end
	}
	parts[len(parts)-1].data = data[begin:]
	return parts
}

// marker tells whether a line begins a document.
func marker(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// directives tells whether there are only directives, such as "%YAML 1.2",
// which belong to the document that begins behind them.
func directives(data []byte) bool {
	return len(data) > 0 && data[0] == '%' && bytes.Count(data, []byte("\n---")) == 0
}

// plantAll reads the documents of a source. What is wrong goes to the
// source's mistakes; empty documents are left out.
func (s *source) plantAll(data []byte) []*tree {
	if len(data) > maxSource {
		s.failAt(0, 0, "split it over several files", "the file is larger than %d MiB", maxSource>>20)
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var trees []*tree
	for _, p := range split(data) {
		if t := s.plant(p); t != nil {
			trees = append(trees, t)
		}
	}
	return trees
}

func (s *source) plant(p part) *tree {
	body, bad := parsed(p)
	if bad != nil {
		s.failAt(bad.line, bad.column, bad.hint, "%s", bad.message)
	}
	if body == nil {
		return nil
	}
	planting := planting{first: p.first, anchors: map[string]*tree{}}
	t := planting.plant(body)
	if bad := planting.err; bad != nil {
		s.failAt(bad.line, bad.column, bad.hint, "%s", bad.message)
		return nil
	}
	return t
}

// parsed is the body of a document; nil when there is none or it is wrong.
func parsed(p part) (body ast.Node, bad *misplaced) {
	if len(p.data) > maxDocument {
		return nil, &misplaced{p.first + 1, 1, fmt.Sprintf("the document is larger than %d KiB", maxDocument>>10), "split it"}
	}
	if i := bytes.IndexByte(p.data, 0); i >= 0 {
		return nil, &misplaced{p.first + 1 + bytes.Count(p.data[:i], []byte("\n")), 1, "the document holds a zero byte", "is it a text file?"}
	}
	// The library is trusted with its grammar, not with never failing: one
	// document must not take the others with it.
	defer func() {
		if r := recover(); r != nil {
			body, bad = nil, &misplaced{p.first + 1, 1, fmt.Sprintf("the document cannot be read as YAML: %v", r), ""}
		}
	}()
	tokens := lexer.Tokenize(string(p.data))
	if bad := tooDeep(tokens, p.first); bad != nil {
		return nil, bad
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, syntaxError(err, p.first)
	}
	return onlyBody(file, p.first)
}

// onlyBody finds the document among what the library makes of its text.
func onlyBody(file *ast.File, first int) (ast.Node, *misplaced) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if body != nil {
			pos := doc.Body.GetToken().Position
			return nil, &misplaced{pos.Line + first, pos.Column, "text follows the end of the document", `begin a document with "---"`}
		}
		body = doc.Body
	}
	return body, nil
}

// tooDeep counts how deep a document's tokens would lead the parser, which
// goes down by recursion.
func tooDeep(tokens token.Tokens, first int) *misplaced {
	brackets, run := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(0, brackets-1)
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			run++
		default:
			run = 0
		}
		if brackets > maxNesting || run > maxNesting {
			return &misplaced{t.Position.Line + first, t.Position.Column, fmt.Sprintf("values are nested more than %d deep", maxNesting), ""}
		}
	}
	return nil
}

func syntaxError(err error, first int) *misplaced {
	bad := &misplaced{line: first + 1, column: 1, message: err.Error(), hint: "the document is not valid YAML"}
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		bad.message = positioned.GetMessage()
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			bad.line, bad.column = t.Position.Line+first, t.Position.Column
		}
	}
	return bad
}
