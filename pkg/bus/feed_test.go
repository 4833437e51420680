package bus

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// reader holds what a reader of the feed has made of it.
type reader struct {
	feed   *Blocks
	cursor uint64
	resets int
	held   map[string]uint64 // revision by key
	seen   map[uint64]int    // edits by cursor
	faults []string
}

func newReader(l *Blocks) *reader {
	return &reader{feed: l, held: map[string]uint64{}, seen: map[uint64]int{}}
}

// poll takes what is new and tells whether there was anything.
func (r *reader) poll() bool {
	edits, next, reset := r.feed.Since(r.cursor)
	if reset {
		r.resets++
		clear(r.held)
	}
	if next < r.cursor {
		r.faults = append(r.faults, fmt.Sprintf("cursor %d after %d", next, r.cursor))
	}
	for _, e := range edits {
		r.take(e, reset)
	}
	r.cursor = next
	return len(edits) > 0
}

func (r *reader) take(e block.Edit, reset bool) {
	if !reset && e.Cursor <= r.cursor {
		r.faults = append(r.faults, fmt.Sprintf("edit %d after cursor %d", e.Cursor, r.cursor))
	}
	r.seen[e.Cursor]++
	if e.Old != nil {
		if r.held[e.Old.Key()] != e.Old.Revision {
			r.faults = append(r.faults, fmt.Sprintf("edit %d ends block %s, revision %d, which nobody put", e.Cursor, e.Old.ID, e.Old.Revision))
		}
		delete(r.held, e.Old.Key())
	}
	if e.Block != nil {
		r.held[e.Block.Key()] = e.Block.Revision
	}
}

// follow polls until done is closed and nothing is new any more.
func (r *reader) follow(done <-chan struct{}) {
	for {
		changed := r.feed.Changed()
		if r.poll() {
			continue
		}
		select {
		case <-changed:
		case <-done:
			r.poll()
			return
		}
	}
}

// The race that other systems have: a block whose change becomes visible late
// lies before the cursor of a reader that has asked meanwhile.
func TestFeedLosesNothingInAWriteRace(t *testing.T) {
	const writers, batches, size = 4, 25, 200
	w := start(t, where{dir: t.TempDir()})
	w.put(t, blockOn(block.All, "192.0.2.1"))
	readers := make([]*reader, 3)
	done := make(chan struct{})
	var reading, writing sync.WaitGroup
	for i := range readers {
		readers[i] = newReader(w.Blocks())
		readers[i].poll()
		reading.Go(func() { readers[i].follow(done) })
	}
	for n := range writers {
		writing.Go(func() { writeBatches(t.Context(), t, w.Blocks(), n, batches, size) })
	}
	writing.Wait()
	close(done)
	reading.Wait()
	for _, r := range readers {
		r.compare(t, writers*batches*size)
	}
}

// writeBatches puts batches, replaces one block of each and removes another.
func writeBatches(ctx context.Context, t *testing.T, l *Blocks, writer, batches, size int) {
	for n := range batches {
		list := make([]block.Block, 0, size)
		for i := range size {
			list = append(list, blockOn(fmt.Sprintf("s%d", writer%2), address(writer<<20+n*size+i)))
		}
		outcomes := l.PutAll(ctx, list)
		for _, o := range outcomes {
			if o.Err != nil {
				t.Error(o.Err)
				return
			}
		}
		longer := outcomes[0].Block
		longer.LifetimeSeconds *= 2
		if _, err := l.Replace(ctx, outcomes[0].Block, longer); err != nil {
			t.Error(err)
		}
		if err := l.Remove(ctx, outcomes[1].Block); err != nil {
			t.Error(err)
		}
	}
}

// compare checks that a reader has put everything once and ends with what the
// blocklist holds.
func (r *reader) compare(t *testing.T, put int) {
	t.Helper()
	for _, fault := range r.faults {
		t.Error(fault)
	}
	twice := 0
	for _, n := range r.seen {
		if n > 1 {
			twice++
		}
	}
	// Each batch has an edit for every block, one replaced and one removed; one
	// block was there before.
	if want := 1 + put + put/100; len(r.seen) != want || twice != 0 {
		t.Errorf("%d edits, %d of them twice; want %d", len(r.seen), twice, want)
	}
	list := r.feed.List()
	for _, b := range list {
		if r.held[b.Key()] != b.Revision {
			t.Errorf("of %s the reader has revision %d, want %d", b.Target, r.held[b.Key()], b.Revision)
		}
	}
	if len(list) != len(r.held) || r.resets != 1 {
		t.Errorf("the reader has %d blocks after %d resets, want %d after 1", len(r.held), r.resets, len(list))
	}
}

