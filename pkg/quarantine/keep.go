package quarantine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

var _ ingest.Keeper = (*Spool)(nil)

// flushBytes is how much is written at once.
const flushBytes = 1 << 20

// Keep implements ingest.Keeper.
func (s *Spool) Keep(b *event.Batch, raw ingest.Raw) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[b.File]
	if f == nil && len(b.Rejected) == 0 || b.Lane != "" {
		return
	}
	if f != nil {
		// Batches of a file come in order: what lies before this one has
		// been acknowledged.
		s.acknowledge(f, b.Start)
		s.compare(f, b)
	}
	if err := s.add(b, raw); err != nil {
		s.trouble("records that could not be parsed are not kept", err)
		return
	}
	s.failing = false
}

// compare forgets records in the range of b that b does not reject: the file
// is read once more, by another parser. It notes other reasons.
func (s *Spool) compare(f *file, b *event.Batch) {
	first, _ := slices.BinarySearchFunc(f.records, b.Start, offsetOf)
	end, _ := slices.BinarySearchFunc(f.records, b.End, offsetOf)
	rejected := 0
	var changed []*record
	for _, r := range f.records[first:end] {
		for rejected < len(b.Rejected) && b.Rejected[rejected].Offset < r.offset {
			rejected++
		}
		switch {
		case rejected == len(b.Rejected) || b.Rejected[rejected].Offset != r.offset:
			r.settled = true
		case s.intern(b.Rejected[rejected].Reason) == r.reason:
			continue
		default:
			r.reason = s.intern(b.Rejected[rejected].Reason)
		}
		changed = append(changed, r)
	}
	s.note(f, changed)
}

func offsetOf(r *record, offset int64) int {
	switch {
	case r.offset < offset:
		return -1
	case r.offset > offset:
		return 1
	}
	return 0
}

// note writes to disk what has changed about records of a file, durably, and
// forgets those that are settled.
func (s *Spool) note(f *file, changed []*record) {
	if len(changed) == 0 {
		return
	}
	touched := map[*segment]bool{}
	var failures []error
	for _, r := range changed {
		if r.settled {
			r.segment.live--
		}
		failures = append(failures, r.segment.change(r.at, r.frame()))
		touched[r.segment] = true
	}
	for g := range touched {
		failures = append(failures, g.sync())
	}
	if err := errors.Join(failures...); err != nil {
		s.trouble("the quarantine cannot be changed", err)
	}
	f.records = slices.DeleteFunc(f.records, func(r *record) bool { return r.settled })
	s.removeEmpty()
	s.leave(f.id)
}

// acknowledge notes that the bus has a file up to an offset.
func (s *Spool) acknowledge(f *file, offset int64) {
	if offset <= f.acked {
		return
	}
	f.acked = offset
	for i := len(s.segments) - 1; i >= 0; i-- {
		if at, ok := s.segments[i].about[f.id]; ok {
			if err := s.segments[i].change(at, &frame{kind: aboutFile, acked: offset}); err != nil {
				s.trouble("the quarantine cannot be changed", err)
			}
			return
		}
	}
}

// add keeps what is not kept yet of b.Rejected, durably.
func (s *Spool) add(b *event.Batch, raw ingest.Raw) error {
	w := writer{spool: s, batch: b, window: window{raw: raw}}
	for i := range b.Rejected {
		if err := w.add(&b.Rejected[i]); err != nil {
			s.count.Lost += uint64(len(b.Rejected) - i)
			return err
		}
	}
	return w.flush()
}

// writer keeps records of one batch.
type writer struct {
	spool   *Spool
	batch   *event.Batch
	window  window
	segment *segment
	frames  []byte
	added   []*record // in frames

	described bool // frames tell about the file
}

