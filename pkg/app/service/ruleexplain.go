package service

import (
	"cmp"
	"context"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Explain implements httpapi.Rules.
func (r ruleAPI) Explain(ctx context.Context, req wire.ExplainRequest) (wire.Explanation, error) {
	rules, err := r.explained(req)
	if err != nil {
		return wire.Explanation{}, err
	}
	b, err := r.record(ctx, req)
	if err != nil {
		return wire.Explanation{}, err
	}
	x := wire.Explanation{Format: b.Format, Fields: []wire.SeenField{}, Rules: []wire.ExplainedRule{}, Warnings: []string{}}
	program := match.Compile(rules, match.Options{})
	x.Looked = len(program.Rules())
	program.Scanner().Scan(b, 0, 1, func(_, rule int) {
		m := program.Rules()[rule]
		x.Rules = append(x.Rules, wire.ExplainedRule{Key: m.Key(), Title: m.Title, Held: true, Silent: m.Silent})
	})
	x.Matched = len(x.Rules)
	return x, nil
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

// explained are the rules in question.
func (r ruleAPI) explained(req wire.ExplainRequest) ([]*sigma.Rule, error) {
	if req.Rule == "" && req.YAML == "" {
		return r.rules.Load().Collection.Rules, nil
	}
	chosen, err := r.choose(req.Rule, req.YAML)
	if err != nil {
		return nil, err
	}
	return chosen.Collection.Rules, nil
}
