package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

var errAway = errors.New("dial tcp 10.1.2.3:4222: connection refused")

func TestBlockRefusals(t *testing.T) {
	w := newWorld(t)
	f := func(err error, want kind, hint string) {
		t.Helper()
		w.operator.err = err
		p := w.problem(w.do(call{method: "POST", path: "/api/v1/blocks", token: analystToken,
			body: `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"probe"}`}), want)
		if !strings.Contains(p.Hint, hint) || strings.Contains(p.Detail, "10.1.2.3") {
			t.Errorf("%v: got %+v", err, p)
		}
	}
	f(&respond.Refusal{Rule: "allowlist", Reason: "it is allowed", Hint: "take it off"}, refused, "take it off")
	f(&respond.Refusal{Rule: "width", Reason: "too wide", Hint: "narrower", NeedAdmin: true}, lowRole, "admin")
	f(respond.ErrExists, conflict, exampleBlock(1).ID.String())
	f(fmt.Errorf("%w: %w", respond.ErrInvalid, respond.ErrKeyUsed), keyUsed, "new key")
	f(respond.ErrInvalid, badRequest, "")
	f(errAway, unavailable, "readyz")
}

func TestWrongBodiesAreExplained(t *testing.T) {
	w := newWorld(t)
	f := func(path, body string, want kind, names ...string) {
		t.Helper()
		p := w.problem(w.do(call{method: "POST", path: path, token: adminToken, body: body}), want)
		var got []string
		for _, i := range p.Invalid {
			got = append(got, i.Name)
		}
		if strings.Join(got, " ") != strings.Join(names, " ") {
			t.Errorf("%s: got %v, want %v", body, p.Invalid, names)
		}
	}
	const blocks, discards, enrolments = "/api/v1/blocks", "/api/v1/discards", "/api/v1/agents/enrolments"
	f(blocks, `{}`, badParameters, "target", "lifetime_seconds", "reason")
	f(blocks, `{"target":"x","segment":"A","lifetime_seconds":-1,"reason":"r"}`, badParameters, "target") // it cannot be read at all
	f(blocks, `{"target":"route:x","segment":"A","lifetime_seconds":-1,"reason":"r"}`, badParameters, "target", "segment", "lifetime_seconds")
	f(blocks, `{"target":"192.0.2.7","lifetime_seconds":99999999,"reason":"r"}`, badParameters, "lifetime_seconds")
	f(blocks, `{"target":"192.0.2.7","lifetime_seconds":18446744077,"reason":"r"}`, badParameters, "lifetime_seconds") // 3 s, in 64 bits of nanoseconds
	f(blocks, `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"`+strings.Repeat("x", 501)+`"}`, badParameters, "reason")
	f(blocks, `{"target":7}`, badParameters, "target")
	f(blocks, `{"target":{"scope":"address"}}`, badParameters, "target")
	f(blocks, `{"target":"country:Nowhere","lifetime_seconds":60,"reason":"r"}`, badParameters, "target")
	f(blocks, `{"target":"192.0.2.7","mode":"canary","lifetime_seconds":60,"reason":"r"}`, badParameters, "percent")
	f(blocks, `{"target":"192.0.2.7","percent":5,"lifetime_seconds":60,"reason":"r"}`, badParameters, "percent")
	f(blocks+"?wait=ready", `{}`, badParameters, "wait")
	f(blocks+"?timeout=5s", `{}`, badParameters, "timeout")
	f(blocks+"?wait=enforced&timeout=1h", `{}`, badParameters, "timeout")
	f(blocks+"/bulk", `{"items":[]}`, badParameters, "items")
	f(blocks+"/bulk", `{"reason":"r"}`, badParameters, "items")
	f(blocks+"/bulk", `{"items":{}}`, badRequest)
	f(blocks+"/bulk", `{"itms":[]}`, badRequest)
	f(blocks+"/bulk", `{"items":[{"target":"192.0.2.7"}]} 1`, badRequest)
	f(blocks+"/bulk", `[]`, badRequest)
	f(blocks+"/bulk", `{"items":[{"target":"192.0.2.7"}`, badRequest)
	f(blocks+"/bulk", `{"dry_run":1,"items":[{"target":"192.0.2.7"}]}`, badParameters, "dry_run")
	f(blocks+"/why", `{}`, badParameters, "target")
	f(blocks+"/preview", `{"target":"route:orders"}`, badParameters, "target")
	f("/api/v1/batches/b/undo", `{}`, badParameters, "reason")
	f("/api/v1/approvals/a/approve", `{}`, badParameters, "reason")
	f("/api/v1/approvals/a/reject", `{}`, badParameters, "reason")
	f("/api/v1/breaker/resume", `{}`, badParameters, "reason")
	f("/api/v1/rollouts/rule-1/1/hold", `{}`, badParameters, "reason")
	f("/api/v1/complaints", `{}`, badParameters, "block_id", "text")
	f("/api/v1/complaints", `{"block_id":"x","text":"t"}`, badParameters, "block_id")
	f(blocks, `{"targte":"192.0.2.7"}`, badRequest)
	f(blocks, `{"mode":"loud"}`, badRequest)
	f(blocks, `{} {}`, badRequest)
	f(blocks, `[`, badRequest)
	f(blocks, " ", badRequest)
	f(blocks, `{"reason":"`+strings.Repeat("x", maxBody)+`"}`, tooLarge)
	f(discards, `{"reason":"r"}`, badParameters, "actor")
	f(discards, `{"actor":"nobody","lifetime_seconds":-1}`, badParameters, "actor", "reason", "lifetime_seconds")
	f("/api/v1/findings/x/discard", `{}`, badParameters, "reason")
	f(enrolments, `{}`, badParameters, "gateway")
	f(enrolments, `{"name":"local","gateway":"edge","segments":["A"],"lifetime_seconds":99999999}`, badParameters, "name", "segments", "lifetime_seconds")
	p := w.problem(w.do(call{method: "POST", path: blocks, token: adminToken, body: "target=x",
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}), badMedia)
	if p.Hint == "" {
		t.Error("no hint at the type that is wanted")
	}
	w.problem(w.do(call{method: "POST", path: blocks, token: adminToken, body: `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"r"}`,
		header: map[string]string{"Idempotency-Key": strings.Repeat("k", 129)}}), badParameters)
}

