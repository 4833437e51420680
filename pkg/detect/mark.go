package detect

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// mark is what a row's decision mark says.
type mark uint8

const (
	markNone     mark = iota // none, or one that means nothing to us
	markOwnTouch             // this very request was the touch that an agent refused or diverted
	markDiverted             // an agent led the request to a decoy
	markDenied               // an agent refused the request for what was known before
)

// mark reads a row's mark. provisional is the id that the shipping agent
// gives to its refusal of this row's request, if the request is a touch. A
// mark that names no known id is ignored and counted: it is not ours.
func (s *scan) mark(row int, provisional block.ID) mark {
	action := s.batch.Text(event.DecisionAction, row)
	if len(action) == 0 {
		return markNone
	}
	id, err := block.ParseID(string(s.batch.Text(event.DecisionID, row)))
	switch {
	case err != nil:
	case provisional != 0 && id == provisional:
		return markOwnTouch
	case !s.detector.known(id):
	case string(action) == "divert":
		return markDiverted
	case string(action) == block.Deny.String():
		return markDenied
	default:
		return markNone // flagged or throttled: the application answered
	}
	s.out.IgnoredMarks++
	return markNone
}

// carriesDivert tells whether a row claims to be answered by our decoy.
func (s *scan) carriesDivert(row int) bool {
	return string(s.batch.Text(event.DecisionAction, row)) == "divert"
}

func (s *scan) remember(id block.ID, at time.Time) {
	s.detector.mu.Lock()
	defer s.detector.mu.Unlock()
	s.detector.refusals.put(id, at)
}

func (d *Detector) known(id block.ID) bool {
	if d.options.Known(id) {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refusals.has(id)
}
