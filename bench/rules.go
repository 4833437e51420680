package main

import (
	"context"
	"fmt"

	sigmago "github.com/bradleyjkemp/sigma-go"
	"github.com/bradleyjkemp/sigma-go/evaluator"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// judged are the batches and the rules that both implementations see: those of
// -access-log and -rules, or our own.
func judged(o options) ([]*event.Batch, *ruleset.Set, error) {
	log := o.accessLog
	if log == "" {
		log = logFile(o.dir)
	}
	batches, err := parsed(log)
	if err != nil {
		return nil, nil, err
	}
	from := ruleset.Options{Shipped: o.rules == ""}
	if o.rules != "" {
		from.Folders = []string{o.rules}
	}
	set, err := ruleset.Load(from)
	return batches, set, err
}

// measureMatch holds rows against the rules, on one core.
func measureMatch(_ context.Context, o options) (work, error) {
	batches, set, err := judged(o)
	if err != nil {
		return work{}, err
	}
	s := match.Compile(set.Collection.Rules, match.Options{}).Scanner()
	m, err := startMeter(o.profile, "match")
	if err != nil {
		return work{}, err
	}
	rows, hits := 0, 0
	for rows < matchRows {
		for _, b := range batches {
			s.Scan(b, 0, b.Rows(), func(int, int) { hits++ })
			rows += b.Rows()
		}
	}
	return m.stop(rows)
}

// How many rows are held against rules at least.
const (
	matchRows   = 3_000_000
	sigmaGoRows = 10_000
)

// measureSigmaGo does the same with sigma-go, on as many rules as it takes.
func measureSigmaGo(ctx context.Context, o options) (work, error) {
	batches, set, err := judged(o)
	if err != nil {
		return work{}, err
	}
	bundle := evaluator.ForRules(sigmaGoRules(set))
	m, err := startMeter(o.profile, "sigma-go")
	if err != nil {
		return work{}, err
	}
	rows := 0
	for rows < sigmaGoRows {
		for _, b := range batches {
			for row := range min(b.Rows(), sigmaGoRows-rows) {
				if _, err := bundle.Matches(ctx, fieldsOf(b, row)); err != nil {
					return work{}, fmt.Errorf("sigma-go: %w", err)
				}
			}
			rows += min(b.Rows(), sigmaGoRows-rows)
		}
	}
	return m.stop(rows)
}

// sigmaGoRules are the rules of single events that sigma-go reads, those of
// web servers and proxies.
func sigmaGoRules(set *ruleset.Set) []sigmago.Rule {
	var rules []sigmago.Rule
	for _, s := range set.Sources {
		r, err := sigmago.ParseRule(s.Data)
		if err == nil && (r.Logsource.Category == "webserver" || r.Logsource.Category == "proxy") && len(r.Detection.Conditions) > 0 {
			rules = append(rules, r)
		}
	}
	return rules
}

// fieldsOf is a row under the names that public rules use.
func fieldsOf(b *event.Batch, row int) map[string]any {
	text := func(f event.TextField) string { return string(b.Text(f, row)) }
	target := text(event.Path)
	if q := text(event.Query); q != "" {
		target += "?" + q
	}
	return map[string]any{
		"cs-method": text(event.Method), "cs-host": text(event.Host), "r-dns": text(event.Host),
		"c-uri": target, "cs-uri": target, "cs-uri-query": target, "cs-uri-stem": text(event.Path),
		"c-useragent": text(event.UserAgent), "cs-user-agent": text(event.UserAgent), "cs-referer": text(event.Referer),
		"sc-status": b.Number(event.Status, row), "c-ip": b.Addr(event.ClientAddress, row).String(),
	}
}
