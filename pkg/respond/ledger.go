package respond

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// LedgerOptions bound what a Ledger keeps. Zero fields take the defaults.
type LedgerOptions struct {
	MaxActors    int           // 50,000; over it those who were quiet longest go
	MaxFindings  int           // 200,000 ids by which repetitions are known
	Remember     time.Duration // 48 h: how long actors, ids, ended blocks and removals are kept
	StaleAfter   time.Duration // 4 h: age from which evidence that asks for no block alarms nobody
	PerMinute    int           // 3,000 automatic blocks a minute; negative = no limit
	PerAgentOnly int           // 600 a minute on one agent's word alone; negative = no limit
}

func (o *LedgerOptions) setDefaults() {
	o.MaxActors = cmp.Or(o.MaxActors, 50_000)
	o.MaxFindings = cmp.Or(o.MaxFindings, 200_000)
	o.Remember = cmp.Or(o.Remember, 48*time.Hour)
	o.StaleAfter = cmp.Or(o.StaleAfter, 4*time.Hour)
}

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
	asked    map[string]block.ID // proposed blocks that nobody has answered for
	orphans  []activeAlert       // of actors that were forgotten
}

// NewLedger makes an empty ledger.
func NewLedger(o LedgerOptions) *Ledger {
	o.setDefaults()
	return &Ledger{
		options:  o,
		actors:   map[finding.Actor]*Actor{},
		memos:    newMemos(o.MaxFindings),
		blocks:   newHoldings(),
		refusals: map[block.ID]time.Time{},
		asked:    map[string]block.ID{},
		discards: map[string]Discard{},
		budget:   newBudget(o.PerMinute, o.PerAgentOnly),
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
	l.blocks.hold(b)
	l.Answer(&b)
	a := l.actors[actorOf(b.Target)]
	if a == nil {
		return
	}
	if !slices.Contains(a.Blocks, b.ID) {
		a.Blocks = appendBounded(a.Blocks, b.ID, maxBlockIDs)
	}
	if b.Mode == block.Enforce {
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
	if a := l.actors[actorOf(ended.Block.Target)]; a != nil && how != EventExpired {
		a.BlockedUntil = time.Time{}
	}
	return *ended, true
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

// Deny counts requests that were refused on a block.
func (l *Ledger) Deny(id block.ID, n uint64) { l.blocks.deny(id, n) }

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
	for key, a := range l.actors {
		if a.Alert == nil && a.Touched.Before(before) && !l.blocked(a) {
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
		if alert := l.actors[key].Alert; alert != nil {
			l.orphans = append(l.orphans, *alert)
		}
		delete(l.actors, key)
	}
}

// blocked tells whether an actor has a live block that is enforced.
func (l *Ledger) blocked(a *Actor) bool {
	return slices.ContainsFunc(a.Blocks, l.enforced)
}

// actorOf is the actor whose block has this target, if it is one's.
func actorOf(t block.Target) finding.Actor {
	if t.Scope() == block.ScopeAddress && t.Prefix().Addr().Is4() {
		return finding.Actor{Kind: finding.Address, Value: t.String()}
	}
	return finding.Actor{Kind: finding.Prefix, Value: t.String()}
}
