package respond

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Ledger is the account of evidence: who did what, how loudly that is told,
// which blocks follow, and which do not and why. It is a pure state machine:
// time comes in, nothing goes out. The service and the replay of finished logs
// share it. It is not safe for concurrent use.
type Ledger struct {
	options  LedgerOptions
	actors   map[finding.Actor]*Actor
	memos    memos
	blocks   holdings
	refusals map[block.ID]time.Time // provisional ones of agents
	discards map[string]Discard
	budget   budget
	asked    map[string]block.Block // proposed blocks that nobody has answered for
	orphans  []activeAlert          // of actors that were forgotten

	feedback  *evidence.Feedback
	book      *rollout.Book // how far rules have come
	breaker   breaker
	repeats   repeats
	approvals map[string]*Approval // that wait for a second person
	declined  map[string]time.Time // key of a rule's block, or id of what a person asked for → when a person said no
	batches   map[string]batch
	overflow  overflow
	unmade    unmades
}

// NewLedger makes an empty ledger.
func NewLedger(o LedgerOptions) *Ledger {
	o.setDefaults()
	if o.Finished {
		o.BreakerPerMinute = -1 // nobody is there to resume
	}
	return &Ledger{
		options:  o,
		actors:   map[finding.Actor]*Actor{},
		memos:    newMemos(o.MaxFindings),
		blocks:   newHoldings(),
		refusals: map[block.ID]time.Time{},
		asked:    map[string]block.Block{},
		discards: map[string]Discard{},
		budget:   newBudget(&o),

		feedback:  evidence.NewFeedback(o.Policy.Scale()),
		book:      rollout.New(o.Rollouts),
		breaker:   breaker{limit: o.BreakerPerMinute},
		repeats:   repeats{},
		approvals: map[string]*Approval{},
		declined:  map[string]time.Time{},
		batches:   map[string]batch{},
		overflow:  overflow{},
		unmade:    unmades{},
	}
}

// Actor gives what is known of an actor.
func (l *Ledger) Actor(a finding.Actor) (Actor, bool) {
	actor, ok := l.actors[a]
	if !ok {
		return Actor{}, false
	}
	return actor.clone(), true
}

// risk is what the evidence about an actor comes to, 0..1.
func (l *Ledger) risk(a *Actor, now time.Time) float64 {
	return l.scale().Risk(&a.Account, now, l.feedback.For(a.Actor.Kind, now))
}

// Actors lists all actors, ordered by kind and value.
func (l *Ledger) Actors() []Actor {
	list := make([]Actor, 0, len(l.actors))
	for _, a := range l.actors {
		list = append(list, a.clone())
	}
	slices.SortFunc(list, func(a, b Actor) int { return compareActors(a.Actor, b.Actor) })
	return list
}

func compareActors(a, b finding.Actor) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
}

// Hold takes a block that is in force, whoever made it.
func (l *Ledger) Hold(b block.Block) {
	held := l.blocks.hold(b)
	l.Answer(&b)
	delete(l.unmade, b.Key())
	if held.Actor == (finding.Actor{}) {
		held.Actor = actorOf(b.Target)
	}
	l.link(held.Actor, &b)
}

// Made is Hold for a block that stands on evidence about an actor.
func (l *Ledger) Made(b block.Block, a finding.Actor, w *Wanted) {
	l.blocks.hold(b)
	l.Answer(&b)
	delete(l.unmade, b.Key())
	l.assign(l.blocks.byID[b.ID], a, w)
}

// assign notes on whose evidence a block stands, and what its rule wants.
func (l *Ledger) assign(held *Held, a finding.Actor, w *Wanted) {
	held = l.blocks.change(held.Block.ID)
	held.Actor = a
	if w != nil {
		held.Wanted = w
	}
	if automatic(&held.Block) && harms(&held.Block) {
		l.repeats.note(&held.Block)
	}
	l.link(a, &held.Block)
}

// link notes that a block is one of an actor's.
func (l *Ledger) link(key finding.Actor, b *block.Block) {
	a := l.actors[key]
	if a == nil {
		return
	}
	if !slices.Contains(a.Blocks, b.ID) {
		a.Blocks = appendBounded(a.Blocks, b.ID, maxBlockIDs)
	}
	if refuses(b) {
		a.BlockedUntil = b.ExpiresAt()
	}
}

// Held gives a live block by its id.
func (l *Ledger) Held(id block.ID) (Held, bool) {
	if h := l.blocks.byID[id]; h != nil {
		return *h, true
	}
	return Held{}, false
}

