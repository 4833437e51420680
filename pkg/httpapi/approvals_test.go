package httpapi

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

func change(path, body string) call {
	return call{method: "POST", path: "/api/v1/" + path, token: analystToken, body: body}
}

func TestApprovalsAreListedWithSomeOfTheirBlocks(t *testing.T) {
	w := newWorld(t)
	for len(w.operator.approvals[1].Blocks) < 2*wire.MaxApprovalBlocks {
		w.operator.approvals[1].Blocks = append(w.operator.approvals[1].Blocks, exampleBlock(4))
	}
	first := decoded[wire.Page[wire.Approval]](t, w.get("/api/v1/approvals?limit=1", viewerToken))
	page := decoded[wire.Page[wire.Approval]](t, w.get("/api/v1/approvals?limit=1&cursor="+first.Next, viewerToken))
	a := page.Items[0]
	if a.ID != "00000000000000a2" || len(a.Blocks) != wire.MaxApprovalBlocks || a.Count != 2*wire.MaxApprovalBlocks || page.Next != "" {
		t.Errorf("got %s with %d of %d blocks", a.ID, len(a.Blocks), a.Count)
	}
	if all := decoded[wire.Approval](t, w.get("/api/v1/approvals/"+a.ID, viewerToken)); len(all.Blocks) != a.Count {
		t.Errorf("got %d blocks, want all", len(all.Blocks))
	}
	w.problem(w.get("/api/v1/approvals/00000000000000ff", viewerToken), notFound)
}

func TestApprove(t *testing.T) {
	w := newWorld(t)
	got := decoded[wire.BulkResult](t, w.do(change("approvals/00000000000000a1/approve?wait=enforced", `{"reason":"I looked"}`)))
	if got.Counts["made"] != 1 || got.Propagation == nil || w.operator.reason != "I looked" || w.operator.caller.Name != "ana" {
		t.Errorf("got %+v by %+v", got, w.operator.caller)
	}
	if p := w.problem(w.do(change("approvals/00000000000000a1/approve", `{"reason":"r","revision":"0"}`)), grown); p.Approval.Revision != "5f2a91c0" || len(p.Changed) != 1 {
		t.Errorf("got %+v", p)
	}
	w.problem(w.do(change("approvals/00000000000000a1/approve", `{"revision":"0"}`)), badParameters)
	w.problem(w.do(change("approvals/00000000000000ff/approve", `{"reason":"r"}`)), notFound)
	w.problem(w.do(change("approvals/00000000000000ff/reject", `{"reason":"r"}`)), notFound)
	w.operator.err = &respond.Refusal{Rule: "second-person", Reason: "you asked for it yourself", Hint: "somebody else"}
	if p := w.problem(w.do(change("approvals/00000000000000a1/approve", `{"reason":"r"}`)), refused); p.Rule != "second-person" {
		t.Errorf("got %+v", p)
	}
	w.operator.err = errAway
	w.problem(w.do(change("approvals/00000000000000a1/approve", `{"reason":"r"}`)), unavailable)
	w.problem(w.do(change("approvals/00000000000000a1/reject", `{"reason":"r"}`)), unavailable)
}

func TestUndoAndResume(t *testing.T) {
	w := newWorld(t)
	if got := decoded[wire.UndoResult](t, w.do(change("batches/ba/undo", `{"reason":"ours"}`))); got.Removed != 1 || got.Batch != "ba" {
		t.Errorf("got %+v", got)
	}
	if got := decoded[wire.Breaker](t, w.get("/api/v1/breaker", viewerToken)); !got.Held || got.Asked != 7000 || !got.Since.Equal(noon) {
		t.Errorf("got %+v", got)
	}
	if got := decoded[wire.Breaker](t, w.do(change("breaker/resume", `{"reason":"an attack"}`))); got.Held || w.operator.reason != "an attack" {
		t.Errorf("got %+v", got)
	}
	w.operator.err = errAway
	w.problem(w.do(change("batches/ba/undo", `{"reason":"r"}`)), unavailable)
	w.problem(w.do(change("breaker/resume", `{"reason":"r"}`)), unavailable)
	w.operator.missing = true
	w.problem(w.do(change("batches/ba/undo", `{"reason":"r"}`)), notFound)
	w.problem(w.do(change("breaker/resume", `{"reason":"r"}`)), conflict)
}

