package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (w *world) bulk(body string) (wire.BulkResult, int) {
	w.t.Helper()
	answer := w.do(call{method: "POST", path: "/api/v1/blocks/bulk?wait=enforced", token: analystToken, body: body, header: map[string]string{"Idempotency-Key": "k1"}})
	return decoded[wire.BulkResult](w.t, answer), answer.Code
}

func TestBulkTellsWhatBecameOfEachItem(t *testing.T) {
	w := newWorld(t)
	w.operator.refuse = map[string]error{
		"127.0.0.1": &respond.Refusal{Rule: "reserved", Reason: "loopback", Hint: "the client's own"},
		"192.0.2.8": fmt.Errorf("block: %w", respond.ErrExists),
		"192.0.2.9": fmt.Errorf("%w: no keys", respond.ErrInvalid),
	}
	got, code := w.bulk(`{"segment":"eu","reason":"a list","lifetime_seconds":60,"items":[
		{"target":"192.0.2.7"}, {"target":"127.0.0.1"}, {"target":"nobody"}, {"target":"192.0.2.8"}, {"targte":"192.0.2.1"},
		{"target":"192.0.2.9"}, {"target":"api:shop","action":"flag","reason":"own","segment":"us","lifetime_seconds":-1}, {"target":7}]}`)
	var outcomes []string
	for _, o := range got.Items {
		outcomes = append(outcomes, o.Outcome)
	}
	if want := "made refused invalid exists invalid invalid invalid invalid"; code != http.StatusCreated || strings.Join(outcomes, " ") != want {
		t.Errorf("got %d, %v, want %s", code, outcomes, want)
	}
	if got.Counts["invalid"] != 5 || got.Counts["made"] != 1 || got.Batch == "" || got.Propagation == nil || strings.Join(w.agents.awaited, ";") != "eu 1" {
		t.Errorf("got %+v, awaited %v", got, w.agents.awaited)
	}
	if o := got.Items[1]; o.Rule != "reserved" || o.Hint == "" || o.Target.String() != "127.0.0.1" {
		t.Errorf("refused: %+v", o)
	}
	for i, want := range map[int]string{2: "want an address", 4: "targte", 5: "no keys", 6: "lifetime_seconds: want", 7: "want text"} {
		if !strings.Contains(got.Items[i].Detail, want) {
			t.Errorf("item %d: %q, want %q in it", i, got.Items[i].Detail, want)
		}
	}
	if b := w.operator.bulk; len(b.Items) != 4 || b.IdempotencyKey != "k1" || b.Items[0].Reason != "a list" || b.Items[0].Segment != "eu" {
		t.Errorf("asked for %+v", b)
	}
}

func TestBulkItemsSayForThemselvesWhatTheyWant(t *testing.T) {
	w := newWorld(t)
	w.bulk(`{"items":[{"target":"192.0.2.7","action":"deny","mode":"shadow"},{"target":"192.0.2.8"},{"target":"192.0.2.9","terms":{"rate":1},"reason":"own"}],
		"action":"throttle","terms":{"rate":5},"mode":"canary","percent":10,"reason":"a list","lifetime_seconds":60,"dry_run":true}`)
	b := w.operator.bulk
	if len(b.Items) != 3 || !b.DryRun {
		t.Fatalf("asked for %+v", b)
	}
	if i := b.Items[0]; i.Action != block.Deny || i.Terms != nil || i.Mode != block.Shadow || i.Percent != 0 {
		t.Errorf("first: %+v", i)
	}
	if i := b.Items[1]; i.Action != block.Throttle || i.Terms.Rate != 5 || i.Mode != block.Canary || i.Percent != 10 || i.Reason != "a list" {
		t.Errorf("second: %+v", i)
	}
	if i := b.Items[2]; i.Action != block.Throttle || i.Terms.Rate != 1 || i.Reason != "own" {
		t.Errorf("third: %+v", i)
	}
}

func TestBulkThatWaitsForASecondPerson(t *testing.T) {
	w := newWorld(t)
	a := exampleApproval("00000000000000a1")
	w.operator.pending = &a
	got, code := w.bulk(`{"reason":"a list","lifetime_seconds":60,"items":[{"target":"192.0.2.7"}]}`)
	if code != http.StatusAccepted || got.Items[0].Outcome != wire.OutcomePending || got.Items[0].Rule != "preview" || got.Approval.ID != a.ID || got.Propagation != nil {
		t.Errorf("got %d, %+v", code, got)
	}
}

func TestBulkOfNothingButMistakes(t *testing.T) {
	w := newWorld(t)
	got, code := w.bulk(`{"items":[{"target":"192.0.2.7"}]}`)
	if code != http.StatusOK || got.Counts["invalid"] != 1 || w.operator.bulk.Items != nil {
		t.Errorf("got %d, %+v", code, got)
	}
	if d := got.Items[0].Detail; !strings.Contains(d, "lifetime_seconds") || !strings.Contains(d, "reason: say why") {
		t.Errorf("got %q", d)
	}
}

func TestBulkIsBounded(t *testing.T) {
	w := newWorld(t)
	items := strings.Repeat(`{"target":"192.0.2.7"},`, wire.MaxBulk)
	c := call{method: "POST", path: "/api/v1/blocks/bulk", token: analystToken, body: `{"reason":"r","lifetime_seconds":60,"items":[` + items + `{"target":"192.0.2.8"}]}`}
	if p := w.problem(w.do(c), tooLarge); !strings.Contains(p.Detail, "10000") {
		t.Errorf("got %+v", p)
	}
	got, _ := w.bulk(`{"reason":"r","lifetime_seconds":60,"items":[` + strings.TrimSuffix(items, ",") + `]}`)
	if len(got.Items) != wire.MaxBulk || got.Counts["made"] != wire.MaxBulk {
		t.Errorf("got %d items", len(got.Items))
	}
	c.body = `{"reason":"` + strings.Repeat("x", maxBulk) + `"}`
	w.problem(w.do(c), tooLarge)
}

func TestBulkWhileTheBusIsAway(t *testing.T) {
	w := newWorld(t)
	w.operator.err = errAway
	p := w.problem(w.do(call{method: "POST", path: "/api/v1/blocks/bulk", token: analystToken, body: `{"reason":"r","lifetime_seconds":60,"items":[{"target":"192.0.2.7"}]}`}), unavailable)
	if !strings.Contains(p.Hint, "Idempotency-Key") || strings.Contains(p.Detail, "10.1.2.3") {
		t.Errorf("got %+v", p)
	}
	w.operator.err = fmt.Errorf("%w: %w", respond.ErrInvalid, respond.ErrKeyUsed)
	w.problem(w.do(call{method: "POST", path: "/api/v1/blocks/bulk", token: analystToken, body: `{"reason":"r","lifetime_seconds":60,"items":[{"target":"192.0.2.7"}]}`}), keyUsed)
}
