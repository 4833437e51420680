package ruletest

import (
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// testRun is one test of a file, being run.
type testRun struct {
	trial   *trial
	file    *File
	log     *Log
	subject subject
}

func (r *testRun) all(t *Test) {
	if len(t.Match) > 0 {
		r.trial.want(r.subject)
	}
	for _, line := range t.Match {
		r.single(line, wantMatch)
	}
	for _, line := range t.Near {
		r.single(line, wantSilent)
	}
	for i := range t.Sequences {
		r.sequence(&t.Sequences[i])
	}
}

// single runs a line alone.
func (r *testRun) single(line Text, want string) {
	var b *event.Batch
	p, ok := r.play([]Text{line}, Failure{Want: want, Log: line.Text}, line, func(seen *event.Batch) { b = seen })
	if !ok || (len(p.found[r.subject.meta().Key()]) > 0) == (want == wantMatch) {
		return
	}
	f := Failure{Want: want, Log: line.Text}
	if rule := r.subject.rule; rule != nil {
		why := match.Explain(rule, b, 0)
		f.Explanation = &why
	}
	f.Message = r.whySingle(want, f.Explanation, b)
	r.fail(f, line)
}

// whySingle tells what went wrong with a line.
func (r *testRun) whySingle(want string, why *match.Explanation, b *event.Batch) string {
	switch {
	case want == wantSilent:
		return "it matches a line that it must not match"
	case r.subject.rule == nil:
		return "one line does not complete it; write sequences"
	case r.trial.stage.skipped[r.subject.rule] != "":
		return "it does not apply to our logs: " + r.trial.stage.skipped[r.subject.rule]
	case why.Held && b.Addr(event.ClientAddress, 0).IsValid():
		return "it matches the line, but the line says that we refused the request ourselves, and that is evidence of nothing"
	case why.Held:
		return "it matches the line, but there is nobody to blame: the line names no client"
	}
	return "it does not match a line that it has to match"
}

// sequence runs lines together.
func (r *testRun) sequence(s *Sequence) {
	if s.Want.Text == wantMatch {
		r.trial.want(r.subject)
	}
	f := Failure{Want: s.Want.Text, Sequence: s.Name.Text}
	lines, err := s.expand(r.file.Time)
	if err != nil {
		f.Message = err.Error()
		r.fail(f, s.Want)
		return
	}
	p, ok := r.play(lines, f, s.Want, func(*event.Batch) {})
	found := p.found[r.subject.meta().Key()]
	switch {
	case !ok:
		return
	case s.Want.Text == wantMatch && len(found) == 0:
		f.Message = fmt.Sprintf("the sequence %q does not complete it; %s", s.Name.Text, r.members(len(lines), p))
	case s.Want.Text == wantSilent && len(found) > 0:
		f.Message = fmt.Sprintf("the sequence %q completes it, which it must not: %s", s.Name.Text, found[0].Reason)
		if n := found[0].Sighting.Line; n > 0 && int(n) <= len(lines) {
			f.Log, f.Message = lines[n-1].Text, f.Message+fmt.Sprintf("; by its line %d", n)
		}
	default:
		return
	}
	r.fail(f, s.Want)
}

// members tells how often what a correlation refers to was found.
func (r *testRun) members(lines int, p played) string {
	if r.subject.correlation == nil {
		return fmt.Sprintf("none of its lines matches (%d)", lines)
	}
	var told []string
	for _, m := range r.subject.correlation.Members {
		about := subjectOf(m).meta()
		told = append(told, fmt.Sprintf("%q %d times", about.Title, len(p.found[about.Key()])))
	}
	return fmt.Sprintf("in %d lines there is %s", lines, strings.Join(told, ", "))
}

// play runs lines and notes what they cover. A line that cannot be read fails
// the expectation: a typing mistake must not make a near miss of it.
func (r *testRun) play(lines []Text, f Failure, at Text, see func(*event.Batch)) (played, bool) {
	t := r.trial
	t.report.Tests++
	t.report.Lines += len(lines)
	p, err := t.stage.play(r.subject, r.log, lines, func(b *event.Batch) {
		t.cover(r.subject, b)
		see(b)
	})
	switch {
	case err != nil:
		f.Message = err.Error()
	case len(p.unread) > 0:
		bad := p.unread[0]
		f.Log, f.Message = lines[bad.index].Text, bad.reason
		if len(lines) > 1 {
			f.Message = fmt.Sprintf("line %d of the sequence %q: %s", bad.index+1, f.Sequence, bad.reason)
		}
	default:
		return p, true
	}
	r.fail(f, at)
	return p, false
}

func (r *testRun) fail(f Failure, at Text) {
	f.Rule = ruleOf(r.subject.meta())
	f.File, f.Line, f.Column = r.file.Name, at.Place.Line, at.Place.Column
	r.trial.report.Failures = append(r.trial.report.Failures, f)
}
