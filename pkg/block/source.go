package block

import (
	"context"
	"iter"
	"time"
)

// Source is a holder of blocks for gateways that keep a copy of their own:
// maps, sets of the kernel, policies. It is safe for concurrent use by any
// number of them.
type Source interface {
	// Next gives the changes after a place, oldest first, and the place after
	// them; it waits until there is one. reset tells that the place is too long
	// ago, or the zero Place: what is held has to be read anew, with Held, and
	// changes after at are newer than what Held then gives, or the same.
	Next(ctx context.Context, after Place) (changes []Change, at Place, reset bool, err error)
	// Held yields all that is live, of all segments, shadow and exemptions
	// included, in no particular order.
	Held() iter.Seq[Held]
}

// Place is how far a reader of a Source has come.
type Place uint64

// Change is a delta to a segment, or to what an agent refuses by itself: then
// the segment is empty. What is left of the block is as of the moment at which
// the Source gives it.
type Change struct {
	Segment string
	Delta   Delta
}

// Held is a live block as a Source has it.
type Held struct {
	Segment string
	Target  Target
	Entry   *Entry // may not be changed
	Left    time.Duration
}
