package detect

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// memory is a set of keys with the time of their last mention, bounded in
// number and in age. Time is the records', so it moves only when they do.
type memory[K cmp.Ordered] struct {
	max    int
	keep   time.Duration
	seen   map[K]time.Time
	latest time.Time
}

func newMemory[K cmp.Ordered](max int, keep time.Duration) *memory[K] {
	return &memory[K]{max: max, keep: keep, seen: map[K]time.Time{}}
}

// put mentions a key.
func (m *memory[K]) put(k K, at time.Time) {
	if at.After(m.seen[k]) {
		m.seen[k] = at
	}
	if at.After(m.latest) {
		m.latest = at
	}
	if len(m.seen) > m.max {
		m.shrink()
	}
}

func (m *memory[K]) has(k K) bool {
	_, ok := m.seen[k]
	return ok
}

// hasAt tells whether k was mentioned, not too long before at.
func (m *memory[K]) hasAt(k K, at time.Time) bool {
	last, ok := m.seen[k]
	return ok && at.Sub(last) <= m.keep
}

// shrink forgets what is too old, and the oldest down to nine tenths, so that
// the cost of sorting is spread over many puts. Ties are broken by key, so
// that equal histories leave equal memories.
func (m *memory[K]) shrink() {
	keys := slices.SortedFunc(maps.Keys(m.seen), func(a, b K) int {
		return cmp.Or(m.seen[a].Compare(m.seen[b]), cmp.Compare(a, b))
	})
	for _, k := range keys {
		if len(m.seen) <= m.max*9/10 && m.latest.Sub(m.seen[k]) <= m.keep {
			return
		}
		delete(m.seen, k)
	}
}
