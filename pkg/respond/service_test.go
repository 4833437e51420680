package respond

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func mustHandle(t *testing.T, s *running, sequence uint64, findings ...finding.Finding) {
	t.Helper()
	if err := s.Handle(t.Context(), sequence, found(findings...)); err != nil {
		t.Fatal(err)
	}
}

func wantEvents(t *testing.T, f *fakeBus, want ...string) {
	t.Helper()
	if got := f.events(); !slices.Equal(got, want) {
		t.Errorf("block log has %q, want %q", got, want)
	}
}

func wantRaised(t *testing.T, f *fakeBus, want map[string]string) {
	t.Helper()
	if got := f.raised(); !maps.Equal(got, want) {
		t.Errorf("alerts are %v, want %v", got, want)
	}
}

func TestNewWantsItsPorts(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a service without anything was made")
	}
}

func TestFindingBecomesBlockAlertAndRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f, func(o *Options) { o.Links.Console = "https://moat.example" })
		touch := touchBy("192.0.2.7", "r1", time.Now())
		mustHandle(t, s, 5, touch)
		mustHandle(t, s, 5, touch)
		mustHandle(t, s, 6, touch, touchBy("192.0.2.7", "r2", time.Now()))
		time.Sleep(3 * time.Second)
		wantEvents(t, f, "added 192.0.2.7")
		wantRaised(t, f, map[string]string{"192.0.2.7": "log"})
		if n := f.count(Findings); n != 2 {
			t.Errorf("%d rows of findings, want 2", n)
		}
		if _, puts := f.sent(); puts != 1 || s.Saved() != 6 || s.Sequence() != 6 {
			t.Errorf("%d puts, saved up to %d", puts, s.Saved())
		}
		for _, a := range f.active() {
			if a.URL != "https://moat.example/api/v1/actors/address/192.0.2.7" || a.Annotations["block"] == "" || a.Annotations["summary"] == "" {
				t.Errorf("alert is %+v", a)
			}
		}
	})
}

// Thousands of findings of one batch, most of them over the budget of blocks,
// are told in few messages.
func TestAFloodIsToldInFewMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f, func(o *Options) { o.Ledger.PerMinute = 10 })
		var flood []finding.Finding
		for i := range 2000 {
			client := fmt.Sprintf("203.0.%d.%d", i/250, i%250)
			flood = append(flood, touchBy(client, client, time.Now()))
		}
		mustHandle(t, s, 1, flood...)
		time.Sleep(3 * time.Second)
		if n := f.count(Findings); n != 2000 || s.Saved() != 1 {
			t.Errorf("%d rows of findings, saved up to %d", n, s.Saved())
		}
		if messages, _ := f.sent(); messages > 20 {
			t.Errorf("%d messages", messages)
		}
	})
}

func TestEscalationPostsNewAndResolvesOldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		page := touchBy("192.0.2.7", "r2", time.Now())
		page.Tier = finding.Page
		mustHandle(t, s, 2, page)
		wantRaised(t, f, map[string]string{"192.0.2.7": "page"})
		posts := f.posted()
		last := posts[len(posts)-1]
		if len(last) != 2 || last[0].Labels["tier"] != "page" || last[1].Labels["tier"] != "log" || last[1].EndsAt.IsZero() {
			t.Errorf("escalation was posted as %+v", last)
		}
	})
}

func TestBlockExpiresAndAlertResolves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		id := f.List()[0].ID
		err := s.Handle(t.Context(), 2, func() Input { return Input{Denials: map[block.ID]uint64{id: 3, 99: 1}} })
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		wantRaised(t, f, map[string]string{"192.0.2.7": "log"}) // as long as the block lives
		time.Sleep(3*time.Hour + 3*time.Second)
		wantEvents(t, f, "added 192.0.2.7", "expired 192.0.2.7")
		wantRaised(t, f, map[string]string{})
		if _, ended, err := s.Find(id); err != nil || ended == nil || ended.Denied != 3 || ended.How != EventExpired {
			t.Errorf("the block came out as %+v, %v", ended, err)
		}
		if !s.Known(id) {
			t.Error("a block that ended just now is not known")
		}
		mustHandle(t, s, 3, touchBy("192.0.2.7", "r2", time.Now()))
		wantRaised(t, f, map[string]string{"192.0.2.7": "notify"}) // came back
	})
}

