package service

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/indicator"
	"github.com/honeymoat/honeymoat/pkg/intel"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// listFeeds are the lists that are blocked, as feeds that stand apart.
func listFeeds(lists []config.BlockList) []intel.Feed {
	feeds := make([]intel.Feed, len(lists))
	for i := range lists {
		f := lists[i].Feed()
		feeds[i] = feedOf(&f)
		feeds[i].Apart, feeds[i].MaxCover = true, lists[i].MaxCover
	}
	return feeds
}

// blocker makes and ends blocks: respond's Service.
type blocker interface {
	AddBlocks(ctx context.Context, by respond.Caller, r respond.Bulk) (respond.BulkResult, error)
	EndBlocks(ctx context.Context, by respond.Caller, blocks []block.Block, reason string) (int, error)
}

// heldKey is where a block of a list is.
type heldKey struct {
	segment string
	prefix  netip.Prefix
}

// listKeeper makes the blocks of lists from elsewhere what the lists say,
// through the guard, and so many a minute as the list may: a list that is long,
// or wrong, neither holds up what rules ask for nor floods gateways. What the
// guard refuses, what waits for a second person, and what is blocked already is
// asked for again later.
type listKeeper struct {
	since   func(cursor uint64) (edits []block.Edit, next uint64, reset bool)
	blocker blocker
	keep    func(intel.Refusals) error
	now     func() time.Time
	log     *slog.Logger
	changed chan struct{}

	mu    sync.Mutex // for both below
	lists []config.BlockList
	said  map[string]map[netip.Prefix]int64 // by list; until when, in seconds since 1970; 0 = it does not say

	// All below is run's alone.
	cursor uint64
	held   map[string]map[heldKey]*block.Block // by list
	rested map[string]*resting
	works  map[string]*listWork
}

const (
	keepEvery = time.Minute // between two looks at what is to be done
	stepEvery = time.Second // between two portions of it
	// patiently keeps what looking takes, with millions of entries, to a few
	// percent of the time.
	patiently = 30
	// restTime is how long what was not made rests; awaiting is as long as it
	// may wait for a second person.
	restTime = time.Hour
	awaiting = 24 * time.Hour
	// atATime is how many blocks of a list are judged together.
	atATime = 1000
	byList  = "list:"
)

func newListKeeper(since func(uint64) ([]block.Edit, uint64, bool), b blocker, keep func(intel.Refusals) error, lists []config.BlockList, log *slog.Logger) *listKeeper {
	return &listKeeper{
		since: since, blocker: b, keep: keep, now: time.Now, log: log, changed: make(chan struct{}, 1),
		lists: lists, said: map[string]map[netip.Prefix]int64{}, rested: map[string]*resting{},
	}
}

// tell takes what the lists say. A list that is not among them keeps its
// blocks until they run out.
func (k *listKeeper) tell(lists map[string]*indicator.List) {
	said := map[string]map[netip.Prefix]int64{}
	for name, list := range lists {
		said[name] = prefixesOf(list)
	}
	k.mu.Lock()
	k.said = said
	k.mu.Unlock()
	k.wake()
}

// use takes other lists.
func (k *listKeeper) use(lists []config.BlockList) {
	k.mu.Lock()
	k.lists = lists
	k.mu.Unlock()
	k.wake()
}

func (k *listKeeper) wake() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

func prefixesOf(list *indicator.List) map[netip.Prefix]int64 {
	prefixes := make(map[netip.Prefix]int64, list.Len())
	for i := range list.Len() {
		e := list.At(i)
		t, err := block.ParseTarget(e.Value)
		if err != nil || !t.Plain() {
			continue
		}
		until := int64(0)
		if !e.Until.IsZero() {
			until = e.Until.Unix()
		}
		prefixes[t.Prefix()] = until
	}
	return prefixes
}

// run keeps the blocks until ctx ends.
func (k *listKeeper) run(ctx context.Context) error {
	look, step := time.NewTicker(keepEvery), time.NewTicker(stepEvery)
	defer look.Stop()
	defer step.Stop()
	var planned time.Time
	var took time.Duration
	plan := func() {
		planned = time.Now()
		k.plan()
		took = time.Since(planned)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.changed:
			plan()
		case <-look.C:
			if time.Since(planned) > patiently*took {
				plan()
			}
		case <-step.C:
			k.step(ctx)
		}
	}
}

// plan finds what is to be done for all lists.
func (k *listKeeper) plan() {
	k.mu.Lock()
	lists, said := k.lists, k.said
	k.mu.Unlock()
	k.catchUp()
	unfinished := k.works
	k.works = map[string]*listWork{}
	configured := map[string]bool{}
	for i := range lists {
		l := &lists[i]
		configured[l.Name] = true
		k.rested[l.Name].awaken(k.now())
		if said[l.Name] != nil {
			k.works[l.Name] = k.workOf(l, said[l.Name])
		}
	}
	for name, blocks := range k.held {
		if !configured[name] {
			k.works[name] = &listWork{name: name, gone: slices.Collect(maps.Values(blocks)), reason: "the list is configured no more", quota: defaultQuota, refused: map[string]int{}}
		}
	}
	maps.DeleteFunc(k.rested, func(name string, _ *resting) bool { return !configured[name] })
	for name, w := range k.works {
		w.goOn(unfinished[name])
		if w.done() && w.made+w.ended == 0 {
			delete(k.works, name)
		}
	}
}

// catchUp takes what has changed in the blocklist.
func (k *listKeeper) catchUp() {
	edits, next, reset := k.since(k.cursor)
	if k.cursor = next; reset {
		k.held = map[string]map[heldKey]*block.Block{}
	}
	for i := range edits {
		e := &edits[i]
		if name, ok := listOf(e.Old); ok {
			delete(k.held[name], keyOf(e.Old))
			if len(k.held[name]) == 0 {
				delete(k.held, name)
			}
		}
		if name, ok := listOf(e.Block); ok {
			if k.held[name] == nil {
				k.held[name] = map[heldKey]*block.Block{}
			}
			k.held[name][keyOf(e.Block)] = e.Block
		}
	}
}

func keyOf(b *block.Block) heldKey { return heldKey{b.Segment, b.Target.Prefix()} }

// listOf gives the list that a block is of.
func listOf(b *block.Block) (name string, ok bool) {
	if b == nil || !b.Target.Plain() {
		return "", false
	}
	return strings.CutPrefix(b.By, byList)
}

// step does a portion of what is to be done for each list.
func (k *listKeeper) step(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(k.works)) {
		w := k.works[name]
		err := k.portion(ctx, w)
		if err != nil && !errors.Is(err, context.Canceled) {
			k.log.Warn("the blocks of a list are not in step; they are tried again in a minute", "list", name, "error", err)
		}
		if err == nil && !w.done() {
			continue
		}
		delete(k.works, name)
		k.log.Info("a list is in step", "list", name, "made", w.made, "ended", w.ended, "not_made", w.refused, "complete", err == nil)
		k.account(name)
	}
}

// account keeps what is not made of a list where an operator can see it.
func (k *listKeeper) account(name string) {
	r := intel.Refusals{List: name, At: k.now(), Counts: map[string]int{}}
	k.rested[name].tell(&r)
	if err := k.keep(r); err != nil {
		k.log.Warn("what the guard says of a list could not be kept", "list", name, "error", err)
	}
}
