package respond

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var (
	admin  = Caller{Name: "root", Role: "admin", Admin: true, Address: netip.MustParseAddr("192.0.2.51")}
	second = Caller{Name: "second", Role: "analyst", Address: netip.MustParseAddr("192.0.2.52")}
)

// withKeys has users and the like known by hashes, under a key of each segment.
func withKeys(o *Options) {
	o.MatchKeys = func(segment string) []block.MatchKey {
		return []block.MatchKey{block.NewMatchKey([32]byte{byte(len(segment))})}
	}
}

func TestSecretsAreHashedAndKeptNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, withKeys)
		r := asked("user:alice & route:POST /login")
		r.Segment, r.Action = "eu", block.Deny
		a, err := s.AddBlock(t.Context(), analyst, r)
		if err != nil || !a.Created {
			t.Fatalf("%+v, %v", a, err)
		}
		want := s.matchKeys("eu")[0].Hash(block.ScopeUser, "alice")
		if v, _ := a.Block.Target.Value(block.ScopeUser); v != want {
			t.Errorf("the block is on %q, want %q", v, want)
		}
		r.Criteria[1].Value = "no route"
		if _, err := s.AddBlock(t.Context(), analyst, r); !errors.Is(err, ErrInvalid) {
			t.Errorf("a target that is none: %v", err)
		}
		s.stop()
		for name, data := range bus.saves {
			if strings.Contains(string(data), "alice") {
				t.Errorf("%s holds the name: %s", name, data)
			}
		}
		for table, rows := range bus.rows {
			for _, row := range rows {
				if strings.Contains(string(row), "alice") {
					t.Errorf("%s holds the name: %s", table, row)
				}
			}
		}
	})
}

func TestStoredHashesAreKnownByTheEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus(), withKeys)
		stored := "k01234567:abcdefghijklmnopqrst"
		f := touchBy("192.0.2.7", "r1", time.Now())
		f.Wanted = finding.Wanted{}
		f.Principal = finding.Actor{Kind: finding.User, Value: stored}
		f.Names = []finding.Name{{Actor: f.Principal, Segment: block.All, Value: s.matchKeys(block.All)[0].Hash(block.ScopeUser, "alice")}}
		mustHandle(t, s, 1, f)
		a, err := s.AddBlock(t.Context(), analyst, asked("user:"+stored))
		if v, _ := a.Block.Target.Value(block.ScopeUser); err != nil || v != f.Names[0].Value {
			t.Errorf("%+v, %v", a.Block.Target, err)
		}
		elsewhere := asked("user:" + stored)
		elsewhere.Segment = "eu"
		if _, err := s.AddBlock(t.Context(), analyst, elsewhere); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "give the user itself") {
			t.Errorf("a name of another segment: %v", err)
		}
	})
}

func TestWhatABlockWouldHit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) {
			o.Ledger.Traffic = fakeTraffic{
				"192.0.2.7": {Successful: 20, Principals: 9}, "192.0.2.0/28": {Successful: 1001}, "192.0.2.16/28": {Principals: 51},
				"192.0.2.32/28": {Successful: 1000, Principals: 50}, "192.0.2.99": {},
			}
		})
		f := func(target string, change func(*AddBlock), word Word, rule string) {
			t.Helper()
			r := asked(target)
			r.DryRun = true
			change(&r)
			a, err := s.AddBlock(t.Context(), analyst, r)
			got := ""
			if a.Ruling.Because != nil {
				got = a.Ruling.Because.Rule
			}
			if err != nil || a.Ruling.Word != word || got != rule || (a.Approval != nil) != (word == NeedsApproval) {
				t.Errorf("%s: %+v, %v; want %s %q", target, a, err, word, rule)
			}
		}
		plainly := func(*AddBlock) {}
		f("192.0.2.7", plainly, NeedsApproval, "shared")
		f("192.0.2.7", func(r *AddBlock) { r.Action = block.Flag }, Allowed, "")
		f("192.0.2.7", func(r *AddBlock) { r.Mode = block.Shadow }, Allowed, "")
		f("192.0.2.7", func(r *AddBlock) { r.Action, r.Terms = block.Throttle, &block.Terms{Rate: 1} }, NeedsApproval, "shared")
		f("192.0.2.0/28", plainly, NeedsApproval, "preview")
		f("192.0.2.16/28", plainly, NeedsApproval, "preview")
		f("192.0.2.32/28", plainly, Allowed, "")
		f("192.0.2.99", plainly, Allowed, "")
		f("192.0.2.98", plainly, Allowed, "")
		if len(bus.List()) != 0 || len(s.Approvals()) != 0 {
			t.Error("a dry run left something")
		}
	})
}

func TestTheStoreIsAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := func(p fakePreview, want Word) {
			t.Helper()
			s := start(t, newFakeBus(), func(o *Options) {
				o.Preview, o.Ledger.Traffic = p, fakeTraffic{"192.0.2.7": {Successful: 5000}}
			})
			a, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.7"))
			if err != nil || a.Ruling.Word != want || a.Ruling.Impact == nil {
				t.Errorf("%+v, %v; want %s", a.Ruling, err, want)
			}
		}
		f(fakePreview{"192.0.2.7": {Successful: 3}}, Allowed)
		f(nil, NeedsApproval)
	})
}

func TestABlockOfARuleThatDoesLessGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		shadow := touchBy("192.0.2.7", "r1", time.Now())
		shadow.Wanted.Shadow = true
		mustHandle(t, s, 1, shadow, touchBy("192.0.2.8", "r2", time.Now()))
		a, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.7"))
		if err != nil || !a.Created || a.Block.Mode != block.Enforce {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.8")); !errors.Is(err, ErrExists) {
			t.Errorf("over a block that does as much: %v", err)
		}
		wantEvents(t, bus, "added 192.0.2.7", "added 192.0.2.7", "added 192.0.2.8", "replaced 192.0.2.7")
		if e := why(t, s, "192.0.2.7"); len(e.Blocks) != 1 || e.Blocks[0].Block.By != "token:analyst" {
			t.Errorf("held: %+v", e.Blocks)
		}
	})
}

// A person's flag is a decision: a rule does not make a refusal of it.
func TestAPersonsDecisionStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		r := asked("192.0.2.7")
		r.Action = block.Flag
		if _, err := s.AddBlock(t.Context(), analyst, r); err != nil {
			t.Fatal(err)
		}
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		if live := bus.List(); len(live) != 1 || live[0].Action != block.Flag {
			t.Errorf("live: %+v", live)
		}
		r = asked("192.0.2.9")
		r.Mode = block.Shadow // to look at it: rules go on
		if _, err := s.AddBlock(t.Context(), analyst, r); err != nil {
			t.Fatal(err)
		}
		mustHandle(t, s, 2, touchBy("192.0.2.9", "r2", time.Now()))
		if !slices.ContainsFunc(bus.List(), func(b block.Block) bool { return b.Target.String() == "192.0.2.9" && refuses(&b) }) {
			t.Errorf("live: %+v", bus.List())
		}
	})
}

// Where nobody can tell what a block would hit, who asks for it is told so.
func TestABlockThatNobodyForesees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := func(target string, preview Preview, warned bool) {
			t.Helper()
			s := start(t, newFakeBus(), withKeys, func(o *Options) { o.Preview, o.Ledger.Traffic = preview, fakeTraffic{"192.0.2.7": {}} })
			a, err := s.AddBlock(t.Context(), admin, asked(target))
			if err != nil || !a.Created || strings.Contains(strings.Join(a.Ruling.Warnings, ""), "could not tell in time") != warned {
				t.Errorf("%s: %+v, %v; want a warning: %v", target, a, err, warned)
			}
		}
		f("country:QV", fakePreview(nil), true)
		f("country:QV", fakePreview{"country:QV": {Successful: 3}}, false)
		f("country:QV", nil, false) // there is no store
		f("user:alice", fakePreview(nil), false)
		f("192.0.2.7", fakePreview(nil), false)
	})
}

// A store that is slow keeps neither findings nor checkpoints waiting.
func TestASlowStoreDelaysNoOtherBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus, func(o *Options) { o.Preview = slowPreview{} })
		time.Sleep(100 * time.Millisecond)
		done := make(chan error, 2)
		go func() {
			_, err := s.AddBlock(t.Context(), analyst, asked("192.0.2.9"))
			done <- err
		}()
		go func() {
			_, err := s.AddBlocks(t.Context(), analyst, bulk("192.0.2.10"))
			done <- err
		}()
		synctest.Wait()
		began := time.Now()
		if err := s.gate.close(t.Context()); err != nil { // as a checkpoint does
			t.Fatal(err)
		}
		s.gate.open()
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		if waited := time.Since(began); waited > 0 || len(bus.List()) != 1 {
			t.Errorf("waited %s, live: %+v", waited, bus.List())
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
	})
}
