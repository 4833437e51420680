package ingest

import "github.com/honeymoat/honeymoat/pkg/event"

// Keeper keeps the raw bytes of records that could not be parsed, so that they
// can be read again once the parser or the mapping is mended.
type Keeper interface {
	// Keep takes the raw bytes of b.Rejected from raw. It is called with every
	// batch before that is published, and once more each time it is published
	// again; batches of a file come in order. What was kept before of the bytes
	// that b covers, and is not rejected any more, is forgotten. What cannot be
	// kept is counted by the keeper: shipping goes on without it.
	//
	// It may be called from several goroutines, and does not hold on to b.
	Keep(b *event.Batch, raw Raw)
}

// Raw reads the bytes of a batch's rejected records, and the file's beginning as
// far as it is known: a short read means that there is no more of either.
type Raw interface {
	ReadAt(p []byte, offset int64) (int, error)
}

// keep hands b to the keeper, if there is one and it can read the records.
func (l *lane) keep(b *event.Batch) {
	if l.opts.Keeper != nil && l.raw != nil {
		l.opts.Keeper.Keep(b, l.raw)
	}
}
