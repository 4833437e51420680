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
	markFlagged              // an agent flagged the request, and the application answered
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
	case string(action) == block.Divert.String():
		return markDiverted
	case refuses(action):
		return markDenied
	case string(action) == block.Flag.String():
		return markFlagged
	default:
		return markNone // of a later version, or nobody's
	}
	s.out.IgnoredMarks++
	return markNone
}

// refuses tells whether a mark's action says that the request did not reach the
// application. A throttled request is marked only when it did not.
func refuses(action []byte) bool {
	return string(action) == block.Deny.String() || string(action) == block.Drop.String() || string(action) == block.Throttle.String()
}

// carriesDivert tells whether a row claims to be answered by our decoy.
func (s *scan) carriesDivert(row int) bool {
	return string(s.batch.Text(event.DecisionAction, row)) == block.Divert.String()
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
