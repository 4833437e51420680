package service

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

// ownRules are an operator's: a rule, one about other logs, and a correlation.
const ownRules = `title: Teapots
id: 33333333-3333-4333-8333-333333333333
logsource: {category: webserver}
detection:
  selection: {path|endswith: /teapot}
  condition: selection
level: high
falsepositives: [tea time]
honeymoat:
  family: recon
  block: {ttl: 1h}
---
title: Processes
logsource: {category: process_creation}
detection:
  selection: {Image: x}
  condition: selection
---
title: Many requests
name: many_requests
correlation:
  type: event_count
  rules: [33333333-3333-4333-8333-333333333333]
  group-by: [client_address]
  timespan: 1m
  condition: {gte: 3}
  generate: true
`

// TestRulesOverTheAPI asks a whole service about its rules.
func TestRulesOverTheAPI(t *testing.T) {
	cfg := embeddedConfig(t)
	cfg.Rules.Shipped, cfg.Rules.Folders = false, []string{filepath.Join(t.TempDir(), "own.yml")}
	write(t, cfg.Rules.Folders[0], ownRules)
	log, now := filepath.Join(t.TempDir(), "access.log"), time.Now()
	write(t, log, strings.Join([]string{
		teapot("192.0.2.66", "/teapot", 404, now.Add(-3*time.Minute)), teapot("192.0.2.66", "/", 200, now.Add(-2*time.Minute)),
		teapot("192.0.2.67", "/", 200, now.Add(-time.Minute)),
	}, ""))
	cfg.AddLogs([]string{log})
	r := start(t, cfg)
	r.await("the log to be stored", func() bool { return r.writer.LinesDone() > 0 })
	listsRules(t, r)
	explainsRules(t, r)
	lintsRules(t, r)
	backtestsRules(t, r, now)
}

func teapot(client, path string, status int, at time.Time) string {
	return fmt.Sprintf("%s - bob [%s] \"GET %s HTTP/1.1\" %d 153 \"-\" \"curl/8\"\n", client, at.Format("02/Jan/2006:15:04:05 -0700"), path, status)
}

