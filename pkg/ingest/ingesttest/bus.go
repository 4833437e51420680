// Package ingesttest has an in-memory bus for tests of what publishes to one.
// It keeps the promises of ingest.Publisher, breaks connections on demand,
// and tells whether every line arrived once.
//
// It may import ingest, event and the standard library, and is imported by
// tests only.
package ingesttest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Fault is what goes wrong with one call of Publish.
type Fault uint8

// The faults.
const (
	None    Fault = iota
	Refuse        // not stored, and an error
	LoseAck       // stored, and an error
	Full          // not stored, ingest.ErrFull
)

// ErrAway is the error of Refuse and LoseAck.
var ErrAway = errors.New("the bus is away")

// Record is one row or rejected record that was stored.
type Record struct {
	File   string
	Offset int64
	Line   int64
	Length int64
	Path   string // of a row
	Reason string // of a rejected record
	Flags  event.Flags
}

// Bus is an ingest.Publisher in memory. The zero value works and never fails.
// It is safe for concurrent use; its fields are set before the first call.
type Bus struct {
	// Fail is asked before every Publish, with the number of the call.
	Fail func(call int) Fault
	// MaxRecords is the most rows and rejected records of a batch.
	MaxRecords int
	// Stored, if set, is called with every batch that was stored. The batch
	// is valid until it returns.
	Stored func(*event.Batch)

	mu       sync.Mutex
	calls    int
	sequence uint64
	marks    map[string]ingest.Mark
	records  []Record
	batches  int
}

// Last implements ingest.Publisher.
func (b *Bus) Last(_ context.Context, source, file string) (ingest.Mark, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.marks[source+"."+file], nil
}

// Publish implements ingest.Publisher.
func (b *Bus) Publish(ctx context.Context, batch *event.Batch, after uint64) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	fault := None
	if b.calls++; b.Fail != nil {
		fault = b.Fail(b.calls)
	}
	switch {
	case fault == Refuse:
		return 0, ErrAway
	case fault == Full:
		return 0, fmt.Errorf("publish: %w", ingest.ErrFull)
	case b.MaxRecords > 0 && batch.Rows()+len(batch.Rejected) > b.MaxRecords:
		return 0, fmt.Errorf("publish: %w", ingest.ErrTooLarge)
	}
	key := batch.Source + "." + batch.Order()
	if b.marks[key].Sequence != after {
		return 0, fmt.Errorf("publish: %w", ingest.ErrFenced)
	}
	b.store(key, batch)
	if fault == LoseAck {
		return 0, ErrAway
	}
	return b.sequence, nil
}

func (b *Bus) store(key string, batch *event.Batch) {
	if b.marks == nil {
		b.marks = map[string]ingest.Mark{}
	}
	b.sequence++
	b.batches++
	b.marks[key] = ingest.Mark{Sequence: b.sequence, End: event.Position{Offset: batch.End, Line: batch.NextLine}}
	if b.Stored != nil {
		b.Stored(batch)
		return
	}
	for row := range batch.Rows() {
		b.records = append(b.records, Record{
			File: batch.File, Offset: batch.Number(event.Offset, row), Line: batch.Number(event.Line, row),
			Length: batch.Number(event.Length, row), Path: string(batch.Text(event.Path, row)), Flags: batch.Flags(row),
		})
	}
	for _, r := range batch.Rejected {
		b.records = append(b.records, Record{File: batch.File, Offset: r.Offset, Line: r.Line, Length: r.Length, Reason: r.Reason})
	}
}

// Records gives what was stored, in order.
func (b *Bus) Records() []Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Record(nil), b.records...)
}

// Len is the number of records stored.
func (b *Bus) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.records)
}

// Batches is the number of batches stored.
func (b *Bus) Batches() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.batches
}

// Paths counts how often each path was stored.
func (b *Bus) Paths() map[string]int {
	paths := map[string]int{}
	for _, r := range b.Records() {
		paths[r.Path]++
	}
	return paths
}

// Line is a line of a combined log, without its end, that asks for path.
func Line(path string) string {
	return fmt.Sprintf(`198.51.100.7 - - [12/Dec/2019:16:53:29 +0000] "GET %s HTTP/1.1" 200 612 "-" "curl/8"`, path)
}
