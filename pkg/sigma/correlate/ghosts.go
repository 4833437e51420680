package correlate

import "math/bits"

// ghosts remember, without being sure, which groups were forgotten for want of
// room after their first event. One that comes again is known, and no longer
// competes with those that come once: so who comes seldom is found among a
// flood, although later than without.
type ghosts []uint32

// perGroup is how many ghosts there are for each group that there may be: 32
// bytes, which come on top of the engine's bounds, at the first shortage.
const (
	perGroup  = 8
	maxGhosts = 1 << 23
)

// newGhosts makes room; its number of places is a power of two.
func newGhosts(groups int) ghosts {
	return make(ghosts, 1<<bits.Len(uint(min(groups, maxGhosts/perGroup)*perGroup-1)))
}

func (g ghosts) add(hash uint64) { g[hash%uint64(len(g))] = uint32(hash>>32) | 1 }

// take tells whether a hash is remembered, and forgets it.
func (g ghosts) take(hash uint64) bool {
	if len(g) == 0 || g[hash%uint64(len(g))] != uint32(hash>>32)|1 {
		return false
	}
	g[hash%uint64(len(g))] = 0
	return true
}