func TestFeedTellsWhatEnded(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	r := newReader(w.Blocks())
	r.poll()
	b := blockOn("eu", "192.0.2.1")
	b.LifetimeSeconds = 1
	stored := w.put(t, b)
	var last block.Edit
	eventually(t, "the end of the block is told", func() bool {
		edits, _, _ := w.Blocks().Since(stored.Revision)
		if len(edits) > 0 {
			last = edits[0]
		}
		return len(edits) > 0
	})
	if last.Block != nil || last.Old == nil || last.Old.ID != b.ID || last.Old.Reason != b.Reason {
		t.Errorf("edit %+v, want the end of %+v", last, b)
	}
}

func TestFeedGoesOnAfterARestart(t *testing.T) {
	at := where{dir: t.TempDir()}
	w := start(t, at)
	r := newReader(w.Blocks())
	w.put(t, blockOn("eu", "192.0.2.1"))
	gone := w.put(t, blockOn("eu", "192.0.2.2"))
	r.poll()
	if err := w.Blocks().Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	behind := r.cursor
	r.poll()
	w.stop()
	w = start(t, at)
	r.feed, r.resets = w.Blocks(), 0
	if r.poll() || r.resets != 0 {
		t.Errorf("a reader that has everything gets something after a restart, %d resets", r.resets)
	}
	r.cursor = behind
	if r.poll(); r.resets != 1 || len(r.held) != 1 {
		t.Errorf("a reader that missed something: %d resets, %d blocks; want 1 and 1", r.resets, len(r.held))
	}
	if freed := w.Blocks().Freed(); len(freed) != 1 || freed[0].Key() != gone.Key() {
		t.Errorf("blocks have ended at %+v, want %s", freed, gone.Key())
	}
	w.put(t, blockOn("eu", "192.0.2.2"))
	if freed := w.Blocks().Freed(); len(freed) != 0 {
		t.Errorf("blocks have ended at %+v, and one is there again", freed)
	}
}

func TestFeedForgetsOldEdits(t *testing.T) {
	var f feed
	for n := range uint64(3 * feedSize) {
		f.add(block.Edit{Cursor: n + 1})
	}
	if _, ok := f.after(1); ok {
		t.Error("the edits after the first are still known")
	}
	if edits, ok := f.after(2 * feedSize); !ok || len(edits) != feedSize || edits[0].Cursor != 2*feedSize+1 {
		t.Errorf("%d edits, %v", len(edits), ok)
	}
	if edits, ok := f.after(3 * feedSize); !ok || len(edits) != 0 {
		t.Errorf("after the last: %d edits, %v", len(edits), ok)
	}
	if _, ok := f.after(3*feedSize + 1); ok {
		t.Error("a cursor that was never given is taken")
	}
}

// boardOf is a board as it is read from a bucket that holds these blocks.
func boardOf(applied uint64, blocks ...block.Block) *board {
	d := newBoard()
	for _, b := range blocks {
		d.keep(entry{key: b.Key(), segment: b.Segment, delta: block.DeltaOf(&b, b.CreatedAt), block: &b})
	}
	d.applied = applied
	return d
}

func revised(addr string, revision uint64) block.Block {
	b := blockOn("eu", addr)
	b.Revision, b.CreatedAt = revision, time.Now()
	return b
}

// While the bus was away nobody saw the changes one by one.
func TestFeedGoesOnAfterRereading(t *testing.T) {
	d := newBoard()
	d.replace(boardOf(3, revised("192.0.2.1", 1), revised("192.0.2.2", 2), revised("192.0.2.3", 3)))
	d.replace(boardOf(6, revised("192.0.2.1", 1), revised("192.0.2.2", 5)))
	edits, next, reset := d.editsSince(3)
	if reset || next != 6 || len(edits) != 2 {
		t.Fatalf("%d edits, next %d, reset %v; want 2, 6, false", len(edits), next, reset)
	}
	if e := edits[0]; e.Cursor != 5 || e.Block.Revision != 5 || e.Old.Revision != 2 {
		t.Errorf("first edit %+v", e)
	}
	if e := edits[1]; e.Cursor != 6 || e.Block != nil || e.Old.Revision != 3 {
		t.Errorf("second edit %+v", e)
	}
	if edits, _, reset := d.editsSince(6); reset || len(edits) != 0 {
		t.Errorf("after all of it: %d edits, reset %v", len(edits), reset)
	}
	d.replace(boardOf(4, revised("192.0.2.9", 4))) // a backup
	if edits, next, reset := d.editsSince(4); !reset || next != 4 || len(edits) != 1 {
		t.Errorf("after a backup: %d edits, next %d, reset %v; want all anew", len(edits), next, reset)
	}
}
