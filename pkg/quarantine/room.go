package quarantine

import (
	"os"
	"slices"
)

// active gives the segment to write n bytes to. When it begins another one it
// makes room for all of that.
func (s *Spool) active(n int64) (*segment, error) {
	if last := len(s.segments) - 1; last >= 0 && s.segments[last].size+n <= s.segmentBytes {
		return s.segments[last], nil
	}
	number := uint64(1)
	if last := len(s.segments) - 1; last >= 0 {
		number = s.segments[last].number + 1
	}
	s.makeRoom(max(n, s.segmentBytes))
	g, err := openSegment(s.dir, number, os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return nil, err
	}
	s.segments = append(s.segments, g)
	return g, syncDir(s.dir)
}

// makeRoom drops the oldest segments until n more bytes fit.
func (s *Spool) makeRoom(n int64) {
	total := n
	for _, g := range s.segments {
		total += g.size
	}
	for total > s.max && len(s.segments) > 0 {
		total -= s.segments[0].size
		s.drop(0)
	}
}

// drop deletes a segment with what is in it.
func (s *Spool) drop(i int) {
	g := s.segments[i]
	s.segments = slices.Delete(s.segments, i, i+1)
	s.count.Dropped += uint64(g.live)
	if g.live > 0 {
		for id, f := range s.files {
			f.records = slices.DeleteFunc(f.records, func(r *record) bool { return r.segment == g })
			s.leave(id)
		}
	}
	g.live = 0
	if err := g.remove(); err != nil {
		s.trouble("an old segment of the quarantine cannot be removed", err)
	}
}

// removeEmpty deletes segments in which every record is settled, but for the
// one that is written to.
func (s *Spool) removeEmpty() {
	for i := len(s.segments) - 2; i >= 0; i-- {
		if s.segments[i].live == 0 {
			s.drop(i)
		}
	}
}

// leave forgets a file without records.
func (s *Spool) leave(id string) {
	if f := s.files[id]; f != nil && len(f.records) == 0 {
		delete(s.files, id)
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written by it
	return d.Sync()
}

// trouble logs the first of a run of failures. A quarantine that cannot be
// written is no reason to stop shipping.
func (s *Spool) trouble(message string, err error) {
	if !s.failing {
		s.failing = true
		s.log.Warn(message, "error", err, "hint", "is there space in "+s.dir+", and may this user write there?")
	}
}
