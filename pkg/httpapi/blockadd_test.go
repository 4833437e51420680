package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// add asks a world for a block.
func (w *world) add(body string, header ...string) (*wire.BlockResult, int) {
	w.t.Helper()
	c := call{method: "POST", path: "/api/v1/blocks", token: analystToken, body: body}
	if len(header) > 0 {
		c.header = map[string]string{"Idempotency-Key": header[0]}
	}
	answer := w.do(c)
	result := decoded[wire.BlockResult](w.t, answer)
	return &result, answer.Code
}

func TestAddBlock(t *testing.T) {
	w := newWorld(t)
	answer := w.do(call{
		method: "POST", path: "/api/v1/blocks", token: adminToken, header: map[string]string{"Idempotency-Key": "k1"},
		body: `{"target":"10.0.0.0/8","segment":"shop","lifetime_seconds":60,"reason":"probe","mode":"shadow"}`,
	})
	got := decoded[wire.BlockResult](t, answer)
	if answer.Code != http.StatusCreated || !got.Created || answer.Header().Get("Location") != "/api/v1/blocks/"+got.Block.ID.String() {
		t.Errorf("got %d, %+v, at %q", answer.Code, got, answer.Header().Get("Location"))
	}
	a := w.operator.added
	if wire.Criteria(a.Criteria).String() != "10.0.0.0/8" || a.Segment != "shop" || a.Lifetime != time.Minute || a.Mode != block.Shadow || a.IdempotencyKey != "k1" {
		t.Errorf("asked for %+v", a)
	}
	if by := w.operator.caller; by.Name != "root" || !by.Admin || by.Role != "admin" || !by.Address.IsValid() {
		t.Errorf("asked by %+v", by)
	}
	if d := got.Guard.LastDay; got.Guard.Word != "allowed" || d == nil || d.Successful != 3 || got.Propagation != nil {
		t.Errorf("the guard says %+v", got.Guard)
	}
}

func TestAddBlockInEveryScope(t *testing.T) {
	w := newWorld(t)
	f := func(target, want string) {
		t.Helper()
		if _, code := w.add(`{"target":` + target + `,"lifetime_seconds":60,"reason":"r"}`); code != http.StatusCreated {
			t.Errorf("%s: %d", target, code)
		}
		var parts []string
		for _, c := range w.operator.added.Criteria {
			parts = append(parts, string(c.Scope)+"="+c.Value)
		}
		if got := strings.Join(parts, " & "); got != want {
			t.Errorf("%s asked for %s, want %s", target, got, want)
		}
	}
	f(`"::ffff:192.0.2.7"`, "address=192.0.2.7")
	f(`"user:alice & route:POST /login/{name}"`, "user=alice & route=POST /login/{}")
	f(`{"scope":"country","value":"qv"}`, "country=QV")
	f(`{"scope":"all","all":[{"scope":"network","value":"64500"},{"scope":"prefix","value":"192.0.2.9/24"}]}`, "prefix=192.0.2.0/24 & network=AS64500")
	f(`"token:a.b & key:\"x & y\" & session:s & fingerprint:f & application:web & user_agent:curl/8 & api:shop"`,
		"key=x & y & token=a.b & session=s & fingerprint=f & application=web & user_agent=curl/8 & api=shop")
}

func TestAddBlockWithTerms(t *testing.T) {
	w := newWorld(t)
	w.add(`{"target":"192.0.2.7","action":"throttle","terms":{"rate":2.5,"burst":5,"each":true,"status":503,"body":"slow"},"mode":"canary","percent":10,"lifetime_seconds":60,"reason":"r"}`)
	a := w.operator.added
	if want := (block.Terms{Rate: 2.5, Burst: 5, Each: true, Status: 503, Body: "slow"}); a.Action != block.Throttle || a.Terms == nil || *a.Terms != want || a.Mode != block.Canary || a.Percent != 10 {
		t.Errorf("asked for %+v, %+v", a, a.Terms)
	}
	got, _ := w.add(`{"target":"192.0.2.7","action":"allow","lifetime_seconds":60,"reason":"r"}`)
	if w.operator.added.Action != block.Allow || !got.Block.Target.Exemption() {
		t.Errorf("asked for %+v, got %+v", w.operator.added, got.Block)
	}
}

