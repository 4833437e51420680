package rollout

import (
	"math"
	"slices"
)

// Measure is what was seen of a version's blocks since the last one. The zero
// Measure says nothing.
type Measure struct {
	Findings uint64 `json:"findings"` // matches that asked for a block
	// Actors are hashes of those whom the findings are about; some may be there
	// more than once.
	Actors []uint64 `json:"-"`
	// Requests are those that passed and that its blocks would have refused
	// if they had been enforced for everybody.
	Requests   uint64 `json:"requests"`
	Successful uint64 `json:"successful"` // of Requests: answered with 2xx or 3xx
	Hits       uint64 `json:"hits"`       // requests that its blocks refused
	Discards   uint64 `json:"discards"`   // findings that an analyst discarded
	Complaints uint64 `json:"complaints"`
}

// tally is what was measured in a stage. The order in which measures are added
// does not matter.
type tally struct {
	Measure
	Reached sketch `json:"reached,omitempty"`
}

func (t *tally) add(m Measure) {
	t.Findings += m.Findings
	t.Requests += m.Requests
	t.Successful += m.Successful
	t.Hits += m.Hits
	t.Discards += m.Discards
	t.Complaints += m.Complaints
	for _, a := range m.Actors {
		t.Reached.add(a)
	}
}

// touched is how many requests were hit, or would have been.
func (t *tally) touched() uint64 { return t.Requests + t.Hits }

// sketch counts different hashes in bounded memory: it keeps the smallest.
type sketch []uint64

const sketchSize = 64

func (s *sketch) add(hash uint64) {
	if len(*s) == sketchSize && hash >= (*s)[sketchSize-1] {
		return
	}
	i, found := slices.BinarySearch(*s, hash)
	if found {
		return
	}
	*s = slices.Insert(*s, i, hash)
	*s = (*s)[:min(len(*s), sketchSize)]
}

// count is exact below sketchSize, and right to about an eighth above.
func (s sketch) count() int {
	if len(s) < sketchSize {
		return len(s)
	}
	share := float64(s[sketchSize-1]) / math.MaxUint64
	return int(float64(sketchSize-1) / share)
}