func TestRemoveBlock(t *testing.T) {
	w := newWorld(t)
	path := "/api/v1/blocks/" + exampleBlock(1).ID.String()
	w.problem(w.do(call{method: "DELETE", path: path, token: analystToken}), badParameters)
	decoded[wire.Block](t, w.do(call{method: "DELETE", path: path + "?reason=ours", token: analystToken}))
	if w.operator.reason != "ours" || w.operator.caller.Name != "ana" {
		t.Errorf("got %q by %+v", w.operator.reason, w.operator.caller)
	}
	w.operator.missing = true
	w.problem(w.do(call{method: "DELETE", path: path + "?reason=ours", token: analystToken}), notFound)
	w.operator.missing, w.operator.err = false, errAway
	w.problem(w.do(call{method: "DELETE", path: path + "?reason=ours", token: analystToken}), unavailable)
	w.problem(w.do(call{method: "DELETE", path: "/api/v1/blocks/x?reason=ours", token: analystToken}), badParameters)
}

func TestGetBlock(t *testing.T) {
	w := newWorld(t)
	get := func(n int) wire.BlockDetail {
		t.Helper()
		return decoded[wire.BlockDetail](t, w.get("/api/v1/blocks/"+exampleBlock(n).ID.String(), viewerToken))
	}
	if got := get(1); got.Block == nil || !got.Live || got.Denied != 3 || len(got.Log) != 1 {
		t.Errorf("live: got %+v", got)
	}
	if got := get(2); got.Block == nil || !got.Live {
		t.Errorf("put by somebody else: got %+v", got)
	}
	ended := exampleEnded()
	w.operator.ended = &ended
	if got := get(1); got.Live || got.Ended == nil || got.Ended.How != "removed" {
		t.Errorf("ended of late: got %+v", got)
	}
	if got := get(99); got.Block != nil || got.Live || len(got.Log) != 1 {
		t.Errorf("ended long ago: got %+v", got)
	}
	w.history.err = errAway
	if got := get(1); got.Block == nil || got.Incomplete == "" || got.Log == nil {
		t.Errorf("store away: got %+v", got)
	}
	path := "/api/v1/blocks/" + exampleBlock(99).ID.String()
	w.problem(w.get(path, viewerToken), unavailable)
	w.history.err, w.history.missing = nil, true
	w.problem(w.get(path, viewerToken), notFound)
}

