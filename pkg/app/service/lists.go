package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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
		feeds[i].Apart = true
	}
	return feeds
}

// blocker makes and ends blocks: respond's Service.
type blocker interface {
	AddBlocks(ctx context.Context, by respond.Caller, r respond.Bulk) (respond.BulkResult, error)
	RemoveBlock(ctx context.Context, by respond.Caller, id block.ID, reason string) (block.Block, error)
}

// listedTarget is an entry of a list: a target, and until when the list says it.
type listedTarget struct {
	block.Target
	until time.Time
}

// listKeeper makes the blocks of lists from elsewhere what the lists say,
// through the guard. What the guard refuses, what waits for a second person,
// and what is blocked already is asked for again later.
type listKeeper struct {
	live    func() []block.Block
	blocker blocker
	now     func() time.Time
	log     *slog.Logger
	changed chan struct{}

	mu    sync.Mutex // for both below
	lists []config.BlockList
	said  map[string]map[string]listedTarget // by list and target; nil = nothing is known

	rested map[string]time.Time // list and target → before when it is not asked for again; Run's alone
}

const (
	keepEvery = time.Minute
	// restTime is how long what was not made rests; awaiting is as long as it
	// may wait for a second person.
	restTime = time.Hour
	awaiting = 24 * time.Hour
	// atATime is how many blocks of a list are judged together.
	atATime = 1000
	byList  = "list:"
)

func newListKeeper(live func() []block.Block, b blocker, lists []config.BlockList, log *slog.Logger) *listKeeper {
	return &listKeeper{
		live: live, blocker: b, now: time.Now, log: log, changed: make(chan struct{}, 1),
		lists: lists, said: map[string]map[string]listedTarget{}, rested: map[string]time.Time{},
	}
}

// tell takes what the lists say. A list that is not among them keeps its
// blocks until they run out.
func (k *listKeeper) tell(lists map[string]*indicator.List) {
	said := map[string]map[string]listedTarget{}
	for name, list := range lists {
		said[name] = targetsOf(list)
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

func targetsOf(list *indicator.List) map[string]listedTarget {
	targets := make(map[string]listedTarget, list.Len())
	for i := range list.Len() {
		e := list.At(i)
		if t, err := block.ParseTarget(e.Value); err == nil && t.Plain() {
			targets[t.Key()] = listedTarget{t, e.Until}
		}
	}
	return targets
}

// run keeps the blocks until ctx ends.
func (k *listKeeper) run(ctx context.Context) error {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.changed:
		case <-tick.C:
		}
		k.round(ctx)
	}
}

// round brings the blocks of all lists in step.
func (k *listKeeper) round(ctx context.Context) {
	k.mu.Lock()
	lists, said := k.lists, k.said
	k.mu.Unlock()
	now := k.now()
	maps.DeleteFunc(k.rested, func(_ string, until time.Time) bool { return !until.After(now) })
	held := map[string][]block.Block{}
	for _, b := range k.live() {
		if name, ok := strings.CutPrefix(b.By, byList); ok {
			held[name] = append(held[name], b)
		}
	}
	for i := range lists {
		l := &lists[i]
		if said[l.Name] != nil {
			k.told(l.Name, k.keep(ctx, l, said[l.Name], held[l.Name]))
		}
		delete(held, l.Name)
	}
	for name, blocks := range held {
		k.told(name, k.remove(ctx, name, blocks, "the list is configured no more"))
	}
}

func (k *listKeeper) told(name string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		k.log.Warn("the blocks of a list are not in step; they are tried again in a minute", "list", name, "error", err)
	}
}