func TestQuietActorWithoutBlockResolves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		mustHandle(t, s, 1, touchBy("198.51.100.7", "r1", time.Now()))
		wantRaised(t, f, map[string]string{"198.51.100.7": "log"})
		time.Sleep(15*time.Minute + 2*time.Second)
		wantRaised(t, f, map[string]string{})
		wantEvents(t, f, "refused 198.51.100.7")
	})
}

func TestHandleWaitsForTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		f.allow(0)
		done := make(chan error, 1)
		go func() { done <- s.Handle(t.Context(), 1, found(touchBy("192.0.2.7", "r1", time.Now()))) }()
		time.Sleep(time.Minute)
		select {
		case err := <-done:
			t.Fatalf("Handle returned %v with the bus away", err)
		default:
		}
		f.allow(-1)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		wantEvents(t, f, "added 192.0.2.7")
		if f.count(Findings) != 1 {
			t.Error("the finding is not on record")
		}
	})
}

func TestActiveAlertsAreRaisedAgainAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		mustHandle(t, s, 7, touchBy("192.0.2.7", "r1", time.Now()))
		s.stop()
		f.forgetAlerts()
		again := start(t, f)
		synctest.Wait()
		if again.after != 7 {
			t.Errorf("goes on after %d, want 7", again.after)
		}
		wantRaised(t, f, map[string]string{"192.0.2.7": "log"})
		time.Sleep(5 * time.Hour)
		wantRaised(t, f, map[string]string{})
		wantEvents(t, f, "added 192.0.2.7", "expired 192.0.2.7")
	})
}

func TestBlockThatExpiredWhileAwayIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		old := touchBy("192.0.2.7", "r1", time.Now())
		mustHandle(t, s, 7, old)
		s.stop()
		time.Sleep(6 * time.Hour)
		again := start(t, f)
		mustHandle(t, again, 7, old)
		mustHandle(t, again, 8, touchBy("192.0.2.7", "late", old.Time.Add(time.Second)))
		time.Sleep(3 * time.Second)
		wantEvents(t, f, "added 192.0.2.7", "expired 192.0.2.7")
	})
}

// TestLoadOfTheFirstVersion: a checkpoint of before the detector's memory had a
// part of its own is taken up.
func TestLoadOfTheFirstVersion(t *testing.T) {
	bus := newFakeBus()
	bus.saves["respond"] = []byte(`{"version":1,"sequence":7,"ledger":{"version":1},"memory":"` + base64.StdEncoding.EncodeToString([]byte("remembered")) + `"}`)
	memory := &plainMemory{}
	o := options(bus)
	o.Memory = memory
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := s.Load(t.Context()); err != nil || after != 7 || memory.restored != "remembered" {
		t.Errorf("loaded up to %d, remembered %q, %v", after, memory.restored, err)
	}
}

// plainMemory keeps what it is given.
type plainMemory struct{ restored string }

func (m *plainMemory) Freeze() (func(io.Writer) error, error) {
	return func(io.Writer) error { return nil }, nil
}
func (m *plainMemory) Restore(data []byte) error { m.restored = string(data); return nil }

func TestLoadFailure(t *testing.T) {
	f := func(name, text string, want error) {
		t.Helper()
		bus := newFakeBus()
		bus.saves[name] = []byte(text)
		s, err := New(options(bus))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context()); !errors.Is(err, want) {
			t.Errorf("%s %q: %v, want %v", name, text, err, want)
		}
	}
	f("respond", "{", ErrState)
	f("respond", "{}", ErrState)
	f("respond", `{"version":9}`, ErrState)
	f("respond", `{"version":2,"ledger":null}`, ErrState)
	f("respond", `{"version":2,"ledger":{"version":9}}`, ErrState)
	f("respond.journal", "7", ErrState)
}

// memory is a detector's state.
type memory struct{ seen []byte }

func (m *memory) Freeze() (func(io.Writer) error, error) {
	seen := slices.Clone(m.seen)
	return func(w io.Writer) error { _, err := w.Write(seen); return err }, nil
}
func (m *memory) Restore(data []byte) error { m.seen = data; return nil }

func TestDetectorIsKeptWithTheSequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, m := newFakeBus(), &memory{}
		s := start(t, f, func(o *Options) { o.Memory = m })
		err := s.Handle(t.Context(), 3, func() Input { m.seen = []byte("at 3"); return Input{} })
		if err != nil {
			t.Fatal(err)
		}
		s.stop()
		var saved state
		if kept, err := saved.read(f.saved("respond")); err != nil || saved.Sequence != 3 || string(kept) != "at 3" {
			t.Errorf("saved %q at %d: %v", kept, saved.Sequence, err)
		}
		other := &memory{}
		start(t, f, func(o *Options) { o.Memory = other })
		if string(other.seen) != "at 3" {
			t.Errorf("restored %q", other.seen)
		}
	})
}

