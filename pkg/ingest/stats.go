package ingest

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Stats are counters since the start, and gauges.
type Stats struct {
	Batches uint64 // acknowledged by the bus
	Retries uint64 // publishes that failed for want of a connection or an acknowledgement
	Fenced  uint64 // publishes refused because the bus already had the lines, or others
	Full    uint64 // publishes refused because the bus was full
	Split   uint64 // batches that were too large for one message
	Blocked bool   // the bus is full at present
	Sources map[string]SourceStats
}

// SourceStats are the counters of one source.
type SourceStats struct {
	Lines    uint64            // rows acknowledged
	Skipped  uint64            // records without a request (comments, headers), passed over
	Bytes    uint64            // of the files, acknowledged
	Rejected map[string]uint64 // records quarantined, by reason
	Files    int               // being followed at present
	Lag      int64             // bytes of those files, or pushed, that are not acknowledged yet
	Received uint64            // records that senders have pushed, those included that they pushed again
	Dropped  uint64            // records pushed that could not wait, by senders that cannot be told
}

// Plus adds the counters of others.
func (st Stats) Plus(o Stats) Stats {
	st.Batches += o.Batches
	st.Retries += o.Retries
	st.Fenced += o.Fenced
	st.Full += o.Full
	st.Split += o.Split
	st.Blocked = st.Blocked || o.Blocked
	st.Sources = maps.Clone(st.Sources)
	for name, s := range o.Sources {
		st.Sources[name] = st.Sources[name].plus(s)
	}
	return st
}

func (s SourceStats) plus(o SourceStats) SourceStats {
	s.Lines += o.Lines
	s.Skipped += o.Skipped
	s.Bytes += o.Bytes
	s.Files += o.Files
	s.Lag += o.Lag
	s.Received += o.Received
	s.Dropped += o.Dropped
	rejected := maps.Clone(o.Rejected)
	for reason, n := range s.Rejected {
		rejected[reason] += n
	}
	s.Rejected = rejected
	return s
}

// counters are the live form of Stats.
type counters struct {
	batches, retries, fenced, full, split atomic.Uint64
	blocked                               atomic.Bool
}

func (c *counters) stats() Stats {
	return Stats{
		Batches: c.batches.Load(), Retries: c.retries.Load(), Fenced: c.fenced.Load(), Full: c.full.Load(),
		Split: c.split.Load(), Blocked: c.blocked.Load(), Sources: map[string]SourceStats{},
	}
}

// source is a configured source at work.
type source struct {
	Source
	mu       sync.Mutex
	lines    uint64
	skipped  uint64
	bytes    uint64
	rejected map[string]uint64
	files    map[File]event.Position // and how far they are acknowledged

	received, dropped atomic.Uint64
}

func newSource(s Source) *source {
	return &source{Source: s, rejected: map[string]uint64{}, files: map[File]event.Position{}}
}

func (s *source) begin(f File, at event.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[f] = at
}

func (s *source) end(f File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, f)
}

// reached notes how far a file is acknowledged.
func (s *source) reached(f File, at event.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[f] = at
}

// acknowledged counts a batch that is on the bus.
func (s *source) acknowledged(b *event.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines += uint64(b.Rows())
	s.skipped += uint64(b.Skipped)
	s.bytes += uint64(b.End - b.Start)
	for i := range b.Rejected {
		s.rejected[b.Rejected[i].Reason]++
	}
}

func (s *source) stats() SourceStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := SourceStats{
		Lines: s.lines, Skipped: s.skipped, Bytes: s.bytes, Rejected: maps.Clone(s.rejected), Files: len(s.files),
		Received: s.received.Load(), Dropped: s.dropped.Load(),
	}
	for f, at := range s.files {
		st.Lag += max(0, f.Size()-at.Offset)
	}
	return st
}

func start(b *event.Batch) event.Position { return event.Position{Offset: b.Start, Line: b.FirstLine} }
func end(b *event.Batch) event.Position   { return event.Position{Offset: b.End, Line: b.NextLine} }
