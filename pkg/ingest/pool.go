package ingest

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// workspace is the memory that a file needs while it is being read.
type workspace struct {
	batch event.Batch
	chunk []byte
	raw   rawRecords // of the batch's rejected records
}

// pool bounds the memory of all files together: there are only so many
// workspaces, and a file that waits for lines has none.
type pool struct {
	free  chan *workspace
	chunk int
}

func newPool(size, chunk int) *pool {
	p := &pool{free: make(chan *workspace, size), chunk: chunk}
	for range size {
		p.free <- &workspace{}
	}
	return p
}

// take waits for a workspace; its batch is empty.
func (p *pool) take(ctx context.Context) (*workspace, error) {
	select {
	case w := <-p.free:
		if w.chunk == nil {
			w.chunk = make([]byte, p.chunk)
		}
		w.batch.Reset()
		w.raw.reset()
		return w, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) give(w *workspace) { p.free <- w }