// A detector that knows a batch is not saved as if that was still to come: a
// correlation would count it twice.
func TestABatchThatWasNotHandledIsNotSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, m := newFakeBus(), &memory{}
		s := start(t, f, func(o *Options) { o.Memory = m })
		deliver := func(ctx context.Context, sequence uint64, seen string, findings ...finding.Finding) error {
			return s.Handle(ctx, sequence, func() Input { m.seen = []byte(seen); return Input{Findings: findings} })
		}
		if err := deliver(t.Context(), 1, "at 1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // until it is saved
		f.allow(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := deliver(ctx, 2, "at 2", touchBy("192.0.2.7", "r1", time.Now())); err == nil {
			t.Fatal("a batch was handled without a bus")
		}
		f.allow(-1)
		s.stop()
		var saved state
		if kept, err := saved.read(f.saved("respond")); err != nil || saved.Sequence != 1 || string(kept) != "at 1" {
			t.Errorf("saved %q at %d: %v", kept, saved.Sequence, err)
		}
	})
}

func TestHealth(t *testing.T) {
	f := newFakeBus()
	s, err := New(options(f))
	if err != nil {
		t.Fatal(err)
	}
	step := func(err error, posts, active int) {
		t.Helper()
		if err != nil || len(f.posted()) != posts || len(f.active()) != active {
			t.Errorf("%v, %d posts, %d active; want %d and %d", err, len(f.posted()), len(f.active()), posts, active)
		}
	}
	ctx := context.Background()
	step(s.ResolveHealth(ctx, "StoreDown"), 0, 0)
	step(s.RaiseHealth(ctx, "StoreDown", "no answer"), 1, 1)
	step(s.RaiseHealth(ctx, "StoreDown", "no answer"), 1, 1)
	step(s.RaiseHealth(ctx, "StoreDown", "no answer since noon"), 2, 1)
	for _, a := range f.active() {
		if a.Labels["alertname"] != "HoneymoatStoreDown" || a.Labels["family"] != "health" {
			t.Errorf("labels are %v", a.Labels)
		}
	}
	step(s.ResolveHealth(ctx, "StoreDown"), 3, 0)
}

func TestNewGuardLiftsWhatItProtects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()), touchBy("192.0.2.8", "r2", time.Now()))
		s.SetGuard(NewGuard(GuardOptions{Allow: prefixes("192.0.2.7/32")}))
		time.Sleep(2 * time.Minute)
		wantEvents(t, f, "added 192.0.2.7", "added 192.0.2.8", "removed 192.0.2.7")
		if len(f.List()) != 1 {
			t.Errorf("blocks are %v", f.List())
		}
	})
}

func TestBlockRemovedOnTheBusIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
		time.Sleep(2 * time.Minute)
		if err := f.Remove(t.Context(), f.List()[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		wantEvents(t, f, "added 192.0.2.7", "removed 192.0.2.7")
	})
}

// TestShadowAndEnforcedInOneBatch: whichever of two blocks on one client is
// made first, the enforced one stands alone in the end.
func TestShadowAndEnforcedInOneBatch(t *testing.T) {
	for range 20 { // the two are put at the same time
		synctest.Test(t, func(t *testing.T) {
			f := newFakeBus()
			s := start(t, f)
			enforced, shadow := touchBy("192.0.2.7", "r1", time.Now()), touchBy("192.0.2.7", "r2", time.Now())
			shadow.Wanted.Shadow = true
			mustHandle(t, s, 1, enforced, shadow)
			live := f.List()
			if len(live) != 1 || live[0].Mode != block.Enforce {
				t.Fatalf("live blocks: %+v", live)
			}
			explained := why(t, s, "192.0.2.7")
			if len(explained.Blocks) != 1 || explained.Blocks[0].Block.ID != live[0].ID {
				t.Errorf("the ledger holds %+v, the bus %s", explained.Blocks, live[0].ID)
			}
			time.Sleep(3 * time.Second)
			if events := f.events(); len(events) != 1 && !slices.Equal(events, []string{"added 192.0.2.7", "added 192.0.2.7", "replaced 192.0.2.7"}) {
				t.Errorf("block log has %q", events)
			}
		})
	}
}
