package ruletest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Suffix ends the name of a test file; the rules that it is about are in the
// file of the same name that ends in ".yml" or ".yaml".
const Suffix = ".test.yml"

// maxFile bounds a test file, in bytes.
const maxFile = 4 << 20

// File is a test file: how its lines are read, and what they have to match.
type File struct {
	Name    string `yaml:"-"`
	Format  Text   `yaml:"format"`  // of accesslog; default combined
	Pattern string `yaml:"pattern"` // of a format with one
	// Time is how {time} is written: clf, rfc3339, unix, unix_ms or a layout
	// of Go's time package; default: as the format writes it.
	Time   string `yaml:"time"`
	Source Source `yaml:"source"`
	Tests  []Test `yaml:"tests"`
}

// Source is what the configuration would say about the log.
type Source struct {
	Kind              Text   `yaml:"kind"`      // access or decoy; default access
	Direction         Text   `yaml:"direction"` // ingress or egress; default ingress
	Name              string `yaml:"name"`      // default test
	Gateway           string `yaml:"gateway"`   // default test
	TimeZone          Text   `yaml:"time_zone"`
	TrustedHops       []Text `yaml:"trusted_hops"` // prefixes
	ClientHeader      string `yaml:"client_header"`
	ForwardedAppended bool   `yaml:"forwarded_appended"`
}

// Test is what one rule or correlation has to do.
type Test struct {
	Rule      Text       `yaml:"rule"` // id, name or title; empty: the file's only reported one
	Match     []Text     `yaml:"match"`
	Near      []Text     `yaml:"near"`
	Sequences []Sequence `yaml:"sequences"`
}

// place is where the test begins, as far as is known.
func (t *Test) place() sigma.Place {
	places := []Text{t.Rule}
	places = append(append(places, t.Match...), t.Near...)
	for i := range t.Sequences {
		places = append(places, t.Sequences[i].Name, t.Sequences[i].Want)
	}
	for _, at := range places {
		if at.Place.Line > 0 {
			return at.Place
		}
	}
	return sigma.Place{}
}

// Sequence is lines in their order, which together have to complete a
// correlation or not.
type Sequence struct {
	Name   Text    `yaml:"name"`
	Want   Text    `yaml:"want"` // match or silent
	Lines  []Text  `yaml:"lines"`
	Repeat Repeats `yaml:"repeat"`
}

// Text is a text of the file with the place where it stands.
type Text struct {
	Text  string
	Place sigma.Place
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (t *Text) UnmarshalYAML(node ast.Node) error {
	if at := node.GetToken(); at != nil && at.Position != nil {
		t.Place.Line, t.Place.Column = at.Position.Line, at.Position.Column
	}
	return yaml.NodeToValue(node, &t.Text)
}

// Repeats is one repeated line, or a list of them.
type Repeats []Repeat

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (r *Repeats) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(*ast.SequenceNode); ok {
		return yaml.NodeToValue(node, (*[]Repeat)(r), yaml.Strict())
	}
	*r = make(Repeats, 1)
	return yaml.NodeToValue(node, &(*r)[0], yaml.Strict())
}

// ParseFile reads a test file and checks all that can be known without its
// rules. Of mistakes in the YAML itself the first one is told.
func ParseFile(src sigma.Source) (*File, mistake.List) {
	f := &File{Name: src.Name}
	if len(src.Data) > maxFile {
		return nil, mistake.List{{File: src.Name, Message: fmt.Sprintf("the file is larger than %d MiB", maxFile>>20), Hint: "write a repeat in place of the lines"}}
	}
	if err := yaml.UnmarshalWithOptions(src.Data, f, yaml.Strict()); err != nil {
		return nil, mistake.List{yamlMistake(src.Name, err)}
	}
	f.setDefaults()
	c := checker{file: f}
	c.all()
	return f, c.mistakes
}

func yamlMistake(file string, err error) mistake.Mistake {
	m := mistake.Mistake{File: file, Message: err.Error(), Hint: "keys are format, pattern, time, source and tests; a test has rule, match, near and sequences"}
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		m.Message = positioned.GetMessage()
		if at := positioned.GetToken(); at != nil && at.Position != nil {
			m.Line, m.Column = at.Position.Line, at.Position.Column
		}
	}
	m.Message, _, _ = strings.Cut(m.Message, "\n")
	return m
}

func (f *File) setDefaults() {
	for at, value := range map[*string]string{
		&f.Format.Text: "combined", &f.Source.Kind.Text: "access", &f.Source.Direction.Text: "ingress",
		&f.Source.Name: "test", &f.Source.Gateway: "test",
	} {
		if *at == "" {
			*at = value
		}
	}
	if f.Time == "" {
		f.Time = layoutOf(f.Format.Text)
	}
}
