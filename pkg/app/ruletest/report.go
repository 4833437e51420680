package ruletest

import (
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Report is what the tests of a set of rules came to.
type Report struct {
	// Mistakes are in rules and in test files; what has one was not tested.
	Mistakes mistake.List `json:"mistakes"`
	Failures []Failure    `json:"failures"`
	// Untested are the rules and correlations in force that no test wants to match.
	Untested []Rule `json:"untested"`
	// Coverage is of the tested rules, in their order.
	Coverage []Coverage `json:"coverage"`

	Rules int `json:"rules"` // rules and correlations looked at
	Files int `json:"files"` // test files
	Lines int `json:"lines"` // log lines run, those of sequences included
	Tests int `json:"tests"` // expectations: lines that match or are near, and sequences
}

// OK tells whether nothing failed. Rules without a test do not fail.
func (r *Report) OK() bool { return len(r.Mistakes)+len(r.Failures) == 0 }

// Rule names a rule or correlation.
type Rule struct {
	Key   string `json:"rule"`
	Title string `json:"title"`
	File  string `json:"file"`
	Line  int    `json:"line"`
}

func ruleOf(m *sigma.Meta) Rule {
	return Rule{Key: m.Key(), Title: m.Title, File: m.Place.File, Line: m.Place.Line}
}

// Failure is an expectation that did not come true.
type Failure struct {
	Rule     Rule   `json:"rule"`
	File     string `json:"file"` // the test file
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Sequence string `json:"sequence,omitempty"` // its name
	Want     string `json:"want"`               // match or silent
	Log      string `json:"log"`                // the log line; of a sequence the first that could not be read, or none
	Message  string `json:"message"`
	// Explanation tells of a single line which conditions held.
	Explanation *match.Explanation `json:"explanation,omitempty"`
}

// String is the failure with its explanation, on several lines.
func (f *Failure) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Rule.Title, f.Message)
	if f.Log != "" {
		fmt.Fprintf(&s, "\n  %s", f.Log)
	}
	if f.Explanation != nil {
		s.WriteByte('\n')
		WriteTree(&s, f.Explanation, "  ")
	}
	return strings.TrimSuffix(s.String(), "\n")
}
