package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Rules yields the rules that are loaded, ordered by key, with what each has
// found in the last day.
func (c *Client) Rules(ctx context.Context) iter.Seq2[wire.Rule, error] {
	return all[wire.Rule](ctx, c, "rules", nil)
}

// Rule gives a rule with what it says about itself.
func (c *Client) Rule(ctx context.Context, key string) (wire.RuleDetail, error) {
	return get[wire.RuleDetail](ctx, c, "rules", key)
}

// Lint tells what is wrong with rules as text.
func (c *Client) Lint(ctx context.Context, r wire.LintRequest) (wire.Lint, error) {
	return post[wire.Lint](ctx, c, r, "rules", "lint")
}

// Explain tells which rules match a record, and why.
func (c *Client) Explain(ctx context.Context, r wire.ExplainRequest) (wire.Explanation, error) {
	return post[wire.Explanation](ctx, c, r, "rules", "explain")
}

func post[T any](ctx context.Context, c *Client, body any, path ...string) (T, error) {
	return change[T](ctx, c, request{method: http.MethodPost, path: path, body: body})
}

// Backtest holds rules against the service's history. progress, which may be
// nil, is told how far it is. It takes as long as it takes: ctx ends it, on the
// service too.
func (c *Client) Backtest(ctx context.Context, r wire.BacktestRequest, progress func(wire.BacktestProgress)) (wire.Backtest, error) {
	patient := *c
	unhurried := *c.http
	unhurried.Timeout = 0
	patient.http = &unhurried
	resp, err := patient.send(ctx, request{method: http.MethodPost, path: []string{"rules", "backtest"}, body: r})
	if err != nil {
		return wire.Backtest{}, fmt.Errorf("ask %s: %w%s", c.base, err, hintFor(err))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil {
			return wire.Backtest{}, fmt.Errorf("ask %s: read the answer: %w", c.base, err)
		}
		return wire.Backtest{}, problemOf(resp, body)
	}
	result, err := readBacktest(bufio.NewReader(resp.Body), progress)
	if err != nil {
		return result, fmt.Errorf("ask %s: %w", c.base, err)
	}
	return result, nil
}

// readBacktest reads lines until one has the result or the problem.
func readBacktest(in io.Reader, progress func(wire.BacktestProgress)) (wire.Backtest, error) {
	lines := json.NewDecoder(in)
	for {
		var m wire.BacktestMessage
		err := lines.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return wire.Backtest{}, errors.New("the answer ended before its result; did the service stop?")
		case err != nil:
			return wire.Backtest{}, fmt.Errorf("read the answer: %w", err)
		case m.Problem != nil:
			return wire.Backtest{}, m.Problem
		case m.Result != nil:
			return *m.Result, nil
		case m.Progress != nil && progress != nil:
			progress(*m.Progress)
		}
	}
}
