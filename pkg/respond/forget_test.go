package respond

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestForgetLeavesNothing(t *testing.T) {
	f := newFakeBus()
	s := start(t, f)
	other := finding.Actor{Kind: finding.Address, Value: "198.51.100.7"}
	gone := finding.Actor{Kind: finding.Address, Value: "192.0.2.66"}
	mustHandle(t, s, 1, touchBy("192.0.2.66", "r1", s.now()), touchBy("198.51.100.7", "r2", s.now()))
	by := Caller{Name: "officer", Admin: true}
	target, _ := Target(gone)
	held, _ := f.Get(block.All, target)
	if _, err := s.RemoveBlock(t.Context(), by, held.ID, "asked for"); err != nil { // leaves a tombstone
		t.Fatal(err)
	}
	if _, err := s.AddBlock(t.Context(), by, AddBlock{Criteria: target.Criteria(), Lifetime: time.Hour, Reason: "again"}); err != nil {
		t.Fatal(err)
	}
	there, err := s.AddBlock(t.Context(), by, AddBlock{Criteria: target.Criteria(), Segment: "edge", Lifetime: time.Hour, Reason: "there"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RemoveBlock(t.Context(), by, there.Block.ID, "and not there"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Discard(t.Context(), by, AddDiscard{Actor: gone, Rule: "none", Reason: "why"}); err != nil {
		t.Fatal(err)
	}
	from := Caller{Name: "shift", Address: netip.MustParseAddr(gone.Value)}
	if err := s.Audited(t.Context(), from, "actor.look", other.Value, "done", "kept"); err != nil {
		t.Fatal(err)
	}
	names := func(text string) bool { return strings.Contains(text, gone.Value) }
	before := s.Knows([]finding.Actor{gone}, names)
	n, keys, err := s.Forget(t.Context(), []finding.Actor{gone}, names)
	if err != nil || before == 0 || n != before {
		t.Fatalf("forgot %d of %d: %v", n, before, err)
	}
	if want := []string{held.Key(), there.Block.Key()}; !slices.Equal(keys, want) { // one ended, one live
		t.Errorf("its keys are %v, want %v", keys, want)
	}
	if left := s.Knows([]finding.Actor{gone}, names); left != 0 {
		t.Errorf("%d entries are left", left)
	}
	for _, name := range []string{"respond", "respond.journal"} {
		if saved := written(t, f.saved(name)); strings.Contains(saved, gone.Value) || strings.Contains(saved, "c0000242") {
			t.Errorf("the checkpoint %s still has it: %s", name, saved)
		}
	}
	if _, live := f.Get(block.All, target); live {
		t.Error("the block is still there")
	}
	if _, err := s.Actor(other); err != nil {
		t.Errorf("somebody else was forgotten: %v", err)
	}
	if saved := written(t, f.saved("respond")); !strings.Contains(saved, "actor.look") || !strings.Contains(saved, "kept") {
		t.Errorf("what was done from the address is forgotten, not only from where: %s", saved)
	}
	if raised := f.raised(); len(raised) != 1 {
		t.Errorf("alerts %v, want that of the other actor only", raised)
	}
}