func TestAddBlockDryRun(t *testing.T) {
	w := newWorld(t)
	got, code := w.add(`{"target":"192.0.2.7","lifetime_seconds":60,"reason":"probe","dry_run":true}`)
	if code != http.StatusOK || got.Created || !got.DryRun || !w.operator.added.DryRun || w.operator.added.Segment != block.All {
		t.Errorf("got %d, %+v", code, got)
	}
	if w.operator.caller.Admin {
		t.Error("an analyst was taken for an admin")
	}
	a := exampleApproval("")
	w.operator.pending = &a
	got, code = w.add(`{"target":"192.0.2.7","lifetime_seconds":60,"reason":"probe","dry_run":true}`)
	if code != http.StatusOK || got.Approval == nil || got.Approval.ID != "" || got.Guard.Word != "needs approval" || got.Guard.Rule != "preview" {
		t.Errorf("got %d, %+v", code, got)
	}
}

func TestAddBlockThatWaitsForASecondPerson(t *testing.T) {
	w := newWorld(t)
	a := exampleApproval("00000000000000a1")
	w.operator.pending = &a
	answer := w.do(call{method: "POST", path: "/api/v1/blocks?wait=enforced", token: adminToken, body: `{"target":"10.0.0.0/7","lifetime_seconds":60,"reason":"probe"}`})
	got := decoded[wire.BlockResult](t, answer)
	if answer.Code != http.StatusAccepted || got.Created || answer.Header().Get("Location") != "/api/v1/approvals/"+a.ID {
		t.Errorf("got %d at %s", answer.Code, answer.Header().Get("Location"))
	}
	if got.Approval == nil || got.Approval.By != "ana" || got.Approval.Guard.Hint != "block less" || got.Approval.Guard.LastDay.Successful != 2000 || len(w.agents.awaited) > 0 {
		t.Errorf("got %+v, awaited %v", got.Approval, w.agents.awaited)
	}
}

func TestAnIdempotencyKeyIsForOneRequest(t *testing.T) {
	w := newWorld(t)
	const body = `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"probe"}`
	first, _ := w.add(body, "k1")
	w.operator.first = &first.Block.Block
	if again, code := w.add(body, "k1"); code != http.StatusOK || again.Created || again.Block.ID != first.Block.ID {
		t.Errorf("got %d, %+v", code, again)
	}
	w.operator.err = fmt.Errorf("%w: %w, for 192.0.2.7 on other terms", respond.ErrInvalid, respond.ErrKeyUsed)
	p := w.problem(w.do(call{method: "POST", path: "/api/v1/blocks", token: analystToken, body: strings.Replace(body, "60", "61", 1), header: map[string]string{"Idempotency-Key": "k1"}}), keyUsed)
	if !strings.Contains(p.Detail, "192.0.2.7") || !strings.Contains(p.Hint, "new key") {
		t.Errorf("%+v", p)
	}
}

func TestPropagationIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	c := call{method: "POST", path: "/api/v1/blocks?wait=enforced&timeout=10ms", token: analystToken, body: `{"target":"192.0.2.7","segment":"shop","lifetime_seconds":60,"reason":"r"}`}
	got := decoded[wire.BlockResult](t, w.do(c))
	if p := got.Propagation; p == nil || !p.Enforced || len(p.Agents) != 1 || p.Agents[0].Millis != 1.5 || strings.Join(w.agents.awaited, ";") != "shop 1" {
		t.Errorf("got %+v, awaited %v", got.Propagation, w.agents.awaited)
	}
	w.agents.slow = true
	answer := w.do(c)
	got = decoded[wire.BlockResult](t, answer)
	if answer.Code != http.StatusCreated || got.Propagation.Enforced || got.Propagation.Agents[0].Enforced {
		t.Errorf("got %d, %+v", answer.Code, got.Propagation)
	}
}

