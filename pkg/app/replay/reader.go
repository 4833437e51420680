package replay

import (
	"context"
	"fmt"
	"io"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

// reader parses one file a few batches ahead of the player.
type reader struct {
	path   string
	file   string // identity: it has to be stable over replays, so it is made of the path
	parsed chan *event.Batch
	free   chan *event.Batch
	format string // valid once parsed is closed
}

// ahead is how many batches are parsed before they are played.
const ahead = 3

func newReader(path string, index int) *reader {
	r := &reader{
		path: path, file: event.FileID("replay", 0, uint64(index), 0, []byte(path)),
		parsed: make(chan *event.Batch, ahead+1), free: make(chan *event.Batch, ahead+1),
	}
	for range ahead + 1 {
		r.free <- &event.Batch{}
	}
	return r
}

func (r *reader) run(ctx context.Context, o Options) error {
	defer close(r.parsed)
	in, err := r.open(o)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer func() { _ = in.Close() }() // read only
	head := event.Header{Source: "replay", Gateway: "replay", Kind: o.Kind, File: r.file, Path: r.path}
	err = ingest.ReadAll(in, head, o.Log, func(b *event.Batch) error { return r.pass(ctx, b) })
	if err != nil {
		return fmt.Errorf("replay: %w", err) // it names the file
	}
	return nil
}

func (r *reader) open(o Options) (io.ReadCloser, error) {
	if r.path == "-" {
		return tailer.Finished(o.Input, o.Progress)
	}
	return tailer.OpenFinished(r.path, o.Progress)
}

// pass gives a batch to the player and takes an empty one in its place.
func (r *reader) pass(ctx context.Context, b *event.Batch) error {
	r.format = b.Format
	select {
	case empty := <-r.free:
		*empty, *b = *b, *empty
		r.parsed <- empty // never waits: there is a place for each batch, even when nobody plays them
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
