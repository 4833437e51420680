package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// fakeRules has two rules, and answers with examples or err.
type fakeRules struct {
	rules []wire.Rule
	err   error
	asked any // the last request
	// during is called while a backtest runs.
	during func(ctx context.Context, progress func(rows, total int64)) error
}

func newFakeRules() *fakeRules {
	return &fakeRules{rules: []wire.Rule{exampleRule("rule-1", "scanner"), exampleRule("rule-2", "injection")}}
}

func exampleRule(key, family string) wire.Rule {
	return wire.Rule{
		Key: key, Version: "0123456789ab", Kind: "rule", Title: "Title of " + key, Level: "high", Status: "stable",
		Family: finding.Family(family), Tier: finding.Notify, Tags: []string{"attack.t1190"}, Applicable: true, File: "a.yml", Line: 1,
		Block: &wire.RuleBlock{LifetimeSeconds: 3600, Mode: "shadow"},
	}
}

func (f *fakeRules) Rules() []wire.Rule { return f.rules }

func (f *fakeRules) Rule(key string) (wire.RuleDetail, error) {
	for _, r := range f.rules {
		if r.Key == key {
			return wire.RuleDetail{Rule: r, References: []string{}, FalsePositives: []string{"tests"}, Fields: []string{"path"}}, nil
		}
	}
	return wire.RuleDetail{}, respond.ErrNotFound
}

func exampleMistake() mistake.Mistake {
	return mistake.Mistake{File: "yaml", Line: 3, Column: 5, Message: "there is no condition", Hint: "add one"}
}

func (f *fakeRules) Lint(yaml string) wire.Lint {
	f.asked = yaml
	return wire.Lint{Rules: 1, Mistakes: []mistake.Mistake{exampleMistake()}, Warnings: []mistake.Mistake{}}
}

func (f *fakeRules) Explain(_ context.Context, r wire.ExplainRequest) (wire.Explanation, error) {
	f.asked = r
	return wire.Explanation{
		Format: "combined", Fields: []wire.SeenField{{Field: "path", Value: "/%61", Decoded: []string{"/a"}}}, Matched: 1, Looked: 2, Warnings: []string{},
		Rules: []wire.ExplainedRule{{Key: "rule-1", Title: "One", Held: true, Tree: &wire.ExplainedNode{
			Kind: "search", Text: "selection", Held: true,
			Nodes: []wire.ExplainedNode{{
				Kind: "item", Text: "path", Held: true, Seen: []wire.SeenValue{{Column: "path", Text: "/%61"}, {Column: "path", Text: "/a", Decoded: true}},
				Values: []wire.AskedValue{{Text: "/a", Met: true, By: &wire.SeenValue{Column: "path", Text: "/a", Decoded: true}}},
			}},
		}}},
	}, f.err
}

func (f *fakeRules) Backtest(ctx context.Context, r wire.BacktestRequest, progress func(rows, total int64)) (wire.Backtest, error) {
	f.asked = r
	if f.during != nil {
		if err := f.during(ctx, progress); err != nil {
			return wire.Backtest{}, err
		}
	} else {
		progress(5, 10)
		progress(10, 10)
	}
	return exampleBacktest(r), f.err
}

func exampleBacktest(r wire.BacktestRequest) wire.Backtest {
	actor := finding.Actor{Kind: finding.Address, Value: "192.0.2.1"}
	return wire.Backtest{
		Since: r.Since, Until: r.Until, Rows: 10, Seconds: 0.5, RowsPerSecond: 20, Parts: 2, Matches: 1, Actors: 1, BucketSeconds: 60,
		Rules:     []wire.BacktestedRule{{Key: "rule-1", Version: "1", Title: "One", Matches: 1}},
		Buckets:   []wire.BacktestBucket{{At: noon, Matches: 1}},
		TopActors: []wire.BacktestActor{{Actor: actor, Matches: 1, First: noon, Last: noon}},
		Block: wire.BacktestBlock{Asked: true, Shadow: true, Actors: 1, Blocks: 1, Refusals: []string{}, Blocked: []wire.BacktestedHit{
			{Actor: actor, Blocks: 1, Seconds: 60, First: noon, Until: noon, File: "a.log", Line: 3, Reason: "GET /", Requests: 2, Successful: 1},
		}},
		Examples: []wire.BacktestMatch{{Why: "the only one", Rule: "rule-1", Actor: actor, Time: noon, Reason: "GET /"}},
		Warnings: []string{"the store's events begin later"},
	}
}

func TestRulesComeWithTheirHits(t *testing.T) {
	w := newWorld(t)
	page := decoded[wire.Page[wire.Rule]](t, w.get("/api/v1/rules", viewerToken))
	if len(page.Items) != 2 || page.Items[0].Hits == nil || page.Items[0].Hits.Sightings != 3 || page.Items[1].Hits == nil || page.Items[1].Hits.Findings != 0 {
		t.Errorf("%+v", page.Items)
	}
	asked, ok := w.history.asked.(wire.Period)
	if since := w.now.now().Add(-24 * time.Hour); !ok || asked.Since.Sub(since).Abs() > time.Minute {
		t.Errorf("asked for %v", w.history.asked)
	}
	page = decoded[wire.Page[wire.Rule]](t, w.get("/api/v1/rules?family=injection", viewerToken))
	if len(page.Items) != 1 || page.Items[0].Key != "rule-2" {
		t.Errorf("%+v", page.Items)
	}
	w.history.err = errors.New("away")
	page = decoded[wire.Page[wire.Rule]](t, w.get("/api/v1/rules?limit=1", viewerToken))
	if len(page.Items) != 1 || page.Items[0].Hits != nil || page.Next == "" {
		t.Errorf("with the store down: %+v", page)
	}
	if one := decoded[wire.RuleDetail](t, w.get("/api/v1/rules/rule-2", viewerToken)); one.Key != "rule-2" || one.Hits != nil {
		t.Errorf("%+v", one)
	}
	w.problem(w.get("/api/v1/rules/none", viewerToken), notFound)
}