// End notes that a block is over. It tells whether it was live.
func (l *Ledger) End(id block.ID, how, by, reason string, at time.Time) (Ended, bool) {
	ended, ok := l.blocks.end(id, how, by, reason, at)
	if !ok {
		return Ended{}, false
	}
	if a := l.actors[ended.Actor]; a != nil && how != EventExpired {
		a.BlockedUntil = time.Time{}
	}
	if how == EventRemoved {
		l.repeats.drop(ended.Block.Key(), id)
	}
	return *ended, true
}

// Gone notes the end of a block that the ledger never held. It tells whether
// that is news.
func (l *Ledger) Gone(b block.Block, how, by, reason string, at time.Time) (Ended, bool) {
	if l.blocks.find(b.ID) != nil {
		return Ended{}, false
	}
	ended := Ended{Held: Held{Block: b}, How: how, At: at, By: by, Reason: reason}
	l.blocks.ended[b.ID] = &ended
	return ended, true
}

// Remove leaves a tombstone: evidence of before this time does not block the
// key again.
func (l *Ledger) Remove(key string, at time.Time) {
	if at.After(l.blocks.removed[key]) {
		l.blocks.removed[key] = at
	}
}

// Expire ends the blocks whose time is up, and gives them.
func (l *Ledger) Expire(now time.Time) []Ended {
	var over []Ended
	for _, held := range l.blocks.dueBy(now) {
		if ended, ok := l.End(held.Block.ID, EventExpired, "", "", held.Block.ExpiresAt()); ok {
			over = append(over, ended)
		}
	}
	return over
}

// Deny counts requests that were refused on a block, and for its rule's
// rollout.
func (l *Ledger) Deny(id block.ID, n uint64, now time.Time) {
	h := l.blocks.deny(id, n)
	if h != nil && h.Wanted != nil {
		l.book.Observe(h.Block.Rule, h.Block.RuleVersion, rollout.Measure{Hits: n}, now)
	}
}

// Known tells whether an id is that of a block, live or ended of late, or of
// an agent's provisional refusal.
func (l *Ledger) Known(id block.ID) bool {
	_, refused := l.refusals[id]
	return refused || l.blocks.known(id)
}

// Sweep forgets what is older than the ledger remembers.
func (l *Ledger) Sweep(now time.Time) {
	before := now.Add(-l.options.Remember)
	l.blocks.sweep(before)
	l.blocks.bound(maxEnded)
	l.memos.sweep(before)
	for id, at := range l.refusals {
		if at.Before(before) {
			delete(l.refusals, id)
		}
	}
	for id, d := range l.discards {
		if !d.live(now) {
			delete(l.discards, id)
		}
	}
	for id, b := range l.batches {
		if b.At.Before(before) {
			delete(l.batches, id)
		}
	}
	for key, at := range l.declined {
		if now.Sub(at) > declinedFor {
			delete(l.declined, key)
		}
	}
	l.repeats.sweep(now)
	l.overflow.sweep(now)
	l.unmade.sweep(before)
	for key, a := range l.actors {
		if !a.told() && a.Touched.Before(before) && !l.blocked(a) {
			delete(l.actors, key)
		}
	}
}

// actor gives the state of an actor, making room for a new one.
func (l *Ledger) actor(key finding.Actor) *Actor {
	a := l.actors[key]
	if a == nil {
		if len(l.actors) >= l.options.MaxActors {
			l.evict()
		}
		a = &Actor{Actor: key}
		l.actors[key] = a
	}
	return a
}

// evict forgets the tenth of the actors who were quiet longest.
func (l *Ledger) evict() {
	quietest := slices.SortedFunc(maps.Keys(l.actors), func(a, b finding.Actor) int {
		return cmp.Or(l.actors[a].Touched.Compare(l.actors[b].Touched), compareActors(a, b))
	})
	for _, key := range quietest[:len(quietest)/10+1] {
		l.orphans = append(l.orphans, l.actors[key].orphaned()...)
		delete(l.actors, key)
	}
}

// blocked tells whether an actor has a live block that is acted on for all.
func (l *Ledger) blocked(a *Actor) bool {
	return slices.ContainsFunc(a.Blocks, func(id block.ID) bool {
		h := l.blocks.byID[id]
		return h != nil && h.Block.Mode == block.Enforce
	})
}

// actorOf is the actor whose block has this target, if it is one's.
func actorOf(t block.Target) finding.Actor {
	switch {
	case !t.Plain() || t.Exemption():
		return finding.Actor{}
	case t.Scope() == block.ScopeAddress && t.Prefix().Addr().Is4():
		return finding.Actor{Kind: finding.Address, Value: t.String()}
	default:
		return finding.Actor{Kind: finding.Prefix, Value: t.String()}
	}
}
