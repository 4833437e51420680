package quarantine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// chosen is what a retry needs of one file.
type chosen struct {
	id      string
	about   about
	acked   int64
	records []record // copies, by offset
}

// filesOf lists the files of a source, or of all, that have records.
func (s *Spool) filesOf(source string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.files)) {
		if source == "" || s.files[id].about.Source == source {
			ids = append(ids, id)
		}
	}
	return ids
}

// choose gives the records of a file that have a reason, or any. ok is false
// when there is none (any more).
func (s *Spool) choose(id, reason string) (c chosen, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil {
		return c, false
	}
	c = chosen{id: id, about: f.about, acked: f.acked}
	for _, r := range f.records {
		if reason == "" || r.reason == reason {
			c.records = append(c.records, *r)
		}
	}
	if len(c.records) > 0 {
		c.about.Beginning = beginningIn(c.records[0].segment, id)
	}
	return c, len(c.records) > 0
}

// beginningIn reads the beginning of a file where a segment describes it. It
// only helps; without it some formats read less.
func beginningIn(g *segment, id string) []byte {
	a, err := describedIn(g, id)
	if err != nil {
		return nil
	}
	return a.Beginning
}

// describedIn reads what a segment says about a file.
func describedIn(g *segment, id string) (a about, err error) {
	f, err := g.frame(g.about[id])
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(f.body, &a); err != nil {
		return a, fmt.Errorf("read spool: %w", err)
	}
	return a, nil
}

// raw reads the bytes of a record that was chosen. It fails when the record had
// to go for newer ones meanwhile.
func (s *Spool) raw(r *record) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.segments, r.segment) {
		return nil, fmt.Errorf("record at %d: it was dropped", r.offset)
	}
	return r.segment.body(r.at, r.size)
}

// carry takes over what became of a plan that was published.
func (s *Spool) carry(p *plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[p.File]
	if f == nil {
		return
	}
	var changed []*record
	find := func(offset int64, what func(*record)) {
		if i, have := slices.BinarySearchFunc(f.records, offset, offsetOf); have {
			what(f.records[i])
			changed = append(changed, f.records[i])
		}
	}
	for _, offset := range p.Settled {
		find(offset, func(r *record) { r.settled = true })
	}
	for _, c := range p.Changed {
		find(c.Offset, func(r *record) { r.reason = s.intern(c.Reason) })
	}
	s.note(f, changed)
}

// confirm notes how far the bus has a file.
func (s *Spool) confirm(id string, offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[id]; f != nil {
		s.acknowledge(f, offset)
	}
}

// unconfirmed lists files with records of which it is not known yet whether
// the bus has them, and their sources.
func (s *Spool) unconfirmed() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := map[string]string{}
	for id, f := range s.files {
		if n := len(f.records); n > 0 && f.records[n-1].offset >= f.acked {
			list[id] = f.about.Source
		}
	}
	return list
}
