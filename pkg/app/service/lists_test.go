package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/indicator"
	"github.com/honeymoat/honeymoat/pkg/intel"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// book is a blocklist in memory with a guard that refuses one address.
type book struct {
	t     *testing.T
	now   time.Time
	live  map[string]block.Block
	calls []string
	err   error
}

const (
	refusedAddress = "192.0.2.66"
	waitingAddress = "192.0.2.77"
)

// since gives all live blocks always.
func (b *book) since(uint64) (edits []block.Edit, next uint64, reset bool) {
	for _, one := range b.list() {
		edits = append(edits, block.Edit{Cursor: 1, Block: &one})
	}
	return edits, 1, true
}

func (b *book) list() []block.Block {
	var list []block.Block
	for _, one := range b.live {
		if one.ExpiresAt().After(b.now) {
			list = append(list, one)
		}
	}
	return list
}

func (b *book) AddBlocks(_ context.Context, by respond.Caller, r respond.Bulk) (respond.BulkResult, error) {
	result := respond.BulkResult{Items: make([]respond.BulkItem, len(r.Items))}
	for i, add := range r.Items {
		target, err := block.NewTarget(add.Criteria...)
		if err != nil {
			b.t.Error(err)
		}
		one := block.Block{
			ID: block.NewID(target.Key(), b.now.String()), Segment: add.Segment, Target: target, Action: add.Action, Mode: add.Mode,
			LifetimeSeconds: int64(add.Lifetime / time.Second), CreatedAt: b.now, Reason: add.Reason, By: by.By,
		}
		b.calls = append(b.calls, fmt.Sprintf("add %s %s", target, add.Lifetime))
		switch item := &result.Items[i]; target.String() {
		case refusedAddress:
			item.Err = &respond.Refusal{Rule: "own-address", Reason: target.String() + " holds one of our own addresses"}
		case waitingAddress:
			item.Approval = &respond.Approval{}
		default:
			b.live[one.Key()] = one
			item.Block, item.Created = one, true
			result.Created++
		}
	}
	return result, b.err
}

func (b *book) EndBlocks(_ context.Context, _ respond.Caller, blocks []block.Block, _ string) (int, error) {
	for _, one := range blocks {
		if b.live[one.Key()].ID != one.ID {
			b.t.Errorf("%s is ended, which is not live", one.Target)
		}
		b.calls = append(b.calls, "remove "+one.Target.String())
		delete(b.live, one.Key())
	}
	return len(blocks), b.err
}

// keeping is a keeper of the list "bad".
type keeping struct {
	*listKeeper
	book *book
	kept intel.Refusals // of the last list in step
}

func keepList(t *testing.T) *keeping {
	t.Helper()
	b := &book{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), live: map[string]block.Block{}}
	lists := []config.BlockList{{Name: "bad", Segment: "all", Action: "deny", Mode: "enforce", Lifetime: 8 * time.Hour, PerMinute: 60_000}}
	k := &keeping{book: b}
	k.listKeeper = newListKeeper(b.since, b, func(r intel.Refusals) error { k.kept = r; return nil }, lists, slog.New(slog.DiscardHandler))
	k.now = func() time.Time { return b.now }
	return k
}

// says has the list say addresses until a time from now.
func (k *keeping) says(life time.Duration, addresses ...string) {
	k.book.t.Helper()
	var indicators []indicator.Indicator
	for _, a := range addresses {
		indicators = append(indicators, indicator.Indicator{Kind: indicator.Address, Value: a, Until: k.book.now.Add(life)})
	}
	list, err := indicator.NewList("bad", indicators...)
	if err != nil {
		k.book.t.Fatal(err)
	}
	k.tell(map[string]*indicator.List{"bad": list})
}

// does plans, takes one step, and wants exactly these calls.
func (k *keeping) does(want ...string) {
	k.book.t.Helper()
	k.book.calls = nil
	k.plan()
	k.step(k.book.t.Context())
	slices.Sort(k.book.calls)
	if !slices.Equal(k.book.calls, want) {
		k.book.t.Errorf("calls %v, want %v", k.book.calls, want)
	}
}

func TestBlocksFollowAList(t *testing.T) {
	k := keepList(t)
	k.says(8*time.Hour, "192.0.2.7", "198.51.100.0/24")
	k.does("add 192.0.2.7 8h0m0s", "add 198.51.100.0/24 8h0m0s")
	k.does()
	k.says(8*time.Hour, "192.0.2.7", "192.0.2.8")
	k.does("add 192.0.2.8 8h0m0s", "remove 198.51.100.0/24")
	if b := k.book.list()[0]; b.By != "list:bad" || b.Reason != "on the list bad" {
		t.Errorf("%+v", b)
	}
}

func TestBlocksOfAListAreRenewedWhileItSaysThem(t *testing.T) {
	k := keepList(t)
	k.says(8*time.Hour, "192.0.2.7")
	k.does("add 192.0.2.7 8h0m0s")
	k.book.now = k.book.now.Add(2 * time.Hour)
	k.does() // nobody has looked at the list since
	k.says(8*time.Hour, "192.0.2.7")
	k.does("add 192.0.2.7 8h0m0s")
	k.book.now = k.book.now.Add(9 * time.Hour) // it fails for long
	k.does()
	if left := k.book.list(); len(left) != 0 {
		t.Errorf("blocks of a list that nobody confirms: %+v", left)
	}
	k.says(time.Hour, "192.0.2.7") // by its own account
	k.does("add 192.0.2.7 1h0m0s")
}