func TestSlowestIsOneWordOfEachAgent(t *testing.T) {
	got := slowest([]block.Acknowledgement{{Agent: "b", Enforced: true, Millis: 2}, {Agent: "a", Enforced: true, Millis: 3}, {Agent: "b", Millis: 9}, {Agent: "a", Enforced: true, Millis: 1}})
	if len(got) != 2 || got[0] != (block.Acknowledgement{Agent: "a", Enforced: true, Millis: 3}) || got[1] != (block.Acknowledgement{Agent: "b", Millis: 9}) {
		t.Errorf("got %+v", got)
	}
}

func TestRefusalsNameTheGuardsRule(t *testing.T) {
	w := newWorld(t)
	w.operator.err = &respond.Refusal{Rule: "width", Reason: "too wide", Hint: "ask an admin", NeedAdmin: true}
	p := w.problem(w.do(call{method: "POST", path: "/api/v1/blocks", token: analystToken, body: `{"target":"192.0.0.0/12","lifetime_seconds":60,"reason":"r"}`}), lowRole)
	if p.Rule != "width" || p.Hint != "This needs the role admin: ask an admin." || !strings.Contains(p.Error(), "rule width") {
		t.Errorf("got %+v", p)
	}
	w.operator.err = respond.ErrExists
	p = w.problem(w.do(call{method: "POST", path: "/api/v1/blocks", token: analystToken, body: `{"target":"192.0.2.1","lifetime_seconds":60,"reason":"r"}`}), conflict)
	if p.BlockID != exampleBlock(1).ID.String() {
		t.Errorf("got %+v", p)
	}
}

func TestSecretsAreNotToldBack(t *testing.T) {
	w := newWorld(t)
	for _, c := range []call{
		{method: "POST", path: "/api/v1/blocks", body: `{"target":"user:sesame","lifetime_seconds":60,"reason":"r"}`},
		{method: "POST", path: "/api/v1/blocks", body: `{"target":"user:sesame & nonsense","lifetime_seconds":60,"reason":"r"}`},
		{method: "POST", path: "/api/v1/blocks", body: `{"target":"user:sesame & country:X","lifetime_seconds":60,"reason":"r"}`},
		{method: "POST", path: "/api/v1/blocks/bulk", body: `{"lifetime_seconds":60,"reason":"r","items":[{"target":"key:sesame"},{"target":"token:sesame & x"}]}`},
		{method: "POST", path: "/api/v1/blocks/why", body: `{"target":"user:sesame"}`},
		{method: "POST", path: "/api/v1/blocks/preview", body: `{"target":"session:sesame"}`},
		{method: "GET", path: "/api/v1/blocks/why?target=user:sesame"},
		{method: "GET", path: "/api/v1/blocks/preview?target=user:sesame+%26+x"},
		{method: "GET", path: "/api/v1/blocks?target=user:sesame"},
	} {
		c.token = analystToken
		if answer := w.do(c); strings.Contains(answer.Body.String(), "sesame") {
			t.Errorf("%s %s: %s", c.method, c.path, answer.Body)
		}
	}
	if strings.Contains(w.log.String(), "sesame") {
		t.Error("a secret is in the log")
	}
}

func TestAddBlockTellsWarnings(t *testing.T) {
	w := newWorld(t)
	w.operator.warnings = []string{"nobody gets the segment ue"}
	got, code := w.add(`{"target":"192.0.2.7","segment":"ue","lifetime_seconds":60,"reason":"probe"}`)
	if code != http.StatusCreated || len(got.Guard.Warnings) != 1 || got.Guard.Warnings[0] != w.operator.warnings[0] {
		t.Errorf("got %d, %+v", code, got)
	}
}
