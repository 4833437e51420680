package quarantine

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Forget overwrites and removes records whose raw bytes are about somebody. It
// tells how many there were, and how many of them could not be removed.
func (s *Spool) Forget(about func(raw []byte) bool) (found, left int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		err = errors.Join(err, forgetBeginnings(g, about))
	}
	for _, f := range s.files {
		n, failures := s.forgetIn(f, about)
		found += n
		left += len(failures)
		err = errors.Join(append(failures, err)...)
	}
	return found, left, err
}

func (s *Spool) forgetIn(f *file, about func(raw []byte) bool) (found int, failures []error) {
	var changed []*record
	for _, r := range f.records {
		whole, err := r.segment.frame(r.at)
		if err == nil && !about(whole.body) {
			continue
		}
		found++
		if err == nil {
			clear(whole.body)
			whole.settled = true
			err = r.segment.rewrite(r.at, &whole)
		}
		if err != nil {
			failures = append(failures, err)
			continue
		}
		r.settled = true
		changed = append(changed, r)
	}
	s.note(f, changed)
	return found, failures
}

// forgetBeginnings takes the beginnings out of a segment that are about
// somebody.
func forgetBeginnings(g *segment, about func(raw []byte) bool) error {
	var failures []error
	for id, at := range g.about {
		a, err := describedIn(g, id)
		if err != nil || !about(a.Beginning) {
			failures = append(failures, err)
			continue
		}
		failures = append(failures, forgetBeginning(g, at))
	}
	return errors.Join(failures...)
}

// forgetBeginning keeps the length of the frame: JSON may end with spaces.
func forgetBeginning(g *segment, at int64) error {
	f, err := g.frame(at)
	if err != nil {
		return err
	}
	var a about
	if err := json.Unmarshal(f.body, &a); err != nil {
		return err
	}
	a.Beginning = nil
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	f.body = append(body, bytes.Repeat([]byte{' '}, len(f.body)-len(body))...)
	return errors.Join(g.rewrite(at, &f), g.sync())
}
