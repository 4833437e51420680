package lists

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// gather is how long somebody who waits for a change waits for what comes with
// it: blocks come in batches, and a list with the first of them helps nobody.
const gather = 50 * time.Millisecond

// sheet is a list as it is asked for.
type sheet struct {
	segment string
	format  Format
	zipped  bool
}

// state is the versions of all segments at one moment.
type state struct {
	changed  <-chan struct{} // closed by the next change
	versions map[string]block.Version
}

// states tells how the blocklist stands. It asks once for each change, however
// many wait for it, and is safe for concurrent use.
type states struct {
	blocks Blocks
	mu     sync.Mutex
	last   state
}

func (s *states) now() state {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.changed != nil {
		select {
		case <-s.last.changed:
		default:
			return s.last
		}
	}
	changed := s.blocks.Changed() // before the versions, so that no change falls between
	s.last = state{changed, s.blocks.Versions()}
	return s.last
}

// zippedEnd is how the tags of packed lists end: other bytes have another tag.
const zippedEnd = `-gzip"`

// tag names a state of a list.
func (s state) tag(of sheet) string {
	own, all := s.versions[of.segment], s.versions[block.All]
	end := `"`
	if of.zipped {
		end = zippedEnd
	}
	return fmt.Sprintf(`"%x-%x-%x-%x-%s%s`, own.Revision, own.Hash, all.Revision, all.Hash, of.format, end)
}

// same tells whether a list is the same in two states.
func (s state) same(other state, segment string) bool {
	return s.versions[segment] == other.versions[segment] && s.versions[block.All] == other.versions[block.All]
}

// await gives the tag of a list, once it is another than the one that is held,
// or time is up.
func (s *states) await(ctx context.Context, of sheet, held string, wait time.Duration) string {
	now := s.now()
	tag := now.tag(of)
	if wait <= 0 || !matches(held, tag) {
		return tag
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for then := now; then.same(now, of.segment); then = s.now() {
		select {
		case <-then.changed:
			pause(ctx, gather)
		case <-ctx.Done():
			return s.now().tag(of)
		}
	}
	return s.now().tag(of)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
