package service

import "sync/atomic"

// processed is the sequence up to which the bus may forget lines: what both
// the store and detection have durably done. With on_full: detect_only the
// store is left behind when the bus is full.
func (s *Service) processed() uint64 {
	stored, detected := s.writer.LinesDone(), s.responder.Saved()
	if stored >= detected {
		return detected
	}
	if s.config.Bus.OnFull == "detect_only" && s.bus.LinesFull() {
		s.dropped.note(stored, detected)
		return detected
	}
	return stored
}

// dropped counts the batches that were never stored.
type dropped struct{ upTo, batches atomic.Uint64 }

func (d *dropped) note(stored, detected uint64) {
	from := max(stored, d.upTo.Load())
	if detected > from {
		d.batches.Add(detected - from)
		d.upTo.Store(detected)
	}
}
