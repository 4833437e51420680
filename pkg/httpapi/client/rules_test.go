package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestRulesAskTheRightPaths(t *testing.T) {
	s := serve(t)
	c, ctx := s.client(t), t.Context()
	f := func(want string, ask func() error) {
		t.Helper()
		s.says(struct{}{})
		if err := ask(); err != nil || s.asked != want {
			t.Errorf("asked %s, want %s; %v", s.asked, want, err)
		}
	}
	f("GET /api/v1/rules?limit=1000", func() error {
		for _, err := range c.Rules(ctx) {
			return err
		}
		return nil
	})
	f("GET /api/v1/rules/Some%20title%2Fwith%20a%20slash", func() error { _, err := c.Rule(ctx, "Some title/with a slash"); return err })
	f("POST /api/v1/rules/lint", func() error { _, err := c.Lint(ctx, wire.LintRequest{YAML: "x"}); return err })
	f("POST /api/v1/rules/explain", func() error { _, err := c.Explain(ctx, wire.ExplainRequest{Line: "x"}); return err })
}

func TestBacktestReadsLines(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	says := func(lines string) {
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-ndjson")
			_, _ = io.WriteString(w, lines)
		}
	}
	var told []wire.BacktestProgress
	progress := func(p wire.BacktestProgress) { told = append(told, p) }
	request := wire.BacktestRequest{Rule: "r", Since: time.Unix(1, 0)}

	says(`{"progress":{"rows":1,"total":2}}` + "\n" + `{"result":{"matches":7}}` + "\n")
	got, err := c.Backtest(t.Context(), request, progress)
	if err != nil || got.Matches != 7 || len(told) != 1 || told[0].Total != 2 {
		t.Errorf("%+v, told %v, %v", got, told, err)
	}
	if s.asked != "POST /api/v1/rules/backtest" || !strings.Contains(s.body, `"rule":"r"`) || strings.Contains(s.body, "until") {
		t.Errorf("asked %s with %s", s.asked, s.body)
	}
	var problem *wire.Problem
	says(`{"progress":{"rows":1,"total":2}}` + "\n" + `{"problem":{"title":"no","status":503}}` + "\n")
	if _, err := c.Backtest(t.Context(), request, nil); !errors.As(err, &problem) || problem.Status != 503 {
		t.Errorf("got %v, want the problem", err)
	}
	says(`{"progress":{"rows":1,"total":2}}` + "\n")
	if _, err := c.Backtest(t.Context(), request, nil); err == nil || !strings.Contains(err.Error(), "before its result") {
		t.Errorf("half an answer: %v", err)
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"title":"another runs","status":409}`)
	}
	if _, err := c.Backtest(t.Context(), request, nil); !errors.As(err, &problem) || problem.Status != http.StatusConflict {
		t.Errorf("got %v, want the problem", err)
	}
}

func TestBacktestEndsWithItsContext(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"progress":{"rows":1,"total":2}}`+"\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}
	_, err := c.Backtest(ctx, wire.BacktestRequest{Rule: "r"}, func(wire.BacktestProgress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	select {
	case <-gone:
	case <-time.After(time.Minute):
		t.Fatal("the service was not told")
	}
}
