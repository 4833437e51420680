package store

import (
	"context"
	"errors"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// WriterOptions are what a writer connects.
type WriterOptions struct {
	Lines       Lines
	Records     Records
	Checkpoints Checkpoints
	// DeadLines and DeadRecords put messages aside that the store refuses for
	// their content.
	DeadLines, DeadRecords DeadLetter
}

func (o *WriterOptions) validate() error {
	if o.Lines == nil || o.Records == nil || o.Checkpoints == nil || o.DeadLines == nil || o.DeadRecords == nil {
		return errors.New("store writer: want streams, checkpoints and dead letters")
	}
	return nil
}

// Writer moves the bus's streams into the store: lines exactly once, records
// at least once into tables whose rows replace each other.
type Writer struct {
	lines   *feed[*event.Batch]
	records *feed[Record]
}

// NewWriter makes a writer; Run starts it. One writer may run for a bus.
func (s *Store) NewWriter(opts WriterOptions) (*Writer, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	return &Writer{
		lines:   newFeed(s, linesStream, opts.Lines, opts.Checkpoints, opts.DeadLines, func() cargo[*event.Batch] { return newLines() }),
		records: newFeed(s, recordsStream, opts.Records, opts.Checkpoints, opts.DeadRecords, func() cargo[Record] { return &records{} }),
	}, nil
}

// The streams of the bus that are stored, as metrics and progress name them.
const (
	linesStream   = "lines"
	recordsStream = "records"
)

func newFeed[M any](s *Store, name string, src Source[M], c Checkpoints, dead DeadLetter, newCargo func() cargo[M]) *feed[M] {
	return &feed[M]{
		name: name, source: src, ledger: ledger{name: "store." + name, store: c}, newCargo: newCargo, dead: dead,
		retry: retrier{stream: name, log: s.log, metrics: s.metrics}, store: s,
	}
}

// Run writes until ctx ends, whatever fails meanwhile: a store that is away is
// waited for, and the bus keeps what is to be written. It returns nil.
func (w *Writer) Run(ctx context.Context) error {
	var feeds sync.WaitGroup
	feeds.Go(func() { w.lines.run(ctx) })
	feeds.Go(func() { w.records.run(ctx) })
	feeds.Wait()
	return nil
}

// LinesDone is the sequence up to which all lines are stored: the bus may
// forget them. It is 0 until Run knows better.
func (w *Writer) LinesDone() uint64 { return w.lines.done.Load() }

// RecordsDone is LinesDone for records.
func (w *Writer) RecordsDone() uint64 { return w.records.done.Load() }