func TestAListOfWhichNothingIsKnownKeepsItsBlocks(t *testing.T) {
	k := keepList(t)
	k.says(8*time.Hour, "192.0.2.7")
	k.does("add 192.0.2.7 8h0m0s")
	k.tell(map[string]*indicator.List{})
	k.does()
	k.use(nil)
	k.does("remove 192.0.2.7") // the operator has taken it out
}

func TestWhatIsNotMadeIsAskedForLater(t *testing.T) {
	k := keepList(t)
	k.says(100*time.Hour, refusedAddress, waitingAddress)
	k.does("add "+refusedAddress+" 8h0m0s", "add "+waitingAddress+" 8h0m0s")
	k.does()
	k.book.now = k.book.now.Add(restTime)
	k.does("add " + refusedAddress + " 8h0m0s")
	k.book.now = k.book.now.Add(awaiting)
	k.does("add "+refusedAddress+" 8h0m0s", "add "+waitingAddress+" 8h0m0s")
}

func TestAFailureIsTriedAgain(t *testing.T) {
	k := keepList(t)
	k.says(8*time.Hour, refusedAddress)
	k.book.err = errors.New("the bus is away")
	k.does("add " + refusedAddress + " 8h0m0s")
	k.does("add " + refusedAddress + " 8h0m0s")
}

func TestOtherTermsMakeOtherBlocks(t *testing.T) {
	k := keepList(t)
	k.says(8*time.Hour, "192.0.2.7")
	k.does("add 192.0.2.7 8h0m0s")
	k.use([]config.BlockList{{Name: "bad", Segment: "eu", Action: "flag", Mode: "shadow", Lifetime: 8 * time.Hour, PerMinute: 60_000}})
	k.does("add 192.0.2.7 8h0m0s", "remove 192.0.2.7")
	if b := k.book.list(); len(b) != 1 || b[0].Segment != "eu" || b[0].Action != block.Flag || b[0].Mode != block.Shadow {
		t.Errorf("%+v", b)
	}
}

func TestRunKeepsListsUntilItEnds(t *testing.T) {
	k := keepList(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.run(ctx); err != nil {
		t.Error(err)
	}
}

// TestALongListIsMadeInPortions: each second its share, so that nobody waits
// for it; and what is not made is told entry by entry.
func TestALongListIsMadeInPortions(t *testing.T) {
	k := keepList(t)
	var long []string
	for i := range 2500 {
		long = append(long, fmt.Sprintf("100.64.%d.%d", i>>8, i&255))
	}
	k.says(8*time.Hour, append(long, refusedAddress)...)
	k.plan()
	for _, want := range []int{1000, 2000, 2500, 2500} {
		k.step(t.Context())
		if want == 1000 {
			k.plan() // a minute is over
		}
		if n := len(k.book.list()); n != want {
			t.Errorf("%d blocks, want %d", n, want)
		}
		if w := k.works["bad"]; w != nil && w.made != want {
			t.Errorf("%d are told of, want %d", w.made, want)
		}
	}
	if r := k.kept; r.List != "bad" || r.Counts["own-address"] != 1 || len(r.Entries) != 1 || r.Entries[0].Entry != refusedAddress || r.Entries[0].Reason == "" || r.Entries[0].Again.IsZero() {
		t.Errorf("kept is %+v", r)
	}
	k.says(8 * time.Hour)
	k.plan()
	k.step(t.Context())
	if n := len(k.book.list()); n != 1500 {
		t.Errorf("%d blocks after a second without a list", n)
	}
	if k.rested["bad"].holds(netip.MustParsePrefix(refusedAddress + "/32")) {
		t.Errorf("what is listed no more rests still: %v", k.rested)
	}
}

// What rests of a list is forgotten with the list.
func TestAListThatIsNoMoreRestsNoMore(t *testing.T) {
	k := keepList(t)
	k.says(8*time.Hour, refusedAddress)
	k.plan()
	k.step(t.Context())
	if !k.rested["bad"].holds(netip.MustParsePrefix(refusedAddress + "/32")) {
		t.Fatalf("resting: %v", k.rested)
	}
	k.use(nil)
	k.plan()
	if len(k.rested) != 0 {
		t.Errorf("resting still: %v", k.rested)
	}
}

// BenchmarkAMillionListed: what a look at a list of a million takes.
func BenchmarkAMillionListed(b *testing.B) {
	said := map[netip.Prefix]int64{}
	var edits []block.Edit
	list := config.BlockList{Name: "bad", Segment: "all", Action: "deny", Mode: "enforce", Lifetime: 8 * time.Hour, PerMinute: 60_000}
	a, now := netip.MustParseAddr("100.64.0.0"), time.Now()
	for range 1_000_000 {
		p := netip.PrefixFrom(a, 32)
		said[p] = 0
		edits = append(edits, block.Edit{Block: &block.Block{Segment: "all", Target: block.PrefixTarget(p), LifetimeSeconds: 8 * 3600, CreatedAt: now, By: "list:bad"}})
		a = a.Next()
	}
	since := func(cursor uint64) ([]block.Edit, uint64, bool) {
		return edits[int(cursor)*len(edits):], 1, cursor == 0
	}
	k := newListKeeper(since, nil, nil, []config.BlockList{list}, slog.New(slog.DiscardHandler))
	k.said["bad"] = said
	k.plan()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if k.plan(); len(k.works) != 0 {
			b.Fatal("there is something to do")
		}
	}
}
