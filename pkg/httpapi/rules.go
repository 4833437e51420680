package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Bounds of what is asked about rules, in bytes.
const (
	maxRules    = 256 << 10
	maxExplain  = 64 << 10 // a line
	maxRuleName = 1 << 10
)

// rulesOf is the name of rules that are sent as text, in mistakes.
const rulesOf = "yaml"

func (s *Server) listRules(x *exchange) error {
	p := newParams(x.Request.URL)
	slice, family := p.slice(), finding.Family(p.text("family"))
	applicable := read(p, "applicable", truth)
	if err := p.err(); err != nil {
		return err
	}
	var rules []wire.Rule
	for _, r := range s.options.Rules.Rules() {
		if (family == "" || r.Family == family) && (applicable == nil || r.Applicable == *applicable) {
			rules = append(rules, r)
		}
	}
	page, err := pageOf(rules, slice, func(r wire.Rule) string { return r.Key })
	if err != nil {
		return err
	}
	if hits, known := s.ruleHits(x); known {
		for i := range page.Items {
			page.Items[i].Hits = hitsOf(hits, page.Items[i].Key)
		}
	}
	x.JSON(http.StatusOK, page)
	return nil
}

// hitsOf are those of a rule; what is not among those of a store that answers
// is none.
func hitsOf(hits map[string]wire.RuleHits, key string) *wire.RuleHits {
	h := hits[key]
	return &h
}

// ruleHits are those of the last day. Rules are known with the store down.
func (s *Server) ruleHits(x *exchange) (map[string]wire.RuleHits, bool) {
	now := s.options.Now()
	hits, err := s.options.History.RuleHits(x.Request.Context(), wire.Period{Since: now.Add(-24 * time.Hour)})
	if err != nil {
		s.options.Log.Info("rules are shown without their hits", "request", x.id, "error", err)
	}
	return hits, err == nil
}

func (s *Server) getRule(x *exchange) error {
	r, err := s.options.Rules.Rule(x.Param("key"))
	if err != nil {
		return err
	}
	if hits, known := s.ruleHits(x); known {
		r.Hits = hitsOf(hits, r.Key)
	}
	x.JSON(http.StatusOK, r)
	return nil
}

func (s *Server) lintRules(x *exchange) error {
	r, err := decode[wire.LintRequest](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.check(strings.TrimSpace(r.YAML) != "", rulesOf, "want one document or several")
	if err := f.err(); err != nil {
		return err
	}
	x.JSON(http.StatusOK, s.options.Rules.Lint(r.YAML))
	return nil
}

// explainRules tells which rules match a line or a stored event, and why.
func (s *Server) explainRules(x *exchange) error {
	r, err := decode[wire.ExplainRequest](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.check((r.Line == "") != (r.Event == ""), "line", "want either a line or an event")
	f.check(len(r.Line) <= maxExplain, "line", fmt.Sprintf("longer than %d bytes", maxExplain))
	f.check(r.Line != "" || r.Format == "", "format", "that of a line; an event has been parsed")
	f.check(r.Rule == "" || r.YAML == "", "rule", "want either a loaded rule or one as text")
	if err := f.err(); err != nil {
		return err
	}
	explained, err := s.options.Rules.Explain(x.Request.Context(), r)
	if err != nil {
		return ruleProblem(err)
	}
	x.JSON(http.StatusOK, explained)
	return nil
}

// ruleProblem is the problem of rules or lines that are not as they should be.
func ruleProblem(err error) error {
	var mistakes mistake.List
	switch {
	case errors.As(err, &mistakes):
		return problemOfMistakes(mistakes)
	case errors.Is(err, respond.ErrNotFound):
		return notFound.with(err.Error()) // it names what the caller named
	case errors.Is(err, wire.ErrLine):
		return invalid("line", err.Error())
	}
	return fromStore(err)
}

// problemOfMistakes names the place and the hint of each.
func problemOfMistakes(mistakes mistake.List) *wire.Problem {
	p := badParameters.hinted("the rules have mistakes", "See the list of invalid parameters, each with its place.")
	for _, m := range mistakes {
		p.Invalid = append(p.Invalid, wire.Invalid{Name: rulesOf, Reason: m.Error()})
	}
	return p
}
