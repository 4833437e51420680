package service

import (
	"slices"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// keptRoutes are the routes that the detector's consumer has given to batches,
// for the store's, so that they are found out once. There is room for a few
// megabytes of them: what finds none is not kept, and the store's consumer does
// the work itself.
type keptRoutes struct {
	mu      sync.Mutex
	batches []batchRoutes // by sequence
	spare   []batchRoutes // memory of those that were
	bytes   int           // of batches
}

const (
	keptBatches = 32
	keptBytes   = 8 << 20
	// usualBytes is how large a batch's routes may be for their memory to be
	// used again.
	usualBytes = keptBytes / keptBatches
)

// routeFields are the columns that an Assigner writes.
var routeFields = [...]event.TextField{event.Route, event.RouteOrigin, event.API, event.Tags}

// batchRoutes are those columns of a batch.
type batchRoutes struct {
	seq     uint64
	file    string // and start: which batch it is
	start   int64
	rows    int
	columns [len(routeFields)]textColumn
}

type textColumn struct {
	data []byte
	ends []uint32
}

// keep takes a copy of the routes of a batch. Sequences grow; one that comes
// again starts anew.
func (k *keptRoutes) keep(seq uint64, b *event.Batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.batches); n > 0 && k.batches[n-1].seq >= seq {
		k.drop(n)
	}
	if len(k.batches) == keptBatches || k.bytes >= keptBytes {
		return
	}
	var r batchRoutes
	if n := len(k.spare); n > 0 {
		r, k.spare = k.spare[n-1], k.spare[:n-1]
	}
	r.seq, r.file, r.start, r.rows = seq, b.File, b.Start, b.Rows()
	for i, f := range routeFields {
		data, ends := b.TextColumn(f)
		c := &r.columns[i]
		c.data, c.ends = append(c.data[:0], data...), append(c.ends[:0], ends...)
	}
	k.batches = append(k.batches, r)
	k.bytes += r.size()
}

// give writes what is kept of a batch into it, and forgets it and all before
// it. It returns false, and leaves the batch as it is, when nothing is kept.
func (k *keptRoutes) give(seq uint64, b *event.Batch) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	passed := 0
	for passed < len(k.batches) && k.batches[passed].seq < seq {
		passed++
	}
	k.drop(passed)
	if len(k.batches) == 0 || !k.batches[0].isOf(seq, b) {
		return false
	}
	for i, f := range routeFields {
		c := &k.batches[0].columns[i]
		b.SetTextColumn(f, c.data, c.ends)
	}
	k.drop(1)
	return true
}

// drop forgets the first n batches.
func (k *keptRoutes) drop(n int) {
	for i := range n {
		size := k.batches[i].size()
		if k.bytes -= size; size <= usualBytes {
			k.spare = append(k.spare, k.batches[i])
		}
	}
	k.batches = slices.Delete(k.batches, 0, n)
}

func (r *batchRoutes) isOf(seq uint64, b *event.Batch) bool {
	return r.seq == seq && r.file == b.File && r.start == b.Start && r.rows == b.Rows()
}

func (r *batchRoutes) size() (bytes int) {
	for i := range r.columns {
		bytes += len(r.columns[i].data) + 4*len(r.columns[i].ends)
	}
	return bytes
}
