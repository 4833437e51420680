package service

import (
	"cmp"
	"context"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Explain implements httpapi.Rules.
func (r ruleAPI) Explain(ctx context.Context, req wire.ExplainRequest) (wire.Explanation, error) {
	explainer, err := r.explainer(req)
	if err != nil {
		return wire.Explanation{}, err
	}
	b, err := r.record(ctx, req)
	if err != nil {
		return wire.Explanation{}, err
	}
	x := explanationOf(explainer.Row(b, 0))
	if req.Event != "" {
		x.Warnings = append(x.Warnings, "the event is as it was masked on its way into the store: detection saw it as it was")
	}
	return x, nil
}

// explainer is for all rules in force, or for those that the request names or
// brings along.
func (r ruleAPI) explainer(req wire.ExplainRequest) (*ruletest.Explainer, error) {
	if req.Rule == "" && req.YAML == "" {
		return ruletest.NewExplainer(r.rules.Load(), nil)
	}
	chosen, err := r.choose(req.Rule, req.YAML)
	if err != nil {
		return nil, err
	}
	return ruletest.NewExplainer(&ruleset.Set{Collection: chosen.Collection}, chosen.Keys)
}

// record reads the line, or fetches the event.
func (r ruleAPI) record(ctx context.Context, req wire.ExplainRequest) (*event.Batch, error) {
	if req.Event != "" {
		return r.store.EventBatch(ctx, req.Event)
	}
	reader, err := accesslog.NewReader(accesslog.Options{
		Format: cmp.Or(req.Format, accesslog.Auto), Trusted: block.NewAllowlist(r.config.Network.TrustedHops.Prefixes()).Contains,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", wire.ErrLine, err)
	}
	b := &event.Batch{Header: event.Header{Source: "api", Gateway: "api"}}
	reader.ReadLast([]byte(req.Line+"\n"), event.Position{Line: 1}, b)
	switch {
	case len(b.Rejected) > 0:
		return nil, fmt.Errorf("%w as %s: %s", wire.ErrLine, b.Format, b.Rejected[0].Reason)
	case b.Rows() != 1:
		return nil, fmt.Errorf("%w as %s: it holds %d requests, want one", wire.ErrLine, b.Format, b.Rows())
	}
	return b, nil
}

func explanationOf(x ruletest.Explained) wire.Explanation {
	e := wire.Explanation{
		Format: x.Format, Fields: []wire.SeenField{}, Rules: []wire.ExplainedRule{},
		Matched: x.Matched, Near: x.Near, Looked: x.Looked, Warnings: []string{},
	}
	for _, f := range x.Fields {
		e.Fields = append(e.Fields, wire.SeenField(f))
	}
	for _, v := range x.Rules {
		e.Rules = append(e.Rules, verdictOf(v))
	}
	return e
}

func verdictOf(v ruletest.Verdict) wire.ExplainedRule {
	e := wire.ExplainedRule{Key: v.Key, Title: v.Title, Held: v.Held, Silent: v.Silent, Note: v.Note}
	for _, c := range v.CountedBy {
		e.CountedBy = append(e.CountedBy, c.Key)
	}
	if v.Explanation != nil {
		tree := nodeOf(&v.Explanation.Condition)
		e.Tree = &tree
	}
	return e
}

func nodeOf(s *match.Step) wire.ExplainedNode {
	n := wire.ExplainedNode{Kind: string(s.Kind), Text: s.Text, Held: s.Held}
	for _, seen := range s.Seen {
		n.Seen = append(n.Seen, wire.SeenValue(seen))
	}
	for _, v := range s.Values {
		n.Values = append(n.Values, wire.AskedValue{Text: v.Text, Met: v.Met, By: (*wire.SeenValue)(v.By)})
	}
	for i := range s.Steps {
		n.Nodes = append(n.Nodes, nodeOf(&s.Steps[i]))
	}
	return n
}
