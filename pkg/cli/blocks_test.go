package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func wireBlock(t *testing.T, segment string, mode block.Mode) wire.Block {
	t.Helper()
	target, err := block.ParseTarget("192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	return wire.Block{Block: block.Block{Segment: segment, Target: target, Mode: mode, By: "token:ann", Reason: "scan"}}
}

func TestAddedTellsWhereAndWhether(t *testing.T) {
	f := func(res wire.BlockResult, want string) {
		t.Helper()
		var out strings.Builder
		printAdded(&out, res)
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want %q in it", out.String(), want)
		}
	}
	f(wire.BlockResult{Block: wireBlock(t, block.All, block.Enforce), Created: true}, "192.0.2.7 is blocked until")
	f(wire.BlockResult{Block: wireBlock(t, "shop", block.Enforce), Created: true}, "is blocked in segment shop until")
	f(wire.BlockResult{Block: wireBlock(t, "shop", block.Shadow), Created: true}, "in segment shop in shadow (nothing is refused) until")
	f(wire.BlockResult{Block: wireBlock(t, block.All, block.Shadow), DryRun: true}, "would be blocked in shadow (nothing is refused) until")
	f(wire.BlockResult{Block: wireBlock(t, block.All, block.Enforce)}, "192.0.2.7 was blocked already, as")
	f(wire.BlockResult{Block: wireBlock(t, "ue", block.Enforce), Guard: wire.Ruling{Warnings: []string{"nobody gets ue"}}}, "Note: nobody gets ue.\n")
}

func TestAnImportTellsEachWarningOnce(t *testing.T) {
	var out strings.Builder
	item := wire.BulkOutcome{Outcome: wire.OutcomeMade, Warnings: []string{"nobody gets ue"}}
	printImported(&out, imported{wire.BulkResult{Counts: map[string]int{}, Items: []wire.BulkOutcome{item, item}}, make([]wire.BulkItem, 2)})
	if !strings.Contains(out.String(), "Note (2 targets): nobody gets ue.\n") {
		t.Errorf("got %q", out.String())
	}
}

func TestWhyTellsWhoEndedABlock(t *testing.T) {
	b := wireBlock(t, block.All, block.Enforce)
	end := wire.BlockEnd{How: "removed", At: time.Unix(0, 0), By: "token:eve", Reason: "ours"}
	var out strings.Builder
	printWhy(&out, wire.Why{Target: wire.OfTarget(b.Target), Ended: []wire.EndedBlock{{Block: b, Denied: 1, Ended: end}}})
	for _, want := range []string{"192.0.2.7 is not blocked.\n", "by token:ann) removed ", " by token:eve: ours. 1 request refused.\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want %q in it", out.String(), want)
		}
	}
}

func TestWhyTellsWhyThereIsNoBlock(t *testing.T) {
	b := wireBlock(t, block.All, block.Enforce)
	served := finding.Finding{Title: "Decoy touched", Reason: "GET /.env was answered 200", Wanted: finding.Wanted{Shadow: true}}
	f := func(why wire.Why, want bool) {
		t.Helper()
		why.Target, why.Evidence = wire.OfTarget(b.Target), []finding.Finding{served, served}
		var out strings.Builder
		printWhy(&out, why)
		if got := strings.Count(out.String(), "No block was asked for: GET /.env was answered 200.\n"); (got == 1) != want || got > 1 {
			t.Errorf("%s: told %d times, want it told: %t", out.String(), got, want)
		}
	}
	f(wire.Why{}, true)
	f(wire.Why{Protected: "it is ours"}, false)
	f(wire.Why{Blocks: []wire.WhyBlock{{}}}, false)
}

func TestWhyTellsThatAnExemptionWins(t *testing.T) {
	f := func(exemption, blocked wire.Block, want string) {
		t.Helper()
		exemption.Action = block.Allow
		why := wire.Why{Target: wire.OfTarget(blocked.Target), Blocks: []wire.WhyBlock{{Block: blocked}, {Block: exemption}}}
		var out strings.Builder
		printWhy(&out, why)
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("got %q, want %q at its beginning", out.String(), want)
		}
	}
	f(wireBlock(t, block.All, block.Enforce), wireBlock(t, block.All, block.Enforce), "But for its exemption 192.0.2.7 would be blocked by ")
	f(wireBlock(t, block.All, block.Enforce), wireBlock(t, "shop", block.Enforce), "But for its exemption 192.0.2.7 would be blocked in segment shop by ")
	f(wireBlock(t, "shop", block.Enforce), wireBlock(t, block.All, block.Enforce), "192.0.2.7 is blocked by ")
	f(wireBlock(t, block.All, block.Shadow), wireBlock(t, block.All, block.Enforce), "192.0.2.7 is blocked by ")
}

func TestWhyTellsThatABlockWasAskedForInVain(t *testing.T) {
	b := wireBlock(t, block.All, block.Enforce)
	asked := finding.Finding{Time: time.Now(), Wanted: finding.Wanted{LifetimeSeconds: 3600}}
	f := func(asked finding.Finding, why wire.Why, want bool) {
		t.Helper()
		why.Target, why.Evidence = wire.OfTarget(b.Target), []finding.Finding{asked}
		var out strings.Builder
		printWhy(&out, why)
		if strings.Contains(out.String(), "honeymoat blocks add 192.0.2.7 --reason … --dry-run\n") != want {
			t.Errorf("got %q, want it told: %t", out.String(), want)
		}
	}
	f(asked, wire.Why{}, true)
	f(asked, wire.Why{Discarded: []string{"d"}}, false)
	f(asked, wire.Why{Ended: []wire.EndedBlock{{Ended: wire.BlockEnd{At: asked.Time.Add(time.Second)}}}}, false)
	f(asked, wire.Why{Ended: []wire.EndedBlock{{Ended: wire.BlockEnd{At: asked.Time.Add(-time.Second)}}}}, true)
	f(asked, wire.Why{Blocks: []wire.WhyBlock{{Block: b}}}, false)
	asked.Time = asked.Time.Add(-time.Hour)
	f(asked, wire.Why{}, false)
}

func TestAnImportTellsWhichTargetsWait(t *testing.T) {
	var out strings.Builder
	items := []wire.BulkOutcome{
		{Outcome: wire.OutcomePending, Detail: "as wide as a /8"}, {Outcome: wire.OutcomePending}, {Outcome: wire.OutcomeRefused, Detail: "is ours"},
	}
	target := wireBlock(t, block.All, block.Enforce).Target
	asked := []wire.BulkItem{{Target: wire.OfTarget(target)}, {Target: wire.OfTarget(target)}, {Target: wire.OfTarget(target)}}
	printImported(&out, imported{wire.BulkResult{Counts: map[string]int{}, Items: items}, asked})
	refused, waits := strings.Index(out.String(), "is ours"), strings.Index(out.String(), "as wide as a /8")
	if refused < 0 || waits < refused || strings.Count(out.String(), "192.0.2.7") != 2 {
		t.Errorf("got %s, want what was refused, then what waits for itself", out.String())
	}
}

func TestCountIsEnglish(t *testing.T) {
	for n, want := range []string{"0 agents", "1 agent", "2 agents"} {
		if got := count(n, "agent"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
