package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// session ships one file: one goroutine reads and parses, another publishes
// in order.
type session struct {
	p      *Pipeline
	src    *source
	file   File
	lines  *accesslog.Reader // of the pass
	lane   *lane
	end    int64         // of the file, when nobody writes to it any more; or -1
	handed atomic.Int32  // batches read and not yet published
	free   chan struct{} // gets a word when one of them is
	sent   time.Time     // when the last of them was handed on
	first  []byte        // the file's beginning, if reading does not begin there
	small  small         // what is read in smaller batches; changes between passes
}

// small is a stretch of the file whose lines were too large for one message
// together.
type small struct {
	records int   // at most in a batch
	until   int64 // offset of its end
}

// limit is how many records a batch may have that begins at an offset.
func (s small) limit(offset int64) int {
	if offset < s.until {
		return s.records
	}
	return accesslog.DefaultMaxRows
}

// moved is the error that the file has to be read again from another place.
type moved struct {
	from  event.Position
	small small
}

func (m *moved) Error() string { return "the file has to be read again" }

// ship reads from a position and publishes after a sequence until the file
// ends or ctx does.
func (s *session) ship(ctx context.Context, from event.Position, after uint64) error {
	s.lane.after, s.end = after, -1
	for {
		err := s.begin(ctx, from)
		if err == nil {
			err = s.pass(ctx, from)
		}
		var m *moved
		if !errors.As(err, &m) {
			return err
		}
		from, s.small = m.from, m.small
	}
}

// begin makes a reader that knows what stands before a place, and nothing of
// what stands behind it: that may have been read already.
func (s *session) begin(ctx context.Context, from event.Position) (err error) {
	if s.lines, err = accesslog.NewReader(s.src.Log); err != nil {
		return fmt.Errorf("ship %s: %w", s.file.Path(), err)
	}
	s.first = prime(ctx, s.lines, s.file, from.Offset)
	return ctx.Err()
}

// pass is one reading of the file that nothing but its end interrupts.
func (s *session) pass(ctx context.Context, from event.Position) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan *workspace, 1)
	read := make(chan error, 1)
	go func() {
		defer close(ready)
		read <- s.read(ctx, &cutter{file: s.file, lines: s.lines, at: from, first: s.first}, ready)
	}()
	var failed error
	for w := range ready {
		if failed == nil {
			s.lane.raw = &w.raw
			if failed = s.publish(ctx, &w.batch); failed != nil {
				stop()
			}
		}
		s.handed.Add(-1)
		select {
		case s.free <- struct{}{}:
		default: // nobody waits, or somebody has been told already
		}
		s.p.pool.give(w)
	}
	if err := <-read; failed == nil {
		return err
	}
	return failed
}

// read fills batches until the file ends. It owns no workspace while it waits
// for lines.
func (s *session) read(ctx context.Context, c *cutter, ready chan<- *workspace) error {
	for {
		w, err := s.p.pool.take(ctx)
		if err != nil {
			return err
		}
		c.raw = &w.raw
		known, err := s.fill(ctx, c, w)
		if w.batch.Start == w.batch.End {
			s.p.pool.give(w)
		} else {
			// Whoever ranges over ready takes every batch, even after a failure.
			s.handed.Add(1)
			s.sent = time.Now()
			ready <- w
		}
		if errors.Is(err, errStarved) {
			err = s.wait(ctx, c, known)
		}
		if err != nil {
			return err
		}
	}
}

// errStarved: there is no whole record left.
var errStarved = errors.New("no whole record yet")

// publish puts b on the bus and commits its end.
func (s *session) publish(ctx context.Context, b *event.Batch) error {
	if err := s.lane.publish(ctx, b); err != nil {
		return err
	}
	s.src.reached(s.file, end(b))
	s.file.Commit(end(b))
	return nil
}

// fill reads into one batch until it is full or has waited long enough. The
// batch is to be sent whatever the error is.
func (s *session) fill(ctx context.Context, c *cutter, w *workspace) (known int64, err error) {
	b, began := &w.batch, time.Now()
	s.head(b, c.at, began)
	s.lines.Limit(s.small.limit(b.Start))
	defer func() { b.End, b.NextLine = c.at.Offset, c.at.Line }()
	for !s.lines.Full(b) && c.at.Offset-b.Start < s.p.opts.BatchBytes {
		known, starved, err := c.step(w.chunk, b)
		if err != nil {
			return 0, err
		}
		if !starved {
			continue
		}
		if known == s.end {
			if err := c.last(w.chunk, known, b); err != nil {
				return known, err
			}
			return known, io.EOF
		}
		if c.at.Offset == b.Start {
			return known, errStarved
		}
		if over, err := s.linger(ctx, began); over {
			return known, errStarved
		} else if err != nil {
			return known, err
		}
	}
	return known, nil
}

// wait waits for the file to be longer than known. When it will never be, the
// next fill ends it, unless it turns out to be longer after all.
func (s *session) wait(ctx context.Context, c *cutter, known int64) error {
	open, patience := s.lines.Lines() && known > c.at.Offset, time.Duration(0)
	if open {
		patience = s.p.opts.Idle
	}
	err := s.file.Wait(ctx, known, patience)
	switch {
	case errors.Is(err, io.EOF):
		s.end = known
		return nil
	case err == nil && open && s.file.Size() <= known:
		c.idle = known // no line has followed: the record is whole
	}
	return err
}

// linger waits with a batch that is not full. It tells if the wait is over;
// otherwise the file is read once more, since whatever was written meanwhile
// can leave with it. A batch leaves soon, if it is the first for a while, and
// otherwise a whole Linger after the one before, since each costs the same
// however few lines it has. It does not leave before the publisher can take it:
// a line that comes meanwhile would have to wait for two others.
func (s *session) linger(ctx context.Context, began time.Time) (over bool, err error) {
	due := began.Add(s.p.opts.Linger / 5)
	if regular := s.sent.Add(s.p.opts.Linger); regular.After(due) {
		due = regular
	}
	left := time.Until(due)
	if left <= 0 && s.handed.Load() == 0 {
		return true, nil
	}
	for s.handed.Load() > 0 {
		select {
		case <-s.free:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return false, sleep(ctx, time.Until(due))
}

func (s *session) head(b *event.Batch, at event.Position, now time.Time) {
	b.Header = event.Header{
		Source: s.src.Name, Gateway: s.src.Gateway, Kind: s.src.Kind, Direction: s.src.Direction,
		File: s.file.ID(), Path: s.file.Path(), Received: now.UnixNano(),
		Start: at.Offset, FirstLine: at.Line, End: at.Offset, NextLine: at.Line,
	}
}
