package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// receivedPath stands where a file has its path.
const receivedPath = "received"

// pushLane ships what is pushed for one source, in one goroutine. What it has
// published since its start is one file to everybody else.
type pushLane struct {
	inbox   *Inbox
	src     *source
	whole   bool // a record may have several lines
	lines   *accesslog.Reader
	queue   chan *Letter // senders wait here, nothing lies in it
	backlog atomic.Int64 // bytes taken and not on the bus

	out     lane
	at      event.Position
	limit   int       // records in a batch
	waiting []*Letter // the first of them may be on the bus partly
	batch   event.Batch
	spans   []span   // what of whom is in batch
	records [][]byte // of batch
	places  []int64  // where each of them begins
}

// span is the part of a letter that is in a batch.
type span struct {
	letter   *Letter
	next     int // the first record that is not
	rejected int
}

func newPushLane(i *Inbox, s Source, bus Publisher, log *slog.Logger) (*pushLane, error) {
	lines, err := accesslog.NewReader(s.Log)
	if err != nil {
		return nil, fmt.Errorf("log source %s: %w", s.Name, err)
	}
	l := &pushLane{inbox: i, src: newSource(s), whole: lines.Lines(), lines: lines, queue: make(chan *Letter)}
	l.out = lane{bus: bus, opts: &i.opts.Options, counted: &i.counted, log: log, source: l.src, raw: l}
	return l, nil
}

// run ships until ctx is over, and then what was taken before.
func (l *pushLane) run(ctx context.Context) {
	l.out.file = event.FileID(l.src.Name, 0, 0, epoch(), []byte(receivedPath))
	l.out.after, l.at, l.limit = 0, event.Position{Line: 1}, accesslog.DefaultMaxRows
	lasting, cancel := outliving(ctx, l.inbox.opts.Grace)
	defer cancel()
	for l.gather(ctx) {
		if err := l.ship(lasting); err != nil {
			l.out.log.Warn("what was pushed last is not on the bus; its senders were not told that it is", "letters", len(l.waiting))
			return
		}
	}
}

// gather waits for something to ship, and a little longer for more. It is
// false when there is nothing and ctx is over.
func (l *pushLane) gather(ctx context.Context) bool {
	if len(l.waiting) == 0 {
		select {
		case letter := <-l.queue:
			l.take(letter)
		case <-ctx.Done():
			l.takeNow()
			return len(l.waiting) > 0
		}
		l.linger(ctx)
	}
	l.takeNow()
	return true
}

// linger waits for others to join the batch.
func (l *pushLane) linger(ctx context.Context) {
	timer := time.NewTimer(l.inbox.opts.Linger / 5)
	defer timer.Stop()
	for l.backlog.Load() < l.inbox.opts.BatchBytes {
		select {
		case letter := <-l.queue:
			l.take(letter)
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// takeNow takes the letters of all who wait, up to a batch.
func (l *pushLane) takeNow() {
	for l.backlog.Load() < l.inbox.opts.BatchBytes {
		select {
		case letter := <-l.queue:
			l.take(letter)
		default:
			return
		}
	}
}

func (l *pushLane) take(letter *Letter) {
	l.waiting = append(l.waiting, letter)
	l.backlog.Add(int64(letter.size()))
	l.src.received.Add(uint64(len(letter.records)))
}

// ship publishes one batch of what waits, however long that takes. It fails
// only when ctx is over.
func (l *pushLane) ship(ctx context.Context) error {
	pause := l.out.pause()
	l.fill()
	for len(l.spans) > 0 {
		if l.batch.Rows()+len(l.batch.Rejected) == 0 {
			l.delivered() // comments
			return nil
		}
		done, err := l.out.try(ctx, &l.batch, &pause)
		var m *moved
		switch {
		case errors.As(err, &m):
			l.again(m)
		case err != nil:
			return err
		case done:
			l.delivered()
			return nil
		case l.deserted():
			// Other records get other offsets: whatever the bus may yet have
			// stored under these is not taken for them.
			l.at = end(&l.batch)
			l.fill()
		}
	}
	return nil
}

// again fills the batch as the bus wants it.
func (l *pushLane) again(m *moved) {
	l.at = m.from
	if m.small.records > 0 {
		l.limit = m.small.records
	}
	l.fill()
}

// deserted tells whether a sender of the batch has given up.
func (l *pushLane) deserted() bool {
	for _, s := range l.spans {
		if s.letter.gone.Load() {
			return true
		}
	}
	return false
}

// fill parses what waits into the batch, until that is full.
func (l *pushLane) fill() {
	l.waiting = forget(l.waiting)
	b, at := &l.batch, l.at
	b.Reset()
	b.Header = event.Header{
		Source: l.src.Name, Gateway: l.src.Gateway, Kind: l.src.Kind, Direction: l.src.Direction,
		File: l.out.file, Path: receivedPath, Received: time.Now().UnixNano(), Start: at.Offset, FirstLine: at.Line,
	}
	l.lines.Limit(l.limit)
	l.spans, l.records, l.places = l.spans[:0], l.records[:0], l.places[:0]
	for _, letter := range l.waiting {
		s, before := span{letter: letter, next: letter.next}, len(b.Rejected)
		for s.next < len(letter.records) && !l.lines.Full(b) && at.Offset-b.Start < l.inbox.opts.BatchBytes {
			l.records, l.places = append(l.records, letter.records[s.next]), append(l.places, at.Offset)
			at = l.lines.ReadLast(letter.records[s.next], at, b)
			s.next++
		}
		if s.next == letter.next {
			break
		}
		s.rejected = len(b.Rejected) - before
		l.spans = append(l.spans, s)
	}
	b.End, b.NextLine = at.Offset, at.Line
}

// delivered tells the senders whose records are all on the bus.
func (l *pushLane) delivered() {
	l.at = end(&l.batch)
	l.limit = min(2*l.limit, accesslog.DefaultMaxRows)
	if len(l.batch.Rejected) == 1 && l.batch.Rows() == 0 {
		l.spans[0].rejected = 1 // a single record may have been refused by the bus only
	}
	all := 0
	for _, s := range l.spans {
		bytes := int64(s.letter.size())
		if s.letter.deliver(s.next, s.rejected) {
			l.backlog.Add(-bytes)
			all++
		}
	}
	l.waiting = slices.Delete(l.waiting, 0, all)
	clear(l.records) // they are their senders' again
}

// ReadAt implements Raw for the records of the batch.
func (l *pushLane) ReadAt(p []byte, offset int64) (n int, err error) {
	i, exact := slices.BinarySearch(l.places, offset)
	if !exact {
		i--
	}
	for i = max(0, i); i < len(l.records) && n < len(p); i++ {
		skip := min(max(0, offset+int64(n)-l.places[i]), int64(len(l.records[i])))
		n += copy(p[n:], l.records[i][skip:])
	}
	return n, nil
}
