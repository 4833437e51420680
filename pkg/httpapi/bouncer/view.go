package bouncer

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Feed is the blocklist with its changes: bus.Blocks.
type Feed interface {
	// Since gives the edits after a cursor, in one order that no writer can
	// upset; reset: they are all live blocks.
	Since(cursor uint64) (edits []block.Edit, next uint64, reset bool)
	// Freed lists where a block has ended of late and none is now, in no order,
	// of before this process began too: of these blocks no more is known than
	// their segment and target.
	Freed() []block.Block
}

// maxChanges is how many changes of a view are remembered.
const maxChanges = 1 << 16

// view is the decisions of some segments, as their bouncers see them, with a
// revision that each change raises. It is safe for concurrent use.
type view struct {
	feed    Feed
	holds   func(segment string) bool
	mu      sync.Mutex // for all below
	begun   bool       // the blocklist has been read
	cursor  uint64
	exempt  map[string]netip.Prefix // by key
	allow   *block.Allowlist        // of exempt
	blocks  map[string]*block.Block // by key
	at      map[string][]place      // where the block of a key is
	current map[place][]decision    // longest first
	changes []changed               // oldest first
	floor   uint64                  // revision before the oldest change
	last    uint64                  // revision of the latest
}

type changed struct {
	revision uint64
	place    place
	was      decision // that bouncers may hold still
}

func newView(f Feed, holds func(segment string) bool) *view {
	v := &view{feed: f, holds: holds}
	v.clear()
	return v
}

func (v *view) clear() {
	v.exempt, v.allow = map[string]netip.Prefix{}, nil
	v.blocks, v.at, v.current = map[string]*block.Block{}, map[string][]place{}, map[place][]decision{}
}

// refresh takes what has changed in the blocklist. The caller holds mu.
func (v *view) refresh() {
	edits, next, reset := v.feed.Since(v.cursor)
	if reset {
		v.restart(edits)
	} else {
		for i := range edits {
			v.take(&edits[i])
		}
	}
	v.cursor = next
}

// restart takes all blocks anew; what is gone meanwhile counts as changed.
func (v *view) restart(edits []block.Edit) {
	old := v.current
	v.clear()
	first := !v.begun
	v.begun = true
	for i := range edits {
		if b := edits[i].Block; b != nil && v.holds(b.Segment) {
			v.keep(b)
		}
	}
	v.allowAnew()
	for key, b := range v.blocks {
		v.put(key, b)
	}
	if first {
		v.changes, v.floor = nil, v.last
		return
	}
	for p, was := range old {
		if !slices.Equal(was, v.current[p]) {
			v.note(p, was[0])
		}
	}
	for p := range v.current {
		if len(old[p]) == 0 {
			v.note(p, decision{})
		}
	}
}

// keep takes note of a block, and tells whether it is an exemption that says
// something new.
func (v *view) keep(b *block.Block) (exemption bool) {
	switch {
	case b.Target.Exemption() && b.Target.Plain() && b.Mode == block.Enforce:
		v.exempt[b.Key()] = b.Target.Prefix()
		return true
	case sent(b):
		v.blocks[b.Key()] = b
	}
	return false
}

func (v *view) allowAnew() {
	v.allow = nil
	if len(v.exempt) > 0 {
		prefixes := make([]netip.Prefix, 0, len(v.exempt))
		for _, p := range v.exempt {
			prefixes = append(prefixes, p)
		}
		v.allow = block.NewAllowlist(prefixes)
	}
}

// take applies one edit.
func (v *view) take(e *block.Edit) {
	b := e.Block
	if b == nil {
		b = e.Old
	}
	if b == nil || !v.holds(b.Segment) {
		return
	}
	key := b.Key()
	_, wasExempt := v.exempt[key]
	v.remove(key)
	delete(v.blocks, key)
	delete(v.exempt, key)
	isExempt := e.Block != nil && v.keep(e.Block)
	if isExempt || wasExempt {
		v.cutAnew(b.Target.Prefix())
		return
	}
	if kept := v.blocks[key]; kept != nil {
		v.put(key, kept)
		v.noteAll(key, decision{})
	}
}

// cutAnew puts the blocks that overlap an exemption, which has come or gone.
func (v *view) cutAnew(exempt netip.Prefix) {
	v.allowAnew()
	for key, b := range v.blocks {
		if b.Target.Plain() && b.Target.Prefix().Overlaps(exempt) {
			v.remove(key)
			v.put(key, b)
			v.noteAll(key, decision{})
		}
	}
}

// put adds a block's decision where it belongs.
func (v *view) put(key string, b *block.Block) {
	places := placesOf(b.Target, v.allow)
	v.at[key] = places
	d := decisionOf(b)
	for _, p := range places {
		list := append(slices.Clone(v.current[p]), d)
		slices.SortFunc(list, func(a, b decision) int { return b.until.Compare(a.until) })
		v.current[p] = list
	}
}

// remove takes the decision of a block away, and notes that.
func (v *view) remove(key string) {
	b := v.blocks[key]
	if b == nil {
		return
	}
	for _, p := range v.at[key] {
		list := slices.DeleteFunc(slices.Clone(v.current[p]), func(d decision) bool { return d.id == b.ID })
		if len(list) == 0 {
			delete(v.current, p)
		} else {
			v.current[p] = list
		}
		v.note(p, decisionOf(b))
	}
	delete(v.at, key)
}

func (v *view) noteAll(key string, was decision) {
	for _, p := range v.at[key] {
		v.note(p, was)
	}
}

// note remembers that a place has changed.
func (v *view) note(p place, was decision) {
	v.last++
	v.changes = append(v.changes, changed{v.last, p, was})
	if over := len(v.changes) - maxChanges; over >= maxChanges {
		v.floor = v.changes[over-1].revision
		v.changes = append(make([]changed, 0, 2*maxChanges), v.changes[over:]...)
	}
}
