package httpapi

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

func (w *world) ship(body, after string) call {
	return call{
		method: "POST", path: "/api/v1/agent/lines", token: auth.AgentBearer("gw-1", agentSecret), body: body,
		header: map[string]string{"Content-Type": "application/octet-stream", block.AfterHeader: after},
	}
}

func TestShippedLinesAreTheAgentsOwn(t *testing.T) {
	w := newWorld(t)
	got := decoded[block.LinesStored](t, w.do(w.ship(w.batch(3), "41")))
	if got.Sequence != 42 || w.publisher.shipper != "gw-1" || w.publisher.rows != 3 || w.publisher.after != 41 {
		t.Errorf("got %+v, published %+v", got, w.publisher)
	}
}

func TestShippingErrors(t *testing.T) {
	w := newWorld(t)
	f := func(err error, want kind) {
		t.Helper()
		w.publisher.err = err
		w.problem(w.do(w.ship(w.batch(1), "0")), want)
	}
	f(ingest.ErrFenced, fenced)
	f(ingest.ErrFull, full)
	f(ingest.ErrTooLarge, tooLarge)
	f(errAway, unavailable)
	w.problem(w.get("/api/v1/agent/mark?source=web&file=00c5a0f1e2d3b4a5", auth.AgentBearer("gw-1", agentSecret)), unavailable)
	w.publisher.err = nil
	w.problem(w.do(w.ship(w.batch(1), "")), badParameters)
	w.problem(w.do(w.ship(w.batch(1), "-1")), badParameters)
	w.problem(w.do(w.ship("garbage", "0")), badRequest)
	w.problem(w.do(w.ship(strings.Repeat("x", maxLines+1), "0")), tooLarge)
	for _, query := range []string{"", "?source=web", "?source=A&file=00c5a0f1e2d3b4a5", "?source=web&file=xyz"} {
		w.problem(w.get("/api/v1/agent/mark"+query, auth.AgentBearer("gw-1", agentSecret)), badParameters)
	}
}

func TestManyBatchesShareFewCodecs(t *testing.T) {
	w := newWorld(t)
	for range 3 * maxCodecs {
		if answer := w.do(w.ship(w.batch(1), "0")); answer.Code != http.StatusOK {
			t.Fatalf("got %d: %s", answer.Code, answer.Body)
		}
		w.do(w.ship("garbage", "0"))
	}
	if free := len(w.codecs.free); free != maxCodecs {
		t.Errorf("%d codecs came back, want %d", free, maxCodecs)
	}
}

func TestReportIsTheAgentsOwn(t *testing.T) {
	w := newWorld(t)
	c := call{method: "POST", path: "/api/v1/agent/report", token: auth.AgentBearer("gw-1", agentSecret),
		body: `{"agent":"gw-9","software":"a/1","enforcing":{},"denied":1,"decided":2}`}
	if answer := w.do(c); answer.Code != http.StatusNoContent {
		t.Fatalf("got %d: %s", answer.Code, answer.Body)
	}
	if w.agents.reported.Agent != "gw-1" {
		t.Errorf("the report is of %q", w.agents.reported.Agent)
	}
	w.agents.err = errAway
	w.problem(w.do(c), unavailable)
}

func TestTouchIsTheAgentsOwn(t *testing.T) {
	w := newWorld(t)
	claim := exampleFinding()
	claim.Sighting.Gateway = "elsewhere"
	c := call{method: "POST", path: "/api/v1/agent/touch", token: auth.AgentBearer("gw-1", agentSecret), body: string(w.json(claim))}
	if answer := w.do(c); answer.Code != http.StatusNoContent {
		t.Fatalf("got %d: %s", answer.Code, answer.Body)
	}
	if got := w.operator.touched; w.operator.by != "gw-1" || got.Sighting.Via != finding.ViaAgent || got.Sighting.Gateway != "edge" {
		t.Errorf("got %+v of %q", got, w.operator.by)
	}
	w.operator.err = errAway
	w.problem(w.do(c), unavailable)
	w.operator.err = nil
	bad := exampleFinding()
	bad.ID, bad.Family, bad.Actor.Value = "x", finding.Health, "192.0.2.01"
	c.body = string(w.json(bad))
	if p := w.problem(w.do(c), badParameters); len(p.Invalid) != 3 {
		t.Errorf("got %v", p.Invalid)
	}
	c.body = string(bytes.Repeat([]byte(" "), 64<<10+1))
	w.problem(w.do(c), tooLarge)
}

// An agent that was updated before the service says what the service does not
// know yet.
func TestAgentsMaySayMoreThanIsKnown(t *testing.T) {
	w := newWorld(t)
	known := map[string]string{
		"report":  `"software":"a/2","enforcing":{"all":{"revision":7,"count":1,"hash":"9"}},"ways":[{"name":"nginx-maps","holds":{"all":7},"later":1}]`,
		"touch":   strings.TrimSuffix(string(w.json(exampleFinding()))[1:], "}"),
		"retries": `"number":3,"done":true,"tried":5,"parsed":3,"failed":2`,
	}
	for path, body := range known {
		send := func(body string) call {
			return call{method: "POST", path: "/api/v1/agent/" + path, token: auth.AgentBearer("gw-1", agentSecret), body: body}
		}
		if answer := w.do(send(`{` + body + `,"later":{"a":[1]}}`)); answer.Code != http.StatusNoContent {
			t.Errorf("%s: got %d: %s", path, answer.Code, answer.Body)
		}
		w.problem(w.do(send(`{`+body+`} {}`)), badRequest)
		w.problem(w.do(send(`{`+body)), badRequest)
	}
	if got := w.agents.reported; got.Enforcing["all"].Revision != 7 || len(got.Ways) != 1 || got.Ways[0].Holds["all"] != 7 {
		t.Errorf("got %+v", got)
	}
	w.problem(w.do(call{method: "POST", path: "/api/v1/agent/report", token: auth.AgentBearer("gw-1", agentSecret),
		body: `{"software":1,"enforcing":{}}`}), badParameters)
	strict := w.do(call{method: "POST", path: "/api/v1/blocks", token: adminToken,
		body: `{"target":"192.0.2.1","reason":"probe","later":1}`})
	w.problem(strict, badRequest)
}