func listsRules(t *testing.T, r *running) {
	t.Helper()
	r.await("hits in the store", func() bool {
		d, err := r.api.Rule(t.Context(), "33333333-3333-4333-8333-333333333333")
		return err == nil && d.Hits != nil && d.Hits.Findings == 1 && d.Hits.Actors == 1
	})
	var titles []string
	for rule, err := range r.api.Rules(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if titles = append(titles, rule.Title); rule.Applicable != (rule.Title != "Processes") || rule.Applicable != (rule.Reason == "") {
			t.Errorf("%+v", rule)
		}
	}
	if want := []string{"Teapots", "Processes", "Many requests"}; !slices.Equal(titles, want) {
		t.Errorf("%v, want %v", titles, want)
	}
	d, err := r.api.Rule(t.Context(), "33333333-3333-4333-8333-333333333333")
	if err != nil || d.Level != "high" || d.Block == nil || d.Block.LifetimeSeconds != 3600 || d.Block.Mode != "rollout" || d.Line != 1 ||
		!slices.Equal(d.Fields, []string{"path"}) || !slices.Equal(d.FalsePositives, []string{"tea time"}) || len(d.Version) != 12 {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := r.api.Rule(t.Context(), "many_requests"); err != nil || d.Kind != "correlation" || len(d.Members) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

func explainsRules(t *testing.T, r *running) {
	t.Helper()
	line := strings.TrimSpace(teapot("192.0.2.1", "/a%2fteapot", 404, time.Now()))
	x, err := r.api.Explain(t.Context(), wire.ExplainRequest{Line: line})
	if err != nil || x.Format != "combined" || x.Matched != 1 || x.Rules[0].Title != "Teapots" || x.Rules[0].Tree == nil || !x.Rules[0].Tree.Held {
		t.Errorf("%+v, %v", x, err)
	}
	x, err = r.api.Explain(t.Context(), wire.ExplainRequest{Line: line, YAML: strings.Replace(ownRules, "/teapot", "/pot", 1)})
	if err != nil || x.Matched != 0 || len(x.Rules) == 0 || x.Rules[0].Held {
		t.Errorf("%+v, %v", x, err)
	}
	for e, err := range allEvents(r) {
		if err != nil {
			t.Fatal(err)
		}
		x, err := r.api.Explain(t.Context(), wire.ExplainRequest{Event: e.ID, Rule: "Teapots"})
		if err != nil || (x.Matched == 1) != strings.HasSuffix(e.Path, "/teapot") || len(x.Rules) != 1 || len(x.Warnings) != 1 {
			t.Errorf("%s: %+v, %v", e.Path, x, err)
		}
	}
	refused(t, 400, "line", second(r.api.Explain(t.Context(), wire.ExplainRequest{Line: "no log line", Format: "combined"})))
	refused(t, 400, "line", second(r.api.Explain(t.Context(), wire.ExplainRequest{Line: line, Format: "no-format"})))
	refused(t, 404, "", second(r.api.Explain(t.Context(), wire.ExplainRequest{Event: "0000000000000009-1"})))
	refused(t, 404, "", second(r.api.Explain(t.Context(), wire.ExplainRequest{Line: line, Rule: "None such"})))
}

func lintsRules(t *testing.T, r *running) {
	t.Helper()
	l, err := r.api.Lint(t.Context(), wire.LintRequest{YAML: strings.ReplaceAll(ownRules, "33333333-3333", "44444444-3333")})
	if err != nil || l.Rules != 2 || l.Correlations != 1 || len(l.Mistakes) != 0 || len(l.Warnings) == 0 {
		t.Errorf("%+v, %v", l, err)
	}
	l, err = r.api.Lint(t.Context(), wire.LintRequest{YAML: strings.Replace(ownRules, "condition: selection", "condition: selektion", 1)})
	if err != nil || len(l.Mistakes) == 0 || l.Mistakes[0].Line != 6 || l.Mistakes[0].Hint == "" {
		t.Errorf("%+v, %v", l, err)
	}
}

func backtestsRules(t *testing.T, r *running, now time.Time) {
	t.Helper()
	since := now.Add(-time.Hour)
	for _, ask := range []wire.BacktestRequest{
		{Rule: "teapots", Since: since}, {YAML: ownRules, Since: since},
	} {
		told := false
		got, err := r.api.Backtest(t.Context(), ask, func(p wire.BacktestProgress) { told = p.Rows == 3 && p.Total == 3 })
		if err != nil || !told || got.Rows != 3 || got.Matches != 1 || got.Block.Blocks != 1 || got.Block.Successful != 1 || len(got.Examples) != 1 {
			t.Errorf("%+v (told: %t), %v", got, told, err)
		}
	}
	got, err := r.api.Backtest(t.Context(), wire.BacktestRequest{
		YAML: strings.Replace(ownRules, "path|endswith: /teapot", "user: bob", 1), Since: since, BlockSeconds: 60,
	}, nil)
	if err != nil || got.Matches != 0 || !strings.Contains(strings.Join(got.Warnings, "\n"), "a hash in place of what the log said in user") {
		t.Errorf("%+v, %v", got, err)
	}
	missing := second(r.api.Backtest(t.Context(), wire.BacktestRequest{Rule: "Teapot", Since: since}, nil))
	if refused(t, 404, "", missing); !strings.Contains(missing.Error(), `did you mean "Teapots"?`) {
		t.Errorf("no hint in %v", missing)
	}
	refused(t, 400, "yaml", second(r.api.Backtest(t.Context(), wire.BacktestRequest{YAML: "title: x", Since: since}, nil)))
}

func second[T any](_ T, err error) error { return err }

// refused checks that an error is a problem about a parameter.
func refused(t *testing.T, status int, name string, err error) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Status != status || name != "" && (len(p.Invalid) == 0 || p.Invalid[0].Name != name) {
		t.Errorf("got %v, want status %d about %q", err, status, name)
	}
}

// allEvents yields what is stored.
func allEvents(r *running) func(func(wire.Event, error) bool) {
	return func(yield func(wire.Event, error) bool) {
		page, err := r.store.Events(r.t.Context(), wire.EventQuery{})
		if err != nil {
			yield(wire.Event{}, err)
			return
		}
		for _, e := range page.Items {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestWhatTheStoreDoesNotHoldAsItWas(t *testing.T) {
	f := func(fields map[string]string, want map[string]string) {
		t.Helper()
		m, err := shipping.NewMasker(config.Privacy{Fields: fields}, privacy.Keyring{})
		if err != nil {
			t.Fatal(err)
		}
		got := unclear(m)
		for name, instead := range want {
			if got[name] != instead {
				t.Errorf("%s is %q, want %q", name, got[name], instead)
			}
		}
		if got["path"] != "" || got["host"] != "" {
			t.Errorf("%v", got)
		}
	}
	f(nil, map[string]string{"user": "nothing", "client_address": "", "referer": ""})
	f(map[string]string{"user": "clear", "client_address": "network"}, map[string]string{"user": "", "session": "nothing", "client_address": "a network or nothing"})
}