func (w *writer) add(rej *event.Rejected) error {
	s := w.spool
	if f := s.files[w.batch.File]; f != nil {
		if _, have := slices.BinarySearchFunc(f.records, rej.Offset, offsetOf); have {
			return nil
		}
	}
	raw := w.window.read(rej.Offset, min(rej.Length, maxRaw))
	size := frameSize(len(raw))
	if len(raw) == 0 || len(w.batch.File) != fileBytes || size+maxBeginning > s.max {
		s.count.Lost++
		return nil
	}
	if err := w.prepare(size); err != nil {
		return err
	}
	r := &record{
		segment: w.segment, at: w.segment.size + int64(len(w.frames)), size: len(raw),
		offset: rej.Offset, line: rej.Line, length: rej.Length, reason: s.intern(rej.Reason),
	}
	w.frames = appendFrame(w.frames, &frame{
		kind: aboutRecord, file: w.batch.File, offset: r.offset, line: r.line, length: r.length,
		received: time.Unix(0, w.batch.Received), reason: r.reason, body: raw,
	})
	w.added = append(w.added, r)
	return nil
}

// prepare has a segment with room for one more frame, in which the file is
// described.
func (w *writer) prepare(size int64) error {
	full := w.segment != nil && w.segment.size+int64(len(w.frames))+size > w.spool.segmentBytes
	if full || len(w.frames) > flushBytes {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.segment == nil {
		g, err := w.spool.active(size + frameSize(2*maxBeginning))
		if err != nil {
			return err
		}
		w.segment = g
	}
	return w.describe()
}

// describe notes what the file's records have in common, which the segment may
// tell already although all records of before are settled and forgotten.
func (w *writer) describe() error {
	b := w.batch
	f := w.spool.file(b.File)
	f.about = about{Source: b.Source, Gateway: b.Gateway, Kind: b.Kind, Direction: b.Direction, Path: b.Path}
	f.acked = max(f.acked, b.Start)
	if _, described := w.segment.about[b.File]; described {
		return nil
	}
	described := f.about
	described.Beginning = w.beginning()
	body, err := json.Marshal(described)
	if err != nil {
		return fmt.Errorf("describe %s: %w", b.Path, err)
	}
	w.described = true
	w.segment.about[b.File] = w.segment.size + int64(len(w.frames))
	w.frames = appendFrame(w.frames, &frame{kind: aboutFile, file: b.File, acked: f.acked, body: body})
	return nil
}

// beginning is the first whole lines of the file.
func (w *writer) beginning() []byte {
	head := window{raw: w.window.raw}
	lines := head.read(0, maxBeginning)
	return lines[:bytes.LastIndexByte(lines, '\n')+1]
}

// flush writes the frames, after which the records are in the spool.
func (w *writer) flush() error {
	if len(w.added) == 0 {
		return nil
	}
	if err := errors.Join(w.segment.append(w.frames), w.segment.sync()); err != nil {
		if w.described {
			delete(w.segment.about, w.batch.File)
		}
		w.spool.leave(w.batch.File)
		w.spool.count.Lost += uint64(len(w.added))
		return err
	}
	f := w.spool.file(w.batch.File)
	for _, r := range w.added {
		i, _ := slices.BinarySearchFunc(f.records, r.offset, offsetOf)
		f.records = slices.Insert(f.records, i, r)
		r.segment.live++
	}
	w.spool.count.Kept += uint64(len(w.added))
	w.segment, w.frames, w.added, w.described = nil, w.frames[:0], nil, false
	return nil
}

// window reads a file in steps, because records lie close to each other.
type window struct {
	raw  ingest.Raw
	at   int64
	data []byte
}

const windowBytes = 256 << 10

// read gives at most n bytes from an offset on, fewer when they are not there.
func (w *window) read(offset, n int64) []byte {
	if offset < w.at || offset+n > w.at+int64(len(w.data)) {
		if cap(w.data) == 0 {
			w.data = make([]byte, windowBytes)
		}
		w.data = w.data[:cap(w.data)]
		got, err := w.raw.ReadAt(w.data, offset)
		if err != nil {
			got = 0
		}
		w.at, w.data = offset, w.data[:got]
	}
	skip := offset - w.at
	return w.data[skip:min(skip+n, int64(len(w.data)))]
}
