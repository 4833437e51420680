package respond

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// whyNot asks about an address.
func whyNot(t *testing.T, s *running, address string) Explanation {
	t.Helper()
	e, err := s.Why(Question{Criteria: []block.Criterion{{Scope: block.ScopeAddress, Value: address}}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Why a rule's block was never made is told exactly, over a restart too.
func TestWhyThereIsNoBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		few := func(o *Options) { busy(o); o.Ledger.PerRule = 1 }
		s := start(t, bus, few)
		f := func(address, rule, reason string, times int) {
			t.Helper()
			list := whyNot(t, s, address).Unmade
			if len(list) != 1 {
				t.Fatalf("%s: %+v", address, list)
			}
			u := list[0]
			if u.Because.Rule != rule || !strings.Contains(u.Because.Reason, reason) || u.Times != times || u.Finding == "" || u.Found.IsZero() || u.At.IsZero() {
				t.Errorf("%s: %+v", address, u)
			}
			if rule != "" && u.Because.Hint == "" {
				t.Errorf("%s: %+v tells not what to do", address, u)
			}
		}
		mustHandle(t, s, 1, touchBy("198.51.100.7", "r1", time.Now()), touchBy("12.0.0.7", "r2", time.Now()), touchBy("12.0.0.7", "r3", time.Now()))
		mustHandle(t, s, 2, touchBy("192.0.2.1", "r4", time.Now()), touchBy("192.0.2.2", "r5", time.Now()))
		mustHandle(t, s, 3, scrapeBy("12.0.0.8", "r6", time.Now()))
		old := touchBy("192.0.2.3", "r7", time.Now().Add(-5*time.Hour))
		mustHandle(t, s, 4, old)
		check := func() {
			t.Helper()
			f("198.51.100.7", "allowlist", "198.51.100.0/24", 1)
			f("12.0.0.7", "preview", "5000 successful", 2)
			f("192.0.2.2", "rule-budget", "1 blocks of the rule decoy.env", 1)
			f("192.0.2.3", "", "the evidence is 5h0m0s old", 1)
			f("12.0.0.8", "preview", "5000 successful", 1)
			if u := whyNot(t, s, "12.0.0.8").Unmade[0]; u.Approval == "" || u.Approval != s.Approvals()[0].ID {
				t.Errorf("%+v waits as %+v", u, s.Approvals())
			}
			if list := whyNot(t, s, "192.0.2.1").Unmade; len(list) != 0 {
				t.Errorf("of a block that was made: %+v", list)
			}
		}
		check()
		time.Sleep(2 * time.Second)
		s.stop()
		s = start(t, bus, few)
		check()
		// Once there is a block nothing is to be explained.
		if _, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.2")); err != nil {
			t.Fatal(err)
		}
		if list := whyNot(t, s, "192.0.2.2").Unmade; len(list) != 0 {
			t.Errorf("%+v", list)
		}
		time.Sleep(49 * time.Hour)
		if list := whyNot(t, s, "12.0.0.7").Unmade; len(list) != 0 {
			t.Errorf("two days later: %+v", list)
		}
	})
}

// A storm over budget leaves what says more, and never takes more room.
func TestUnmadeIsBounded(t *testing.T) {
	u := unmades{}
	note := func(n int, r Refusal) {
		f := touchBy(netip.AddrFrom4([4]byte{12, 1, byte(n >> 8), byte(n)}).String(), fmt.Sprint(n), epoch)
		u.note(&Verdict{Refusal: &r}, &f, epoch.Add(time.Duration(n)*time.Second))
	}
	for n := range 100 {
		note(n, Refusal{Rule: rulePreview, Reason: "many"})
	}
	for n := range 3 * maxUnmade {
		note(1000+n, Refusal{Rule: ruleRuleBudget, Reason: "the limit"})
		if len(u) > maxUnmade {
			t.Fatalf("%d are kept", len(u))
		}
	}
	kept := 0
	for _, e := range u {
		kept += e.weight()
	}
	if kept != 100 {
		t.Errorf("%d of 100 are left", kept)
	}
	u.forget(&subject{actors: []finding.Actor{finding.ActorOf(netip.MustParseAddr("12.1.0.7"))}, keys: testKeysOf})
	if len(u) == 0 || u["of address:12.1.0.7"] != nil {
		t.Error("who is erased is named still")
	}
	data, err := json.Marshal(u)
	if again := (unmades{}); err != nil || json.Unmarshal(data, &again) != nil || len(again) != len(u) {
		t.Errorf("%v", err)
	}
}

func testKeysOf(string) []block.MatchKey { return nil }
