package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
)

// MaxRecords is how many records a Letter may have.
const MaxRecords = 64 << 10

const (
	recordBytes = 24 // that the list of records takes for each
	readBytes   = 32 << 10
)

// errNoRoom: the memory for what is pushed is used up.
var errNoRoom = errors.New("no memory is left for the records")

// Letter is what a sender pushes at once. It belongs to one goroutine, which
// either sends it or drops it.
type Letter struct {
	lane    *pushLane
	data    []byte
	records [][]byte
	held    int64 // of the inbox's memory
	done    chan struct{}
	gone    atomic.Bool // nobody waits for done any more

	// These are the lane's until done is closed.
	next     int // the first record that is not on the bus
	rejected int
}

// Receipt tells what became of a letter.
type Receipt struct {
	Received int // records, all of them on the bus
	Rejected int // those of them that could not be parsed and are quarantined
}

// ReadFrom reads all of r into the letter's memory. It fails with ErrBusy when
// there is no room for it now, and with the errors of r.
func (l *Letter) ReadFrom(r io.Reader) (int64, error) {
	before := len(l.data)
	for {
		if err := l.grow(); err != nil {
			return int64(len(l.data) - before), err
		}
		n, err := r.Read(l.data[len(l.data):cap(l.data)])
		l.data = l.data[:len(l.data)+n]
		if err == io.EOF {
			return int64(len(l.data) - before), nil
		}
		if err != nil {
			return int64(len(l.data) - before), err
		}
	}
}

// grow makes room for more data. It waits for nobody, since who waits holds
// what others wait for.
func (l *Letter) grow() error {
	if len(l.data) < cap(l.data) {
		return nil
	}
	more := max(readBytes, cap(l.data))
	if !l.lane.inbox.room.TryAcquire(int64(more)) {
		return fmt.Errorf("push to %s: %w", l.lane.src.Name, ErrBusy)
	}
	l.held += int64(more)
	data := make([]byte, len(l.data), cap(l.data)+more)
	copy(data, l.data)
	l.data = data
	return nil
}

// Bytes is what ReadFrom has read.
func (l *Letter) Bytes() []byte { return l.data }

// Add adds a record, which is not copied and has to stay as it is until Send
// returns without an error, or for good. One without a byte is left out. It
// fails with ErrTooMany.
func (l *Letter) Add(record []byte) error {
	if len(record) == 0 {
		return nil
	}
	if len(l.records) == MaxRecords {
		return fmt.Errorf("push to %s: %w: at most %d", l.lane.src.Name, ErrTooMany, MaxRecords)
	}
	l.records = append(l.records, record)
	return nil
}

// AddLines adds the lines of a text, or all of it as one record where a record
// may have several lines. Blank lines are left out.
func (l *Letter) AddLines(text []byte) error {
	if l.lane.whole {
		return l.Add(bytes.TrimSpace(text))
	}
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		if err := l.Add(bytes.TrimSuffix(line, []byte{'\r'})); err != nil {
			return err
		}
	}
	return nil
}

// Len is the number of records.
func (l *Letter) Len() int { return len(l.records) }

// Send returns when all records are on the bus. It fails with ErrBusy when ctx
// is over before, or when the letter was read into the inbox's memory and
// there is none left for the list of its records: the sender then has to send
// the same again. A letter is sent once.
func (l *Letter) Send(ctx context.Context) (Receipt, error) {
	if len(l.records) == 0 {
		l.Drop()
		return Receipt{}, nil
	}
	if err := l.reserve(ctx); err != nil {
		return Receipt{}, l.busy(err)
	}
	select {
	case l.lane.queue <- l:
	case <-ctx.Done():
		l.Drop()
		return Receipt{}, l.busy(ctx.Err())
	}
	select {
	case <-l.done:
		return Receipt{Received: len(l.records), Rejected: l.rejected}, nil
	case <-ctx.Done():
		l.gone.Store(true)
		return Receipt{}, l.busy(ctx.Err())
	}
}

func (l *Letter) busy(err error) error {
	return fmt.Errorf("push to %s: %w: %w", l.lane.src.Name, ErrBusy, err)
}

// reserve takes what the records need of the inbox's memory beside what is
// held already. It waits only for a letter that holds none, see grow.
func (l *Letter) reserve(ctx context.Context) error {
	inbox := l.lane.inbox
	need := int64(len(l.records)) * recordBytes
	if l.held > 0 {
		need = min(need, inbox.opts.MaxBytes-l.held)
		if !inbox.room.TryAcquire(need) {
			l.Drop()
			return errNoRoom
		}
	} else {
		need = min(need+int64(l.size()), inbox.opts.MaxBytes)
		if err := inbox.room.Acquire(ctx, need); err != nil {
			return err
		}
	}
	l.held += need
	return nil
}

func (l *Letter) size() int {
	n := 0
	for _, r := range l.records {
		n += len(r)
	}
	return n
}

// Drop gives back the memory of a letter that is not sent. It may be called
// again, and after Send.
func (l *Letter) Drop() {
	if l.gone.Load() || l.next > 0 {
		return
	}
	l.release()
}

func (l *Letter) release() {
	l.lane.inbox.room.Release(l.held)
	l.held, l.data = 0, nil
}

// deliver notes that the records before next are on the bus, and tells the
// sender when they are all.
func (l *Letter) deliver(next, rejected int) (all bool) {
	l.next = next
	l.rejected += rejected
	if next < len(l.records) {
		return false
	}
	l.release()
	close(l.done)
	return true
}

// forget drops the letters whose senders have gone.
func forget(letters []*Letter) []*Letter {
	return slices.DeleteFunc(letters, func(l *Letter) bool {
		if !l.gone.Load() {
			return false
		}
		l.lane.backlog.Add(-int64(l.size()))
		l.release()
		return true
	})
}
