package sigma

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxSource is the most that a source may have, in bytes; larger ones are
// refused.
const MaxSource = 8 << 20

// Limits of what is read. They are far above what people write.
const (
	maxDocument = 1 << 20 // bytes of a document
	maxParts    = 10_000  // documents of a source
	maxNodes    = 50_000  // values of a document, those of aliases counted where they stand
	maxKeys     = 10_000  // keys of a document; the library's time grows with their square
	maxValues   = 100_000 // values of a document that modifiers have multiplied
	maxListed   = 20      // mistakes of a document that are told
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
	if len(data) > MaxSource {
		s.failAt(0, 0, "split it over several files", "the file is larger than %d MiB", MaxSource>>20)
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var trees []*tree
	parts := split(data)
	if len(parts) > maxParts {
		s.failAt(0, 0, "split it over several files", "the file has more than %d documents", maxParts)
		return nil
	}
	for _, p := range parts {
		if t := s.plant(p); t != nil {
			trees = append(trees, t)
		}
	}
	return trees
}

func (s *source) plant(p part) *tree {
	t, bad := planted(p)
	if bad != nil {
		s.failAt(bad.line, bad.column, bad.hint, "%s", bad.message)
		s.unread(p, bad)
		return nil
	}
	return t
}

// planted is the tree of a document; nil when there is none.
func planted(p part) (t *tree, bad *misplaced) {
	// The library is trusted with YAML's grammar, not with never failing: one
	// document must not take the others with it.
	defer func() {
		if r := recover(); r != nil {
			t, bad = nil, &misplaced{p.first + 1, 1, fmt.Sprintf("the document cannot be read as YAML: %v", r), ""}
		}
	}()
	body, bad := parsed(p)
	if body == nil || bad != nil {
		return nil, bad
	}
	planting := planting{first: p.first, anchors: map[string]*tree{}}
	t = planting.plant(body)
	return t, planting.err
}

// parsed is the body of a document; nil when there is none.
func parsed(p part) (ast.Node, *misplaced) {
	if bad := unreadable(p); bad != nil {
		return nil, bad
	}
	tokens := lexer.Tokenize(string(p.data))
	if bad := tooMuch(tokens, p.first); bad != nil {
		return nil, bad
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, syntaxError(err, p)
	}
	return onlyBody(file, p.first)
}

// unreadable turns away what is too much, or no text.
func unreadable(p part) *misplaced {
	if len(p.data) > maxDocument {
		return &misplaced{p.first + 1, 1, fmt.Sprintf("the document is larger than %d KiB", maxDocument>>10), "split it"}
	}
	line := p.first
	for text := range bytes.Lines(p.data) {
		line++
		if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
			return &misplaced{line, 1, "the line is not UTF-8 text", "save the file as UTF-8"}
		}
	}
	return nil
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

// tooMuch counts how deep a document's tokens would lead the parser, which
// goes down by recursion, and keys.
func tooMuch(tokens token.Tokens, first int) *misplaced {
	brackets, run, keys := 0, 0, 0
	var before token.Type
	for _, t := range tokens {
		switch t.Type {
		case token.MappingValueType:
			keys++
			run = 0
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(0, brackets-1)
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType:
			run++
		default:
			if before != token.AnchorType { // an anchor's name does not end a run
				run = 0
			}
		}
		if before = t.Type; brackets > maxNesting || run > maxNesting {
			return &misplaced{t.Position.Line + first, t.Position.Column, fmt.Sprintf("values are nested more than %d deep", maxNesting), ""}
		}
		if keys > maxKeys {
			return &misplaced{t.Position.Line + first, t.Position.Column, fmt.Sprintf("the document has more than %d keys", maxKeys), "split it"}
		}
	}
	return nil
}
