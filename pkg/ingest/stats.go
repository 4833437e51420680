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
	Bytes    uint64            // of the files, acknowledged
	Rejected map[string]uint64 // records quarantined, by reason
	Files    int               // being followed at present
	Lag      int64             // bytes of those files that are not acknowledged yet
}

// counters are the live form of Stats.
type counters struct {
	batches, retries, fenced, full, split atomic.Uint64
	blocked                               atomic.Bool
}

// source is a configured source at work.
type source struct {
	Source
	mu       sync.Mutex
	lines    uint64
	bytes    uint64
	rejected map[string]uint64
	files    map[File]event.Position // and how far they are acknowledged
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
	s.bytes += uint64(b.End - b.Start)
	for i := range b.Rejected {
		s.rejected[b.Rejected[i].Reason]++
	}
}

func (s *source) stats() SourceStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := SourceStats{Lines: s.lines, Bytes: s.bytes, Rejected: maps.Clone(s.rejected), Files: len(s.files)}
	for f, at := range s.files {
		st.Lag += max(0, f.Size()-at.Offset)
	}
	return st
}

func start(b *event.Batch) event.Position { return event.Position{Offset: b.Start, Line: b.FirstLine} }
func end(b *event.Batch) event.Position   { return event.Position{Offset: b.End, Line: b.NextLine} }