func TestWhyOfAProtectedAddress(t *testing.T) {
	w := newWorld(t)
	w.operator.missing = true
	got := decoded[wire.Why](t, w.get("/api/v1/blocks/why?target=::ffff:192.0.2.7", viewerToken))
	if got.Protected != "it is allowed" || got.Target.String() != "192.0.2.7" || got.Blocks == nil || got.Evidence == nil || got.Actor != nil {
		t.Errorf("got %+v", got)
	}
}

func TestPreviewLooksADayBack(t *testing.T) {
	w := newWorld(t)
	got := decoded[wire.Preview](t, w.get("/api/v1/blocks/preview?target=192.0.2.0/24", viewerToken))
	if d := got.Until.Sub(got.Since); d != 24*time.Hour || !got.Until.Equal(w.now.now()) {
		t.Errorf("from %v to %v", got.Since, got.Until)
	}
	if fmt.Sprint(w.history.target) != "[192.0.2.0/24]" {
		t.Errorf("asked about %v", w.history.target)
	}
	w.get("/api/v1/blocks/preview?target=192.0.2.0/24&since=2026-03-01T12:00:00Z&until=2026-03-01T13:00:00Z", viewerToken)
	if want := (wire.Period{Since: noon, Until: noon.Add(time.Hour)}); w.history.asked != want {
		t.Errorf("asked for %+v", w.history.asked)
	}
	w.history.err = errAway
	w.problem(w.get("/api/v1/blocks/preview?target=192.0.2.0/24", viewerToken), unavailable)
}

func TestDiscardFindingThatIsInTheStoreOnly(t *testing.T) {
	w := newWorld(t)
	w.operator.missing = true
	c := call{method: "POST", path: "/api/v1/findings/" + exampleFinding().ID + "/discard", token: analystToken, body: `{"reason":"ours","lifetime_seconds":60}`}
	if answer := w.do(c); answer.Code != http.StatusCreated {
		t.Fatalf("got %d: %s", answer.Code, answer.Body)
	}
	want := respond.AddDiscard{Actor: exampleFinding().Actor, Rule: exampleFinding().Rule, Reason: "ours", Lifetime: time.Minute}
	if w.operator.discard != want {
		t.Errorf("got %+v, want %+v", w.operator.discard, want)
	}
	w.history.missing = true
	w.problem(w.do(c), notFound)
	w.history.missing, w.history.err = false, errAway
	w.problem(w.do(c), unavailable)
	w.operator.missing, w.operator.err = false, errAway
	w.problem(w.do(c), unavailable)
}

