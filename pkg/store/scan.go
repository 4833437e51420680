package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// ScanQuery asks for events by the time of their records.
type ScanQuery struct {
	Since, Until time.Time // since inclusive, until exclusive; zero = no bound
	Sources      []string  // none = all
	// Progress is told after each portion how many rows of how many have been
	// read; nil = nobody is.
	Progress func(rows, total int64)
}

// Run is consecutive rows of a batch, To exclusive.
type Run struct {
	Batch    *event.Batch
	From, To int
}

// Portion is one part's share of some rows: all in the order of their times,
// those of one origin in a batch of their own.
type Portion []Run

// Scan reads events back, in the order of their times (those of one time by
// file and offset), a portion of some thousand rows after the other, each
// split into so many parts. Rows of one client are of one part: clients are
// told apart as actors are, IPv6 by /64, and rows without a client are of the
// first part.
//
// fn gets a portion as one Portion for each part, some of which may be empty;
// it may look at them from several goroutines, and they are valid until it
// returns. Meanwhile the next rows are read, so that Scan holds two portions
// and what the driver has buffered, however long the history is. An error of
// fn ends the scan and is returned; so does the end of ctx.
//
// What was masked when it was stored comes back masked. Batches have no
// Received but that of their first row, and no range of bytes.
func (s *Store) Scan(ctx context.Context, q ScanQuery, parts int, fn func([]Portion) error) error {
	if parts < 1 {
		return errors.New("scan events: want at least one part")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	minutes, err := s.minutes(ctx, q)
	if err != nil {
		return fmt.Errorf("scan events: %w", err)
	}
	since, until := scanBounds(q)
	pump := newPump(parts)
	go func() { pump.end(s.pump(ctx, pump, q, slicesOf(minutes, since, until, sliceRows))) }()
	return pump.drain(ctx, cancel, q, total(minutes), fn)
}

// pump reads slice after slice.
func (s *Store) pump(ctx context.Context, p *pump, q ScanQuery, slices []interval) error {
	for _, slice := range slices {
		if err := s.scanSlice(ctx, p, q, slice); err != nil {
			return fmt.Errorf("scan events from %s: %w", time.Unix(0, slice.since).UTC().Format(time.RFC3339), err)
		}
	}
	return nil
}

// scanBlockRows is how many rows the server sends at once, and what a portion
// holds.
const scanBlockRows = 8192

// scanSlice reads one slice.
func (s *Store) scanSlice(ctx context.Context, p *pump, q ScanQuery, slice interval) error {
	return s.blocks(ctx, append(scanArgs(slice, q), named("file", ""), named("offset", uint64(0))), p.block, func() error { return p.put(ctx) })
}

// blocks runs the scan's query and calls fn for each block of the answer.
func (s *Store) blocks(ctx context.Context, args []any, b *nativeBlock, fn func() error) (err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_block_size": scanBlockRows,
		// The newest revision would have the front take each block apart and
		// write it anew.
		"client_protocol_version": 0,
		// A minute may have more rows than fit into memory.
		"max_bytes_before_external_sort": 256 << 20,
	}))
	result, err := s.conn.QueryFormat(ctx, "Native", s.queries["scan"], append(args, named("unknown", event.Unknown))...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	in := newNativeReader(result)
	for {
		err := in.next(b)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && b.rows > 0 {
			err = fn()
		}
		if err != nil {
			return err
		}
	}
}

// EventBatch gives a batch of one row: the event of an id. It wraps
// respond.ErrNotFound without one.
func (s *Store) EventBatch(ctx context.Context, id string) (*event.Batch, error) {
	file, offset, err := event.ParseRecordID(id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", respond.ErrNotFound, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	split := newSplitter(1)
	block := newNativeBlock(split.layout.columns)
	args := append(scanArgs(interval{math.MinInt64, math.MaxInt64}, ScanQuery{}), named("file", file), named("offset", uint64(offset)))
	if err := s.blocks(ctx, args, block, func() error { return split.take(block) }); err != nil {
		return nil, fmt.Errorf("read event %s: %w", id, err)
	}
	if len(split.portions[0]) == 0 {
		return nil, fmt.Errorf("event %s: %w", id, respond.ErrNotFound)
	}
	return split.portions[0][0].Batch, nil
}

func scanArgs(i interval, q ScanQuery) []any {
	return []any{named("since", i.since), named("until", i.until), named("sources", append([]string{}, q.Sources...))}
}

// pump carries portions from the reader to whoever looks at them.
type pump struct {
	block  *nativeBlock
	filled chan *splitter
	spare  chan *splitter
	err    error // why it ended; valid once filled is closed
}

func newPump(parts int) *pump {
	p := &pump{block: newNativeBlock(newScanLayout().columns), filled: make(chan *splitter, 1), spare: make(chan *splitter, 2)}
	for range cap(p.spare) {
		p.spare <- newSplitter(parts)
	}
	return p
}

// put splits the block and hands it over.
func (p *pump) put(ctx context.Context) error {
	select {
	case split := <-p.spare:
		if err := split.take(p.block); err != nil {
			return err
		}
		p.filled <- split // never waits for long: there are two
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *pump) end(err error) {
	p.err = err
	close(p.filled)
}

// drain gives portions to fn until the end, and waits for the reader.
func (p *pump) drain(ctx context.Context, cancel context.CancelFunc, q ScanQuery, total int64, fn func([]Portion) error) error {
	rows := int64(0)
	var failed error
	for split := range p.filled {
		if failed == nil {
			failed = context.Cause(ctx)
		}
		if failed != nil {
			cancel()
			p.spare <- split
			continue
		}
		failed = fn(split.portions)
		if rows += int64(split.rows); q.Progress != nil && failed == nil {
			q.Progress(rows, max(rows, total))
		}
		p.spare <- split
	}
	if failed != nil {
		return failed
	}
	return p.err
}
