package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// lane appends batches to the bus in the name of one file, in order and each
// once. It belongs to one goroutine.
type lane struct {
	bus     Publisher
	opts    *Options
	counted *counters
	log     *slog.Logger
	source  *source
	file    string
	raw     Raw    // reads the file; nil where the keeper gets nothing
	after   uint64 // sequence of the file's last message
}

// publish puts b on the bus, however long that takes. It returns an error only
// when ctx is over or the records of b have to be read again.
func (l *lane) publish(ctx context.Context, b *event.Batch) error {
	pause := l.pause()
	for {
		if done, err := l.try(ctx, b, &pause); done || err != nil {
			return err
		}
	}
}

// try publishes b once. done tells that it is on the bus; without an error it
// was not stored, and pause has been waited for.
func (l *lane) try(ctx context.Context, b *event.Batch, pause *pause) (done bool, err error) {
	l.keep(b)
	if l.source.Mask != nil {
		l.source.Mask(b)
	}
	sequence, err := l.bus.Publish(ctx, b, l.after)
	if err == nil {
		l.acknowledged(b, sequence)
		return true, nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return l.failed(ctx, b, err, pause)
}

// failed decides what follows a failed publish: done, when b turns out to be
// on the bus; an error to give up this reading; or else another try.
func (l *lane) failed(ctx context.Context, b *event.Batch, cause error, pause *pause) (done bool, err error) {
	switch {
	case errors.Is(cause, ErrTooLarge):
		return false, l.tooLarge(ctx, b, pause)
	case errors.Is(cause, ErrFull):
		l.counted.full.Add(1)
		if !l.counted.blocked.Swap(true) {
			l.log.Warn("the bus is full: reading stops until there is room", "error", cause)
		}
		return false, pause.wait(ctx)
	case errors.Is(cause, ErrFenced):
		l.counted.fenced.Add(1)
		l.log.Info("the bus has this file up to another place", "offset", b.Start)
	default:
		l.counted.retries.Add(1)
		pause.warn(l.log, "publishing failed, it is tried again", cause)
	}
	return l.settle(ctx, b, pause)
}

// settle asks the bus how far it has the file, after a publish whose outcome
// is unknown.
func (l *lane) settle(ctx context.Context, b *event.Batch, pause *pause) (done bool, err error) {
	// Even a fenced publish waits: two that publish one file must not spin.
	if err := pause.wait(ctx); err != nil {
		return false, err
	}
	mark, err := l.last(ctx)
	if err != nil {
		return false, err
	}
	l.after = mark.Sequence
	switch {
	case mark.End.Offset <= b.Start:
		return false, nil
	case mark.End.Offset == b.End:
		l.acknowledged(b, mark.Sequence)
		return true, nil
	}
	return false, &moved{from: mark.End}
}

// tooLarge has the lines of b read again in batches of half as many, and what
// follows them as usual; a single record that is too large becomes a
// quarantined one.
func (l *lane) tooLarge(ctx context.Context, b *event.Batch, pause *pause) error {
	l.counted.split.Add(1)
	if records := b.Rows() + len(b.Rejected); records > 1 {
		return &moved{from: start(b), small: small{records: (records + 1) / 2, until: b.End}}
	}
	if b.Rows() == 0 {
		pause.warn(l.log, "the bus refuses even one quarantined record: raise its payload limit", ErrTooLarge)
		return pause.wait(ctx)
	}
	quarantine(b)
	return nil
}

// quarantine replaces the only row of b.
func quarantine(b *event.Batch) {
	head := b.Header
	at := event.Position{Offset: b.Number(event.Offset, 0), Line: b.Number(event.Line, 0)}
	length, path := b.Number(event.Length, 0), append([]byte(nil), b.Text(event.Path, 0)...)
	b.Reset()
	b.Header = head
	b.Reject(at, length, string(accesslog.TooLargeForBus), path)
}

func (l *lane) acknowledged(b *event.Batch, sequence uint64) {
	l.after = sequence
	l.counted.batches.Add(1)
	l.source.acknowledged(b)
	if l.counted.blocked.Swap(false) {
		l.log.Info("the bus has room again")
	}
}

// last asks the bus how far it has the file, until it answers.
func (l *lane) last(ctx context.Context) (Mark, error) {
	pause := l.pause()
	for {
		mark, err := l.bus.Last(ctx, l.source.Name, l.file)
		if err == nil {
			return mark, nil
		}
		if ctx.Err() != nil {
			return Mark{}, ctx.Err()
		}
		l.counted.retries.Add(1)
		pause.warn(l.log, "the bus does not tell how far it has the file, it is asked again", err)
		if err := pause.wait(ctx); err != nil {
			return Mark{}, err
		}
	}
}

func (l *lane) pause() pause { return pause{least: l.opts.MinPatience, most: l.opts.MaxPatience} }

// pause doubles from the least to the most.
type pause struct {
	least, most time.Duration
	next        time.Duration
	warned      bool
}

func (p *pause) wait(ctx context.Context) error {
	p.next = min(max(2*p.next, p.least), p.most)
	return sleep(ctx, p.next)
}

// sleep waits, unless ctx is over.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// warn logs the first of a run of failures.
func (p *pause) warn(log *slog.Logger, message string, err error) {
	if !p.warned {
		p.warned = true
		log.Warn(message, "error", err)
	}
}