func TestDiscards(t *testing.T) {
	w := newWorld(t)
	w.do(call{method: "POST", path: "/api/v1/discards", token: analystToken, body: `{"actor":"2001:db8::1","rule":"r","path":"/a*","reason":"ours"}`})
	want := respond.AddDiscard{Actor: finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"}, Rule: "r", Path: "/a*", Reason: "ours"}
	if w.operator.discard != want {
		t.Errorf("got %+v, want %+v", w.operator.discard, want)
	}
	w.operator.missing = true
	w.problem(w.do(call{method: "DELETE", path: "/api/v1/discards/d7", token: analystToken}), notFound)
}

func TestEnrolment(t *testing.T) {
	w := newWorld(t)
	made := decoded[wire.EnrolmentToken](t, w.do(call{method: "POST", path: "/api/v1/agents/enrolments", token: adminToken,
		body: `{"gateway":"edge","segments":["shop"]}`}))
	parsed, err := auth.ParseEnrolment(made.Token)
	if err != nil || parsed.CA != w.Server.options.CA || !made.ExpiresAt.After(w.now.now()) {
		t.Fatalf("got %+v, %v", made, err)
	}
	c := call{method: "POST", path: "/api/v1/agents/enroll", body: `{"token":"` + made.Token + `","name":"gw-7","software":"a/1"}`}
	got := decoded[block.Enrolment](t, w.do(c))
	if got.Name != "gw-7" || got.Gateway != "edge" || len(got.Segments) != 1 || got.Segments[0] != "shop" || got.CAPEM != string(w.Server.options.CAPEM) || len(got.BusURLs) != 1 {
		t.Errorf("got %+v", got)
	}
	if answer := w.get("/api/v1/agent/mark?source=web&file=00c5a0f1e2d3b4a5", auth.AgentBearer(got.Name, got.Secret)); answer.Code != http.StatusOK {
		t.Errorf("the credential is refused: %s", answer.Body)
	}
	p := w.problem(w.do(c), wrongToken) // it is used up
	if strings.Contains(p.Detail+p.Hint, made.Token) {
		t.Error("the problem repeats the token")
	}
	if want := "agent.enrolment agent.enrol"; strings.Join(w.operator.audited, " ") != want {
		t.Errorf("audited %v, want %s", w.operator.audited, want)
	}
	if strings.Contains(w.log.String(), got.Secret) || strings.Contains(w.log.String(), parsed.Secret) {
		t.Error("a secret is in the log")
	}
}

func TestEnrolmentErrors(t *testing.T) {
	w := newWorld(t)
	f := func(name string, err error, want kind) {
		t.Helper()
		e := auth.Enrolment{CA: w.Server.options.CA, Secret: "s"}
		w.agents.tokens[e.Digest()] = Enrolment{Gateway: "edge"}
		w.agents.err = err
		w.problem(w.do(call{method: "POST", path: "/api/v1/agents/enroll", body: `{"token":"` + e.String() + `","name":"` + name + `"}`}), want)
	}
	f("Gateway One", nil, badParameters)
	f("local", nil, badParameters)
	f("gw-1", respond.ErrExists, conflict)
	f("gw-9", errAway, unavailable)
	w.problem(w.do(call{method: "POST", path: "/api/v1/agents/enrolments", token: adminToken, body: `{"gateway":"edge"}`}), unavailable)
	w.problem(w.get("/api/v1/agents", viewerToken), unavailable)
	w.problem(w.get("/api/v1/status", viewerToken), unavailable)
	w.agents.err = nil
	w.problem(w.do(call{method: "DELETE", path: "/api/v1/agents/gw-77", token: adminToken}), notFound)
	w.problem(w.do(call{method: "DELETE", path: "/api/v1/agents/GW", token: adminToken}), badParameters)
}

func TestAuditThatFailsIsTold(t *testing.T) {
	w := newWorld(t)
	w.operator.err = errAway
	if answer := w.do(call{method: "DELETE", path: "/api/v1/agents/gw-1", token: adminToken}); answer.Code != http.StatusNoContent {
		t.Errorf("got %d", answer.Code)
	}
	if !strings.Contains(w.log.String(), "missing in the audit") {
		t.Error("the log does not tell")
	}
}