// keep brings the blocks of one list in step.
func (k *listKeeper) keep(ctx context.Context, l *config.BlockList, said map[string]listedTarget, held []block.Block) error {
	var gone []block.Block
	fresh := map[string]bool{}
	for _, b := range held {
		key := b.Target.Key()
		t, listed := said[key]
		switch {
		case !listed || b.Segment != l.Segment || b.Action.String() != l.Action || b.Mode.String() != l.Mode:
			gone = append(gone, b)
		case t.lifetime(l, k.now()) < b.ExpiresAt().Sub(k.now())+l.Lifetime/8:
			fresh[key] = true
		}
	}
	if err := k.remove(ctx, l.Name, gone, "the list says it no more"); err != nil {
		return err
	}
	var wanted []ask
	for _, key := range slices.Sorted(maps.Keys(said)) {
		t := said[key]
		life := t.lifetime(l, k.now())
		if _, rests := k.rested[l.Name+" "+key]; fresh[key] || rests || life < time.Second {
			continue
		}
		add, err := addOf(l, t, life)
		if err != nil {
			return err
		}
		wanted = append(wanted, ask{add, key})
	}
	for chunk := range slices.Chunk(wanted, atATime) {
		if err := k.add(ctx, l, chunk); err != nil {
			return err
		}
	}
	return nil
}

// ask is a block that is asked for, with its target's key.
type ask struct {
	respond.AddBlock
	key string
}

// lifetime is how long a block on a target is to last from now on.
func (t *listedTarget) lifetime(l *config.BlockList, now time.Time) time.Duration {
	if t.until.IsZero() {
		return l.Lifetime
	}
	return min(l.Lifetime, t.until.Sub(now))
}

func addOf(l *config.BlockList, t listedTarget, life time.Duration) (respond.AddBlock, error) {
	add := respond.AddBlock{
		Segment: l.Segment, Criteria: t.Criteria(), Lifetime: life.Truncate(time.Second), Reason: "on the list " + l.Name,
	}
	err := errors.Join(add.Action.UnmarshalText([]byte(l.Action)), add.Mode.UnmarshalText([]byte(l.Mode)))
	return add, err
}

func callerOf(list string) respond.Caller {
	return respond.Caller{Name: byList + list, Role: "list", By: byList + list}
}

// add asks for blocks. What is not made rests.
func (k *listKeeper) add(ctx context.Context, l *config.BlockList, wanted []ask) error {
	bulk := respond.Bulk{Items: make([]respond.AddBlock, len(wanted))}
	for i := range wanted {
		bulk.Items[i] = wanted[i].AddBlock
	}
	result, err := k.blocker.AddBlocks(ctx, callerOf(l.Name), bulk)
	if err != nil {
		return fmt.Errorf("block what the list %s says: %w", l.Name, err)
	}
	refused := map[string]int{}
	for i := range result.Items {
		item := &result.Items[i]
		because := whyNot(item)
		if because == "" {
			continue
		}
		refused[because]++
		rest := restTime
		if item.Approval != nil {
			rest = awaiting
		}
		k.rested[l.Name+" "+wanted[i].key] = k.now().Add(rest)
	}
	k.log.Info("a list is blocked", "list", l.Name, "batch", result.Batch, "made", result.Created, "not_made", refused)
	return nil
}

// whyNot tells in a word why an item of a list is not blocked by it.
func whyNot(item *respond.BulkItem) string {
	refusal := new(respond.Refusal)
	switch {
	case item.Approval != nil:
		return "waits for approval"
	case errors.As(item.Err, &refusal):
		return cmp.Or(refusal.Rule, "refused")
	case errors.Is(item.Err, respond.ErrExists):
		return "blocked already"
	case item.Err != nil:
		return "failed"
	}
	return ""
}

// remove ends blocks of a list.
func (k *listKeeper) remove(ctx context.Context, name string, blocks []block.Block, reason string) error {
	for _, b := range blocks {
		if _, err := k.blocker.RemoveBlock(ctx, callerOf(name), b.ID, reason); err != nil && !errors.Is(err, respond.ErrNotFound) {
			return fmt.Errorf("unblock %s: %w", b.Target, err)
		}
	}
	if len(blocks) > 0 {
		k.log.Info("addresses of a list are not blocked any more", "list", name, "blocks", len(blocks), "reason", reason)
	}
	return nil
}
