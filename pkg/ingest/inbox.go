package ingest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Errors that an Inbox wraps.
var (
	// ErrNoSource: no source of this name takes what is pushed.
	ErrNoSource = errors.New("no such source takes pushed records")
	// ErrBusy: the sender is to try again. What it sent is not acknowledged;
	// some of it may be on the bus.
	ErrBusy = errors.New("too much is waiting for the bus")
	// ErrTooMany: a letter has no room for another record.
	ErrTooMany = errors.New("too many records at once")
)

// InboxOptions tune an Inbox; zero values take the defaults.
type InboxOptions struct {
	Options // Workspaces is for files only
	// MaxBytes bounds what senders have pushed and the bus does not have yet,
	// over all of them; default 64 MiB.
	MaxBytes int64
	// Grace is how long Run goes on for what has been accepted; default 5 s.
	Grace time.Duration
}

func (o *InboxOptions) defaults() {
	o.Options.defaults()
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
}

// Inbox ships the records that senders push. Each source has a lane of its
// own, which puts the records of all senders that wait at the same time into
// one batch. A sender hears that its records were accepted once they are
// durable on the bus: what is then lost was never acknowledged, and a sender
// that tries again may repeat what its first try had left behind.
//
// All methods are safe for concurrent use.
type Inbox struct {
	opts    InboxOptions
	lanes   map[string]*pushLane
	room    *semaphore.Weighted // bytes
	counted counters
}

// NewInbox makes an inbox for sources. It fails on a source with a mistake or
// two sources of one name.
func NewInbox(o InboxOptions, sources []Source, bus Publisher, log *slog.Logger) (*Inbox, error) {
	o.defaults()
	i := &Inbox{opts: o, lanes: map[string]*pushLane{}, room: semaphore.NewWeighted(o.MaxBytes)}
	for _, s := range sources {
		if err := s.check(); err != nil {
			return nil, err
		}
		if i.lanes[s.Name] != nil {
			return nil, fmt.Errorf("two log sources are called %s", s.Name)
		}
		lane, err := newPushLane(i, s, bus, log.With("source", s.Name))
		if err != nil {
			return nil, err
		}
		i.lanes[s.Name] = lane
	}
	return i, nil
}

// Run ships until ctx is over and what was accepted by then is on the bus, or
// the grace is over too. It may be called again after it has returned.
func (i *Inbox) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, l := range i.lanes {
		wg.Go(func() { l.run(ctx) })
	}
	wg.Wait()
	return ctx.Err()
}

// Letter begins what a sender of a source pushes at once. It fails with
// ErrNoSource.
func (i *Inbox) Letter(source string) (*Letter, error) {
	lane := i.lanes[source]
	if lane == nil {
		return nil, fmt.Errorf("push to %q: %w", source, ErrNoSource)
	}
	return &Letter{lane: lane, done: make(chan struct{})}, nil
}

// Dropped counts records that were received and could not wait.
func (i *Inbox) Dropped(source string, records int) {
	if lane := i.lanes[source]; lane != nil {
		lane.src.dropped.Add(uint64(records))
	}
}

// Stats gives the counters.
func (i *Inbox) Stats() Stats {
	st := i.counted.stats()
	for name, l := range i.lanes {
		s := l.src.stats()
		s.Lag = l.backlog.Load()
		st.Sources[name] = s
	}
	return st
}

// epoch is a number that no other start draws: records that are pushed after
// a restart belong to another file.
func epoch() uint64 {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails
	return binary.LittleEndian.Uint64(raw[:])
}

// outliving is a context that ends a while after another one.
func outliving(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
