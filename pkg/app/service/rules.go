package service

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/backtest"
	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/privacy"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// ruleAPI answers questions about the rules in force.
type ruleAPI struct{ *Service }

// rulesText is the name of rules that somebody sends, in mistakes.
const rulesText = "yaml"

// listing is a set of rules as the API tells of it, made once a set.
type listing struct {
	set   *ruleset.Set
	rules []wire.RuleDetail // ordered by key
}

func (r ruleAPI) listing() *listing {
	set := r.rules.Load()
	if l := r.listed.Load(); l != nil && l.set == set {
		return l
	}
	l := newListing(set)
	r.listed.Store(l)
	return l
}

func newListing(set *ruleset.Set) *listing {
	l := &listing{set: set}
	reasons := map[*sigma.Rule]string{}
	_, skipped := match.InForce(set.Collection.Rules)
	for _, s := range skipped {
		reasons[s.Rule] = s.Reason
	}
	for _, rule := range set.Collection.Rules {
		d := detailOf(&rule.Meta, "rule", rule.Silent, &sigma.Collection{Rules: []*sigma.Rule{rule}})
		d.Reason = reasons[rule]
		d.Applicable = d.Reason == ""
		l.rules = append(l.rules, d)
	}
	for _, c := range set.Collection.Correlations {
		d := detailOf(&c.Meta, "correlation", c.Silent, &sigma.Collection{Correlations: []*sigma.Correlation{c}})
		d.Applicable = true
		for _, m := range c.Members {
			d.Members = append(d.Members, memberKey(m))
		}
		l.rules = append(l.rules, d)
	}
	slices.SortStableFunc(l.rules, func(a, b wire.RuleDetail) int { return cmp.Compare(a.Key, b.Key) })
	return l
}

func memberKey(m sigma.Member) string {
	if m.Rule != nil {
		return m.Rule.Key()
	}
	return m.Correlation.Key()
}

func detailOf(m *sigma.Meta, kind string, silent bool, alone *sigma.Collection) wire.RuleDetail {
	d := wire.RuleDetail{
		Rule: wire.Rule{
			Key: m.Key(), Version: m.Version, Kind: kind, Title: m.Title, Status: m.Status, Family: m.Family(), Tier: m.Tier(),
			Tags: listed(m.Tags), Block: backtest.BlockOf(m), Silent: silent, File: m.Place.File, Line: m.Place.Line,
		},
		Description: m.Description, Author: m.Author, References: listed(m.References), FalsePositives: listed(m.FalsePositives),
		Fields: listed(backtest.Fields(alone)),
	}
	if m.Level != sigma.NoLevel {
		d.Level = m.Level.String()
	}
	return d
}

// listed makes no list an empty one in JSON, not null.
func listed(list []string) []string { return append([]string{}, list...) }

// Rules implements httpapi.Rules.
func (r ruleAPI) Rules() []wire.Rule {
	var rules []wire.Rule
	for _, d := range r.listing().rules {
		rules = append(rules, d.Rule)
	}
	return rules
}

// Rule implements httpapi.Rules.
func (r ruleAPI) Rule(key string) (wire.RuleDetail, error) {
	rules := r.listing().rules
	at, found := slices.BinarySearchFunc(rules, key, func(d wire.RuleDetail, key string) int { return cmp.Compare(d.Key, key) })
	if !found {
		return wire.RuleDetail{}, fmt.Errorf("rule %q: %w", key, respond.ErrNotFound)
	}
	return rules[at], nil
}

// Lint implements httpapi.Rules.
func (r ruleAPI) Lint(yaml string) wire.Lint {
	set := r.rules.Load()
	c, mistakes := backtest.Read(sigma.Options{Placeholders: set.Placeholders}, rulesText, yaml, set.Sources)
	l := wire.Lint{Mistakes: append([]mistake.Mistake{}, mistakes...), Warnings: []mistake.Mistake{}}
	var rules []*sigma.Rule
	for _, rule := range c.Rules {
		if rule.Place.File == rulesText {
			rules = append(rules, rule)
		}
	}
	l.Rules = len(rules)
	for _, correlation := range c.Correlations {
		if correlation.Place.File == rulesText {
			l.Correlations++
		}
	}
	for _, w := range c.Warnings() {
		if w.File == rulesText {
			l.Warnings = append(l.Warnings, w)
		}
	}
	_, skipped := match.InForce(rules)
	for _, s := range skipped {
		p := s.Rule.Place
		l.Warnings = append(l.Warnings, mistake.Mistake{File: p.File, Line: p.Line, Column: p.Column, Message: "it is never applied: " + s.Reason})
	}
	return l
}

// Backtest implements httpapi.Rules.
func (r ruleAPI) Backtest(ctx context.Context, req wire.BacktestRequest, progress func(rows, total int64)) (wire.Backtest, error) {
	chosen, err := r.choose(req.Rule, req.YAML)
	if err != nil {
		return wire.Backtest{}, err
	}
	return backtest.Run(ctx, backtest.Options{
		History: r.store, Guard: r.responder.Guard(), Ledger: LedgerOptions(r.config.Blocks),
		Windows: RulebookOptions(r.config.Rules).Windows, Unclear: unclear(r.masking.masker.Load()),
	}, backtest.Request{
		Chosen: chosen, Since: req.Since, Until: req.Until,
		BlockFor: time.Duration(req.BlockSeconds) * time.Second, Progress: progress,
	})
}

// choose picks a loaded rule, or reads rules that somebody sends.
func (r ruleAPI) choose(name, yaml string) (backtest.Chosen, error) {
	set := r.rules.Load()
	if yaml == "" {
		chosen, err := backtest.Choose(set.Collection, name)
		if err != nil {
			err = fmt.Errorf("%w: %w", respond.ErrNotFound, err)
		}
		return chosen, err
	}
	chosen, mistakes := backtest.Parse(sigma.Options{Placeholders: set.Placeholders}, rulesText, yaml, set.Sources)
	if len(mistakes) > 0 {
		return chosen, mistakes
	}
	return chosen, nil
}

// probeAddress is of a network for documentation.
func probeAddress() netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, 77}) }

// unclear tells which columns the store does not hold as they were in the log,
// and what it has instead, by trying a record out.
func unclear(m *privacy.Masker) map[string]string {
	const probe = "probe"
	var b event.Batch
	for _, f := range event.TextFields() {
		b.SetString(f, probe)
	}
	for _, f := range event.AddrFields() {
		b.SetAddr(f, probeAddress())
	}
	b.EndRow()
	m.Batch(&b)
	found := map[string]string{}
	for _, f := range event.TextFields() {
		switch string(b.Text(f, 0)) {
		case probe:
		case "":
			found[f.String()] = "nothing"
		default:
			found[f.String()] = "a hash"
		}
	}
	for _, f := range event.AddrFields() {
		if b.Addr(f, 0) != probeAddress() {
			found[f.String()] = "a network or nothing"
		}
	}
	return found
}
