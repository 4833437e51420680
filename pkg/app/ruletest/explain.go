package ruletest

import (
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Explained is a record as rules see it.
type Explained struct {
	Line   string `json:"line,omitempty"`   // as it stands in the log
	Format string `json:"format,omitempty"` // in which it was read
	Unread string `json:"unread,omitempty"` // why no record came of it
	Fields []Seen `json:"fields"`
	// Known are the decoys that it touches and the threat feeds that know it;
	// none where it is held against rules only.
	Known []Known `json:"known,omitempty"`
	// Rules are those that hold (the silent ones last), those that were asked
	// for, and those that come near, in this order.
	Rules   []Verdict `json:"rules"`
	Matched int       `json:"matched"` // of Rules
	Near    int       `json:"near"`    // rules that come near, though Rules may list fewer
	Looked  int       `json:"looked"`  // rules that apply to our logs
}

// Verdict is what a rule says of a record.
type Verdict struct {
	Rule
	Held   bool           `json:"held"`
	Asked  bool           `json:"asked,omitempty"`
	Silent bool           `json:"silent,omitempty"` // only correlations build on it
	Level  string         `json:"level,omitempty"`
	Family finding.Family `json:"family"`
	Tier   finding.Tier   `json:"tier"`
	Block  *Block         `json:"block,omitempty"`
	Note   string         `json:"note,omitempty"`
	// CountedBy are the correlations that build on the rule.
	CountedBy   []Rule             `json:"counted_by,omitempty"`
	Explanation *match.Explanation `json:"explanation,omitempty"` // none for a correlation
}

// maxNear is how many rules that come near are explained.
const maxNear = 3

// Explainer explains records by a set of rules. It is not safe for concurrent
// use.
type Explainer struct {
	rules     []*sigma.Rule // that apply
	scanner   *match.Scanner
	countedBy map[*sigma.Rule][]Rule
	asked     []subject
	lists     *Lists // nil = rules only
}

// NewExplainer makes an explainer. It fails when what asked names, by id, name
// or title, is not in the set.
func NewExplainer(set *ruleset.Set, asked []string) (*Explainer, error) {
	program := match.Compile(set.Collection.Rules, match.Options{})
	e := &Explainer{
		rules: program.Rules(), scanner: program.Scanner(),
		countedBy: map[*sigma.Rule][]Rule{},
	}
	for _, c := range set.Collection.Correlations {
		for _, m := range c.Members {
			if m.Rule != nil {
				e.countedBy[m.Rule] = append(e.countedBy[m.Rule], ruleOf(&c.Meta))
			}
		}
	}
	return e, e.ask(subjects(set.Collection), asked)
}

func (e *Explainer) ask(all []subject, names []string) error {
	var titles []string
	for _, s := range all {
		titles = append(titles, s.meta().Title, s.meta().Key())
	}
	for _, name := range names {
		called := slices.DeleteFunc(slices.Clone(all), func(s subject) bool { return !s.called(name) })
		if len(called) == 0 {
			if near := mistake.Nearest(name, titles); near != "" {
				return fmt.Errorf("no rule is called %q; did you mean %q?", name, near)
			}
			return fmt.Errorf("no rule is called %q (`honeymoat rules list` lists them)", name)
		}
		e.asked = append(e.asked, called...)
	}
	return nil
}

// Line explains a line of a log.
func (e *Explainer) Line(log *Log, line string) (Explained, error) {
	b, bad, _, err := log.read([]Text{{Text: line}}, event.Position{Line: 1})
	if err != nil {
		return Explained{}, err
	}
	x := Explained{Line: line, Format: b.Format}
	if len(bad) > 0 {
		x.Unread = bad[0].reason
		return x, nil
	}
	e.row(b, 0, &x)
	return x, nil
}

// Row explains a row of a batch.
func (e *Explainer) Row(b *event.Batch, row int) Explained {
	x := Explained{Format: b.Format}
	e.row(b, row, &x)
	return x
}

func (e *Explainer) row(b *event.Batch, row int, x *Explained) {
	x.Fields, x.Looked, x.Known = seen(b, row), len(e.rules), e.known(b, row)
	held := map[*sigma.Rule]bool{}
	e.scanner.Scan(b, row, row+1, func(_, rule int) {
		held[e.rules[rule]] = true
		x.Rules = append(x.Rules, e.verdict(b, row, e.rules[rule]))
	})
	x.Matched = len(x.Rules)
	slices.SortStableFunc(x.Rules, func(a, b Verdict) int { return silence(a) - silence(b) })
	told := held
	for _, s := range e.asked {
		for _, v := range e.answers(b, row, s, told) {
			v.Asked = true
			x.Rules = append(x.Rules, v)
		}
	}
	if len(e.asked) > 0 {
		return
	}
	near := e.near(b, row, told)
	x.Near = len(near)
	x.Rules = append(x.Rules, near[:min(maxNear, len(near))]...)
}

func silence(v Verdict) int {
	if v.Silent {
		return 1
	}
	return 0
}

func (e *Explainer) verdict(b *event.Batch, row int, r *sigma.Rule) Verdict {
	why := match.Explain(r, b, row)
	v := verdictOf(&r.Meta, r.Silent)
	v.Held, v.CountedBy, v.Explanation = why.Held, e.countedBy[r], &why
	return v
}

func verdictOf(m *sigma.Meta, silent bool) Verdict {
	l := listed(m)
	return Verdict{Rule: l.Rule, Silent: silent, Level: l.Level, Family: l.Family, Tier: l.Tier, Block: l.Block}
}

// answers tells of what was asked for: a rule, or a correlation and the rules
// that it builds on. What is told already is not told again.
func (e *Explainer) answers(b *event.Batch, row int, s subject, told map[*sigma.Rule]bool) []Verdict {
	if s.rule != nil {
		if told[s.rule] {
			return nil
		}
		told[s.rule] = true
		return []Verdict{e.verdict(b, row, s.rule)}
	}
	c := s.correlation
	v := verdictOf(&c.Meta, c.Silent)
	v.Note = fmt.Sprintf("a correlation (%s within %s), which one line alone does not complete; it builds on what follows", c.Type, c.Timespan)
	all := []Verdict{v}
	for _, m := range c.Members {
		all = append(all, e.answers(b, row, subjectOf(m), told)...)
	}
	return all
}

// near explains the rules that do not hold though one of their searches does,
// those first of which most holds.
func (e *Explainer) near(b *event.Batch, row int, told map[*sigma.Rule]bool) []Verdict {
	var list []Verdict
	var share []float64
	for _, r := range e.rules {
		if told[r] {
			continue
		}
		v := e.verdict(b, row, r)
		s := nearness(v.Explanation)
		if s == 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(share, s, func(have, s float64) int {
			if have >= s {
				return -1
			}
			return 1
		})
		share, list = slices.Insert(share, at, s), slices.Insert(list, at, v)
	}
	return list
}
