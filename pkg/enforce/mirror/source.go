package mirror

import (
	"context"
	"iter"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Source is a holder of blocks for gateways that keep a copy of their own:
// maps, sets of the kernel, policies. It is safe for concurrent use by any
// number of them.
type Source interface {
	// Next gives the changes after a place, oldest first, and the place after
	// them; it waits until there is one. reset tells that the place is too long
	// ago, or the zero Place: what is held has to be read anew, with Held, and
	// changes after at are newer than what Held then gives, or the same. A
	// change without a target tells but that its segment is at its revision.
	Next(ctx context.Context, after block.Place) (changes []block.Change, at block.Place, reset bool, err error)
	// Held yields all that is live, of all segments, shadow and exemptions
	// included, in no particular order.
	Held() iter.Seq[block.Held]
	// Revisions is the revision of each segment that Held gives, or one that
	// is older. The caller may change the map.
	Revisions() map[string]uint64
}
