package sigma

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Source is one file of rules: one YAML document, or several.
type Source struct {
	Name string // for mistakes and places
	Data []byte
}

// Options say what rules leave to who uses them.
type Options struct {
	// Placeholders are the values of %name% under the modifier expand, by name
	// without the signs. A value may have wildcards. A rule with a placeholder
	// that has none is read and not in force, see Rule.Unfilled.
	Placeholders map[string][]string
}

// Parse reads all sources together, since rules refer to each other across
// files. What is wrong is in the list, in the order of the sources, with its
// place and a hint; the rest is loaded. Parse is safe for concurrent use.
func Parse(o Options, sources ...Source) (*Collection, mistake.List) {
	p := parsing{options: o, collection: &Collection{}}
	for _, s := range sources {
		p.source(s)
	}
	p.link()
	p.version()
	return p.collection, p.mistakes()
}

// parsing is the state of Parse.
type parsing struct {
	options    Options
	collection *Collection
	files      []*source
	drafts     []*draft // all documents, in order
	// Documents by what others refer to them by.
	byID, byName map[string]*draft
	guesses      int // at what a name was meant to be
}

// source is one source while it is read.
type source struct {
	name     string
	mistakes mistake.List
	lost     []*draft // filters among the documents that are no YAML
}

func (s *source) failAt(line, column int, hint, format string, args ...any) {
	s.mistakes = append(s.mistakes, mistake.Mistake{
		File: s.name, Line: line, Column: column, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (p *parsing) source(s Source) {
	file := &source{name: s.Name}
	p.files = append(p.files, file)
	for _, t := range file.merged(file.plantAll(s.Data)) {
		p.drafts = append(p.drafts, p.draft(file, t))
	}
	p.drafts = append(p.drafts, file.lost...)
}

// mistakes gives those of all sources, each source's by place.
func (p *parsing) mistakes() mistake.List {
	var all mistake.List
	for _, f := range p.files {
		slices.SortStableFunc(f.mistakes, func(a, b mistake.Mistake) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		all = append(all, f.mistakes...)
	}
	return all
}
