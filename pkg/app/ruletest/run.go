package ruletest

import (
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Options say what is tested.
type Options struct {
	Set *ruleset.Set
	// Only are the rule files that are reported on; nil means all. The others
	// are there because rules refer to them.
	Only func(file string) bool
}

// Run runs the tests that lie beside the rules of a set. Whatever is wrong
// with rules or tests is in the report.
func Run(o Options) Report {
	if o.Only == nil {
		o.Only = func(string) bool { return true }
	}
	t := newTrial(o)
	for _, src := range o.Set.Tests {
		t.file(src)
	}
	t.conclude()
	return t.report
}

// trial is the state of Run.
type trial struct {
	only     func(string) bool
	sources  map[string]bool // rule files by name
	refused  map[string]bool // rule files with mistakes
	all      []subject       // outspoken
	stage    *stage
	wanted   map[*sigma.Meta]bool      // some test wants it to match
	coverage map[*sigma.Rule]*coverage // of rules with tests
	report   Report
}

func newTrial(o Options) *trial {
	open := outspoken(o.Set.Collection)
	t := &trial{
		only: o.Only, sources: map[string]bool{}, refused: map[string]bool{}, all: subjects(open), stage: newStage(open),
		wanted: map[*sigma.Meta]bool{}, coverage: map[*sigma.Rule]*coverage{},
		report: Report{Mistakes: mistake.List{}, Failures: []Failure{}, Untested: []Rule{}, Coverage: []Coverage{}},
	}
	for i, s := range subjects(o.Set.Collection) {
		t.all[i].silent = s.silent
	}
	for _, s := range o.Set.Sources {
		t.sources[s.Name] = true
	}
	for _, m := range o.Set.Mistakes {
		t.refused[m.File] = true
		if o.Only(m.File) {
			t.report.Mistakes = append(t.report.Mistakes, m)
		}
	}
	return t
}

// ruleFile is the file that a test file lies beside.
func (t *trial) ruleFile(test string) (string, bool) {
	for file := range t.sources {
		if ruleset.TestOf(file) == test {
			return file, true
		}
	}
	return "", false
}

func (t *trial) file(src sigma.Source) {
	rules, ok := t.ruleFile(src.Name)
	if !ok {
		t.mistake(src.Name, sigma.Place{}, "name it like the file of rules, with .test before the ending", "there is no file of rules beside it")
		return
	}
	if !t.only(rules) {
		return
	}
	t.report.Files++
	f, mistakes := ParseFile(src)
	if len(mistakes) > 0 {
		t.report.Mistakes = append(t.report.Mistakes, mistakes...)
		return
	}
	among := of(t.all, rules)
	log := newLog(f)
	for i := range f.Tests {
		test := &f.Tests[i]
		s, hint, err := pick(test.Rule.Text, among)
		switch {
		case err != nil && t.refused[rules]:
			continue // it may be among those that were refused, which is told
		case err != nil:
			t.mistake(src.Name, test.place(), hint, "%s", err)
			continue
		}
		run := testRun{trial: t, file: f, log: &log, subject: s}
		run.all(test)
	}
}

// want notes that a test wants a subject to match, and with it all that it
// builds on.
func (t *trial) want(s subject) {
	t.wanted[s.meta()] = true
	if s.correlation != nil {
		for _, m := range s.correlation.Members {
			t.want(subjectOf(m))
		}
	}
}

func (t *trial) mistake(file string, at sigma.Place, hint, format string, args ...any) {
	t.report.Mistakes = append(t.report.Mistakes, mistake.Mistake{
		File: file, Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// conclude tells what no test has asked for.
func (t *trial) conclude() {
	for _, s := range t.all {
		m := s.meta()
		if !t.only(m.Place.File) {
			continue
		}
		if t.stage.skipped[s.rule] != "" {
			continue
		}
		t.report.Rules++
		if !t.wanted[m] {
			t.report.Untested = append(t.report.Untested, ruleOf(m))
		}
		if c := t.coverage[s.rule]; c != nil {
			t.report.Coverage = append(t.report.Coverage, c.told())
		}
	}
	slices.SortStableFunc(t.report.Mistakes, byPlace)
}
