package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// publish puts b on the bus and commits its end, however long that takes. It
// returns an error only when ctx is over or the file has to be read again.
func (s *session) publish(ctx context.Context, b *event.Batch) error {
	pause := pause{least: s.p.opts.MinPatience, most: s.p.opts.MaxPatience}
	for {
		sequence, err := s.p.bus.Publish(ctx, b, s.after)
		if err == nil {
			s.acknowledged(b, sequence)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done, err := s.failed(ctx, b, err, &pause)
		if done || err != nil {
			return err
		}
	}
}

// failed decides what follows a failed publish: done, when b turns out to be
// on the bus; an error to give up this reading; or else another try.
func (s *session) failed(ctx context.Context, b *event.Batch, cause error, pause *pause) (done bool, err error) {
	switch {
	case errors.Is(cause, ErrTooLarge):
		return false, s.tooLarge(ctx, b, pause)
	case errors.Is(cause, ErrFull):
		s.p.counted.full.Add(1)
		if !s.p.counted.blocked.Swap(true) {
			s.log.Warn("the bus is full: reading stops until there is room", "error", cause)
		}
		return false, pause.wait(ctx)
	case errors.Is(cause, ErrFenced):
		s.p.counted.fenced.Add(1)
		s.log.Info("the bus has this file up to another place", "offset", b.Start)
	default:
		s.p.counted.retries.Add(1)
		pause.warn(s, "publishing failed, it is tried again", cause)
	}
	return s.settle(ctx, b, pause)
}

// settle asks the bus how far it has the file, after a publish whose outcome
// is unknown.
func (s *session) settle(ctx context.Context, b *event.Batch, pause *pause) (done bool, err error) {
	// Even a fenced publish waits: two that publish one file must not spin.
	if err := pause.wait(ctx); err != nil {
		return false, err
	}
	mark, err := s.last(ctx)
	if err != nil {
		return false, err
	}
	s.after = mark.Sequence
	switch {
	case mark.End.Offset <= b.Start:
		return false, nil
	case mark.End.Offset == b.End:
		s.acknowledged(b, mark.Sequence)
		return true, nil
	}
	return false, &moved{from: mark.End}
}

// tooLarge has the lines of b read again in batches of half as many, and what
// follows them as usual; a single record that is too large becomes a
// quarantined one.
func (s *session) tooLarge(ctx context.Context, b *event.Batch, pause *pause) error {
	s.p.counted.split.Add(1)
	if records := b.Rows() + len(b.Rejected); records > 1 {
		return &moved{from: start(b), small: small{records: (records + 1) / 2, until: b.End}}
	}
	if b.Rows() == 0 {
		pause.warn(s, "the bus refuses even one quarantined record: raise its payload limit", ErrTooLarge)
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

func (s *session) acknowledged(b *event.Batch, sequence uint64) {
	s.after = sequence
	s.p.counted.batches.Add(1)
	s.src.acknowledged(s.file, b)
	s.file.Commit(end(b))
	if s.p.counted.blocked.Swap(false) {
		s.log.Info("the bus has room again")
	}
}

// last asks the bus how far it has the file, until it answers.
func (s *session) last(ctx context.Context) (Mark, error) {
	pause := pause{least: s.p.opts.MinPatience, most: s.p.opts.MaxPatience}
	for {
		mark, err := s.p.bus.Last(ctx, s.src.Name, s.file.ID())
		if err == nil {
			return mark, nil
		}
		if ctx.Err() != nil {
			return Mark{}, ctx.Err()
		}
		s.p.counted.retries.Add(1)
		pause.warn(s, "the bus does not tell how far it has the file, it is asked again", err)
		if err := pause.wait(ctx); err != nil {
			return Mark{}, err
		}
	}
}

// pause doubles from the least to the most.
type pause struct {
	least, most time.Duration
	next        time.Duration
	warned      bool
}

func (p *pause) wait(ctx context.Context) error {
	p.next = min(max(2*p.next, p.least), p.most)
	timer := time.NewTimer(p.next)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// warn logs the first of a run of failures.
func (p *pause) warn(s *session, message string, err error) {
	if !p.warned {
		p.warned = true
		s.log.Warn(message, "error", err)
	}
}