func TestQuestionsAboutRulesAreChecked(t *testing.T) {
	w := newWorld(t)
	f := func(path, body, field string) {
		t.Helper()
		p := w.problem(w.do(call{method: http.MethodPost, path: "/api/v1/rules/" + path, token: analystToken, body: body}), badParameters)
		if len(p.Invalid) != 1 || p.Invalid[0].Name != field {
			t.Errorf("%s %s: %+v", path, body, p.Invalid)
		}
	}
	f("lint", `{"yaml":" "}`, "yaml")
	f("explain", `{}`, "line")
	f("explain", `{"line":"x","event":"y"}`, "line")
	f("explain", `{"event":"y","format":"combined"}`, "format")
	f("explain", `{"line":"x","rule":"a","yaml":"b"}`, "rule")
	f("backtest", `{"since":"2026-01-01T00:00:00Z"}`, "rule")
	f("backtest", `{"rule":"a","yaml":"b","since":"2026-01-01T00:00:00Z"}`, "rule")
	f("backtest", `{"rule":"a"}`, "since")
	f("backtest", `{"rule":"a","since":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z"}`, "until")
	f("backtest", `{"rule":"a","since":"2026-01-01T00:00:00Z","block_seconds":-1}`, "block_seconds")
	w.rules.err = fmt.Errorf("explain: %w", wire.ErrLine)
	f("explain", `{"line":"x"}`, "line")
}

func TestMistakesInRulesHaveTheirPlace(t *testing.T) {
	w := newWorld(t)
	w.rules.err = fmt.Errorf("read rules: %w", mistake.List{exampleMistake()})
	w.rules.during = func(context.Context, func(rows, total int64)) error { return w.rules.err }
	for _, path := range []string{"explain", "backtest"} {
		body := map[string]string{"explain": `{"line":"x","yaml":"y"}`, "backtest": `{"yaml":"y","since":"2026-01-01T00:00:00Z"}`}[path]
		p := w.problem(w.do(call{method: http.MethodPost, path: "/api/v1/rules/" + path, token: analystToken, body: body}), badParameters)
		if len(p.Invalid) != 1 || p.Invalid[0].Reason != "yaml:3:5: there is no condition (add one)" {
			t.Errorf("%s: %+v", path, p.Invalid)
		}
	}
}

// backtesting is a good request for a backtest.
func backtestCall() call {
	return call{
		method: http.MethodPost, path: "/api/v1/rules/backtest", token: analystToken, body: `{"rule":"rule-1","since":"2026-01-01T00:00:00Z"}`,
	}
}

// messagesOf reads the lines of an answer.
func messagesOf(t *testing.T, body string) []wire.BacktestMessage {
	t.Helper()
	var all []wire.BacktestMessage
	for line := range strings.Lines(body) {
		var m wire.BacktestMessage
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

func TestBacktestTellsHowFarItIs(t *testing.T) {
	w := newWorld(t)
	answer := w.do(backtestCall())
	got := messagesOf(t, answer.Body.String())
	if len(got) != 3 || *got[0].Progress != (wire.BacktestProgress{Rows: 5, Total: 10}) || got[1].Progress.Rows != 10 || got[2].Result == nil || got[2].Result.Matches != 1 {
		t.Errorf("%s", answer.Body)
	}
	if r := w.rules.asked.(wire.BacktestRequest); r.Until.IsZero() || r.Until.After(w.now.now()) {
		t.Errorf("asked until %v", r.Until)
	}
}

func TestBacktestThatFailsLateSaysSo(t *testing.T) {
	w := newWorld(t)
	w.rules.during = func(_ context.Context, progress func(rows, total int64)) error {
		progress(1, 2)
		return errors.New("the connection to 10.0.0.1 broke")
	}
	answer := w.do(backtestCall())
	got := messagesOf(t, answer.Body.String())
	if len(got) != 2 || got[1].Problem == nil || got[1].Problem.Name() != unavailable.name || got[1].Problem.Instance == "" {
		t.Errorf("%s", answer.Body)
	}
	if strings.Contains(answer.Body.String(), "10.0.0.1") || !strings.Contains(w.log.String(), "10.0.0.1") {
		t.Error("the cause belongs into the log, and only there")
	}
}

func TestOneBacktestAtATime(t *testing.T) {
	w := newWorld(t)
	w.rules.during = func(context.Context, func(rows, total int64)) error {
		during := w.rules.during
		w.rules.during = nil
		w.problem(w.do(backtestCall()), backtesting)
		w.rules.during = during
		return nil
	}
	w.do(backtestCall())
	w.rules.during = nil
	if answer := w.do(backtestCall()); answer.Code != http.StatusOK {
		t.Errorf("after the first one: %s", answer.Body)
	}
}

func TestWhoLeavesEndsTheBacktest(t *testing.T) {
	w := newWorld(t)
	for name, leave := range map[string]func(cancel context.CancelFunc){
		"the client": func(cancel context.CancelFunc) { cancel() }, "the service": func(context.CancelFunc) { w.end() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		w.rules.during = func(ctx context.Context, progress func(rows, total int64)) error {
			progress(1, 2)
			leave(cancel)
			<-ctx.Done()
			return ctx.Err()
		}
		c := backtestCall()
		c.ctx = ctx
		got := messagesOf(t, w.do(c).Body.String())
		if len(got) != 2 || got[1].Problem == nil {
			t.Errorf("%s: %+v", name, got)
		}
		cancel()
	}
}
