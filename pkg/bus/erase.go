package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Erase removes every message about a subject: lines and rows that have been
// processed, dead letters, and what is left of blocks under some keys. It is
// to be called once everything that was on the bus before has been processed;
// see Ends. The last message of a file, which tells how far it has been read,
// is replaced by one without rows.
func (b *Bus) Erase(ctx context.Context, s erase.Subject, before Ends, keys []string) ([]erase.Outcome, error) {
	codec, err := event.NewCodec()
	if err != nil {
		return nil, err
	}
	defer codec.Close()
	var batch event.Batch
	inLines := func(data []byte) bool { return codec.Decode(data, &batch) == nil && s.In(&batch) > 0 }
	searches := []search{
		{place: "bus: lines", stream: linesStream, upTo: before.Lines, about: inLines},
		{place: "bus: rows for the store", stream: recordsStream, upTo: before.Records, about: s.Names},
		{place: "bus: dead letters", stream: deadStream, upTo: before.Dead, about: func(data []byte) bool { return inLines(data) || s.Names(data) }},
	}
	var outcomes []erase.Outcome
	for _, q := range searches {
		q.only = s.Search
		o, err := b.eraseFrom(ctx, q)
		outcomes = append(outcomes, o)
		if err != nil {
			return outcomes, err
		}
	}
	if s.Search {
		return outcomes, nil
	}
	o, err := b.eraseKeys(ctx, keys)
	return append(outcomes, o), err
}

// Ends are the sequences of the last messages of the streams.
type Ends struct{ Lines, Records, Dead uint64 }

// Ends tells how far the streams are now.
func (b *Bus) Ends(ctx context.Context) (Ends, error) {
	var e Ends
	for stream, last := range map[string]*uint64{linesStream: &e.Lines, recordsStream: &e.Records, deadStream: &e.Dead} {
		s, err := b.js.Stream(ctx, stream)
		if err != nil {
			return e, fmt.Errorf("end of %s: %w", stream, publishError(err))
		}
		*last = s.CachedInfo().State.LastSeq
	}
	return e, nil
}

// search is for the messages of a stream, up to a sequence, that are about
// somebody.
type search struct {
	place, stream string
	upTo          uint64
	about         func(data []byte) bool
	only          bool // nothing is erased
}

func (b *Bus) eraseFrom(ctx context.Context, q search) (erase.Outcome, error) {
	o := erase.Outcome{Place: q.place}
	found, err := b.find(ctx, q)
	if err != nil {
		return o, err
	}
	o.Found = uint64(len(found))
	if q.only {
		o.Left = o.Found
		return o, nil
	}
	for _, m := range found {
		if err := b.eraseMessage(ctx, q.stream, m); err != nil {
			return o, err
		}
	}
	if len(found) > 0 {
		left, err := b.find(ctx, q)
		o.Left = uint64(len(left))
		return o, err
	}
	return o, nil
}

// sighted is a message that was found.
type sighted struct {
	sequence uint64
	subject  string
}

// searchPatience bounds how long a search waits for a message. What it waits
// for may have been freed meanwhile: then the next search is done at once.
const searchPatience = 10 * time.Second

// find reads a stream from its beginning.
func (b *Bus) find(ctx context.Context, q search) ([]sighted, error) {
	s, err := b.js.Stream(ctx, q.stream)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", q.stream, publishError(err))
	}
	if state := s.CachedInfo().State; state.Msgs == 0 || state.FirstSeq > q.upTo {
		return nil, nil
	}
	messages, err := b.ordered(ctx, q.stream, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	var found []sighted
	for {
		m, meta, err := nextWithin(ctx, searchPatience, messages)
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", q.stream, err)
		}
		if meta.Sequence.Stream <= q.upTo && q.about(m.Data()) {
			found = append(found, sighted{meta.Sequence.Stream, m.Subject()})
		}
		if meta.Sequence.Stream >= q.upTo || meta.NumPending == 0 {
			return found, nil
		}
	}
}

// eraseMessage overwrites a message on the disk.
func (b *Bus) eraseMessage(ctx context.Context, stream string, m sighted) error {
	if stream == linesStream {
		if err := b.keepMark(ctx, m); err != nil {
			return err
		}
	}
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("erase message %d of %s: %w", m.sequence, stream, publishError(err))
	}
	if err := s.SecureDeleteMsg(ctx, m.sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("erase message %d of %s: %w", m.sequence, stream, publishError(err))
	}
	return nil
}

// keepMark puts a batch without rows behind a file's last message, if m is
// that: how far the file has been read stays known.
func (b *Bus) keepMark(ctx context.Context, m sighted) error {
	o, err := parseLinesSubject(m.subject)
	if err != nil {
		return err
	}
	mark, err := b.lastMark(ctx, o)
	if err != nil || mark.Sequence != m.sequence {
		return err
	}
	at := mark.End
	empty := event.Batch{Header: event.Header{
		Source: o.source, File: o.file, Start: at.Offset, End: at.Offset, FirstLine: at.Line, NextLine: at.Line,
	}}
	if _, err := b.Publisher(o.shipper).Publish(ctx, &empty, m.sequence); err != nil && !errors.Is(err, ingest.ErrFenced) {
		return fmt.Errorf("keep the place in %s: %w", m.subject, err)
	}
	return nil
}

// eraseKeys purges what the bucket remembers of blocks that have ended.
func (b *Bus) eraseKeys(ctx context.Context, keys []string) (erase.Outcome, error) {
	o := erase.Outcome{Place: "bus: blocks"}
	s, err := b.js.Stream(ctx, blocksStream)
	if err != nil {
		return o, fmt.Errorf("erase blocks: %w", publishError(err))
	}
	for _, key := range keys {
		subject := bucketSubject(blocksBucket, key)
		m, err := b.lastMessage(ctx, blocksStream, subject)
		if err != nil {
			return o, err
		}
		if m == nil {
			continue
		}
		o.Found++
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return o, fmt.Errorf("erase block %s: %w", key, publishError(err))
		}
		if m, err = b.lastMessage(ctx, blocksStream, subject); err != nil {
			return o, err
		}
		if m != nil {
			o.Left++
		}
	}
	return o, nil
}
