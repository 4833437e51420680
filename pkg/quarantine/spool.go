package quarantine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options say where a Spool is and how large it may be.
type Options struct {
	Dir      string // made if need be; nobody else may use it
	MaxBytes int64  // on disk, the oldest records go first; 0 keeps none
	Log      *slog.Logger
}

// Spool holds the raw bytes of quarantined records. It is safe for concurrent
// use. Its memory grows with the records in it: about 100 bytes for each, which
// takes 256 bytes on disk or more.
type Spool struct {
	dir          string
	max          int64
	segmentBytes int64
	log          *slog.Logger

	mu       sync.Mutex
	segments []*segment // oldest first; the last one is written to
	files    map[string]*file
	reasons  map[string]string // each text once
	count    Stats
	failing  bool
	state    stateFile
}

// file is a log of which the spool has records.
type file struct {
	id      string
	about   about
	acked   int64     // the bus is known to have what lies before
	records []*record // by offset, none of them settled
}

// about is what all records of a file have in common.
type about struct {
	Source    string          `json:"source"`
	Gateway   string          `json:"gateway"`
	Kind      event.Kind      `json:"kind"`
	Direction event.Direction `json:"direction"`
	Path      string          `json:"path"`
	// Beginning is the file's first whole lines: some formats tell in them
	// what the others mean.
	Beginning []byte `json:"beginning,omitempty"`
}

// record is where a record is.
type record struct {
	segment *segment
	at      int64 // of its frame in the segment
	size    int   // of its raw bytes there
	offset  int64
	line    int64
	length  int64 // in its file
	reason  string
	settled bool
}

func (r *record) frame() *frame {
	return &frame{kind: aboutRecord, settled: r.settled, reason: r.reason}
}

// Stats are counters since the start, and gauges.
type Stats struct {
	Kept    uint64 // records taken
	Dropped uint64 // records that had to go for newer ones
	Lost    uint64 // records that could not be kept: unreadable, or the disk is full
	Damaged uint64 // bytes that were passed over when the spool was opened
	Records int    // in the spool
	Bytes   int64  // on disk
}

const (
	leastSegment = 64 << 10
	mostSegment  = 4 << 20
	// maxRaw bounds the raw bytes of one record: twice what is parsed of one.
	maxRaw = 128 << 10
	// maxBeginning bounds what is kept of a file's beginning.
	maxBeginning = 4 << 10
)

// Open opens the spool in a directory, and repairs what a kill has left of it.
// The caller closes it.
func Open(o Options) (*Spool, error) {
	s := &Spool{
		dir: o.Dir, max: o.MaxBytes, log: o.Log, segmentBytes: min(max(o.MaxBytes/16, leastSegment), mostSegment),
		files: map[string]*file{}, reasons: map[string]string{},
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("quarantine in %s: %w", o.Dir, err), s.Close())
	}
	return s, nil
}

func (s *Spool) open() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	var err error
	if s.state, err = openState(filepath.Join(s.dir, stateName)); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries { // in the order of their names, which is that of their numbers
		number, ok := segmentNumber(e.Name())
		if !ok {
			continue
		}
		if err := s.load(number); err != nil {
			return err
		}
	}
	for _, f := range s.files {
		slices.SortFunc(f.records, byOffset)
	}
	s.removeEmpty()
	for id := range s.files {
		s.leave(id)
	}
	s.makeRoom(0)
	if s.count.Damaged > 0 {
		s.log.Warn("a part of the quarantined records is damaged", "bytes", s.count.Damaged)
	}
	return nil
}

// load reads a segment that is there.
func (s *Spool) load(number uint64) error {
	g, err := openSegment(s.dir, number, 0)
	if err != nil {
		return err
	}
	s.segments = append(s.segments, g)
	damaged, err := g.scan(func(at int64, f *frame) { s.take(g, at, f) })
	s.count.Damaged += uint64(damaged)
	return err
}

// take adds a frame of a segment to the index.
func (s *Spool) take(g *segment, at int64, f *frame) {
	if f.kind == aboutFile {
		var a about
		if json.Unmarshal(f.body, &a) == nil {
			g.about[f.file] = at
			owner := s.file(f.file)
			a.Beginning = nil // read when it is needed
			owner.about, owner.acked = a, max(owner.acked, f.acked)
		}
		return
	}
	if _, described := g.about[f.file]; !described || f.settled {
		return
	}
	owner := s.file(f.file)
	owner.records = append(owner.records, &record{
		segment: g, at: at, size: len(f.body), offset: f.offset, line: f.line, length: f.length, reason: s.intern(f.reason),
	})
	g.live++
}

func (s *Spool) file(id string) *file {
	f := s.files[id]
	if f == nil {
		f = &file{id: id}
		s.files[id] = f
	}
	return f
}

// intern keeps one copy of each reason, of which there are few.
func (s *Spool) intern(reason string) string {
	reason = reason[:min(len(reason), reasonBytes)]
	if have, ok := s.reasons[reason]; ok {
		return have
	}
	s.reasons[reason] = reason
	return reason
}

func byOffset(a, b *record) int {
	switch {
	case a.offset < b.offset:
		return -1
	case a.offset > b.offset:
		return 1
	}
	return 0
}

// Stats gives the counters. It may be called at any time.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.count
	for _, g := range s.segments {
		st.Records += g.live
		st.Bytes += g.size
	}
	return st
}

// Close closes the files. What was kept stays.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failures []error
	for _, g := range s.segments {
		failures = append(failures, g.file.Close())
	}
	s.segments = nil
	if err := errors.Join(failures...); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("close spool: %w", err)
	}
	return nil
}