func TestRollouts(t *testing.T) {
	w := newWorld(t)
	w.operator.rollouts[1].Gates, w.operator.rollouts[1].History = nil, nil
	f := func(query string, want int) {
		t.Helper()
		page := decoded[wire.Page[rollout.Logic]](t, w.get("/api/v1/rollouts"+query, viewerToken))
		if len(page.Items) != want {
			t.Errorf("%s: got %d, want %d", query, len(page.Items), want)
		}
		for _, l := range page.Items {
			if l.Gates == nil || l.History == nil {
				t.Errorf("%s: null in %+v", query, l)
			}
		}
	}
	f("", 2)
	f("?rule=rule-1", 1)
	f("?stage=canary-5&state=moving", 2)
	f("?stage=shadow", 0)
	f("?state=held", 0)
	w.problem(w.get("/api/v1/rollouts?stage=loud", viewerToken), badParameters)
	w.problem(w.do(change("rollouts/rule-1/2/hold", `{"reason":"r"}`)), notFound)
	if p := w.problem(w.do(change("rollouts/rule-1/1/jump", `{"reason":"r"}`)), notFound); !strings.Contains(p.Hint, "rollback") {
		t.Errorf("got %+v", p)
	}
	w.operator.err = &respond.Refusal{Rule: "rollout", Reason: "it is enforced already", Hint: "see its gates"}
	w.problem(w.do(change("rollouts/rule-1/1/promote", `{"reason":"r"}`)), refused)
	w.operator.err = errAway
	w.problem(w.do(change("rollouts/rule-1/1/promote", `{"reason":"r"}`)), unavailable)
}

func TestComplaints(t *testing.T) {
	w := newWorld(t)
	id := exampleBlock(1).ID
	got := decoded[wire.Complained](t, w.do(change("complaints", `{"block_id":"`+id.String()+`","text":"Ana cannot log in"}`)))
	if got.Block.ID != id || !got.Rollout || w.operator.complaint.Text != "Ana cannot log in" {
		t.Errorf("got %+v for %+v", got, w.operator.complaint)
	}
	// The stored example was refused by a block that nobody knows.
	p := w.problem(w.do(change("complaints", `{"request_id":"abcdef0123456789","text":"t"}`)), notFound)
	if want, _ := block.ParseID("0123456789abcdef"); w.operator.complaint.Block != want || w.operator.complaint.Request != "abcdef0123456789" || !strings.Contains(p.Detail, want.String()) {
		t.Errorf("asked for %+v, %+v", w.operator.complaint, p)
	}
	w.history.missing = true
	w.problem(w.do(change("complaints", `{"request_id":"x","text":"t"}`)), notFound)
	w.history.missing, w.history.err = false, errAway
	w.problem(w.do(change("complaints", `{"request_id":"x","text":"t"}`)), unavailable)
	w.operator.err = errAway
	w.problem(w.do(change("complaints", `{"block_id":"`+id.String()+`","text":"t"}`)), unavailable)
}

func TestWhyTellsStageAndWhoItIs(t *testing.T) {
	w := newWorld(t)
	got := decoded[wire.Why](t, w.do(change("blocks/why", `{"target":"user:alice"}`)))
	if len(got.Blocks) != 1 || got.Blocks[0].Stage != "canary-5, moving" || got.Target.String() != "user:(hidden)" {
		t.Errorf("got %+v", got)
	}
	if q := w.operator.question; len(q.Stored[block.ScopeUser]) == 0 || q.Criteria[0].Value != "alice" {
		t.Errorf("asked %+v", q)
	}
	w.operator.err = respond.ErrInvalid
	w.problem(w.do(change("blocks/why", `{"target":"user:alice"}`)), badParameters)
}

func TestBlocksAreListedByWhatTheyAreOn(t *testing.T) {
	w := newWorld(t)
	f := func(query string, want ...string) {
		t.Helper()
		var got []string
		for _, b := range decoded[wire.Page[wire.Block]](t, w.get("/api/v1/blocks?"+query, viewerToken)).Items {
			got = append(got, b.Target.String())
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	hash := block.NewMatchKey([32]byte{1}).Hash(block.ScopeUser, "alice")
	for i, text := range []string{"api:shop", "192.0.2.0/24 & api:shop", "user:" + hash} {
		b := exampleBlock(4 + i)
		b.Target, _ = block.ParseTarget(text)
		b.Batch, b.Mode, b.Percent = "ba", block.Canary, 5
		w.blocks.blocks = append(w.blocks.blocks, b)
	}
	w.blocks.blocks[2].Target, w.blocks.blocks[2].Action = w.blocks.blocks[2].Target.Exempt(), block.Allow
	f("target=192.0.2.1", "192.0.2.1", "192.0.2.0/24 & api:shop")
	f("target=api:shop", "api:shop", "192.0.2.0/24 & api:shop")
	f("target=192.0.2.8+%26+api:shop", "192.0.2.0/24 & api:shop")
	f("target=user:"+hash, "user:"+hash)
	f("scope=all", "192.0.2.0/24 & api:shop")
	f("scope=api", "api:shop")
	f("action=allow", "192.0.2.3")
	f("mode=canary&batch=ba&scope=user", "user:"+hash)
	f("batch=bb")
	w.problem(w.get("/api/v1/blocks?scope=planet", viewerToken), badParameters)
	w.problem(w.get("/api/v1/blocks?action=shout", viewerToken), badParameters)
}

func TestPreviewWantsWhatTheStoreKnows(t *testing.T) {
	w := newWorld(t)
	hash := block.NewMatchKey([32]byte{1}).Hash(block.ScopeUser, "alice")
	p := w.problem(w.get("/api/v1/blocks/preview?target=user:"+hash, viewerToken), badParameters)
	if !strings.Contains(p.Invalid[0].Reason, "itself") {
		t.Errorf("got %+v", p)
	}
}
