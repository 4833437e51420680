package series

import (
	"math"
	"slices"
)

// registry says who has one of a bounded number of numbers. When there is none
// left, whoever was seen in few minutes and in none that is open makes room.
type registry struct {
	max       int
	index     index
	slots     []slot
	free      []int32
	hand      int     // of the search for who makes room
	exhausted bool    // nobody makes room until a minute closes
	threshold float32 // who is weaker may make room
	evicted   uint64
}

// slot is what is known of whoever has a number.
type slot struct {
	key      uint64
	strength float32 // minutes with requests, of which old ones count less
	last     int32   // such minute
	open     int16   // minutes that are not over, with requests
	live     bool
}

const (
	// young is who was seen in fewer minutes. Of a full registry the weakest
	// sixteenth may make room whatever their age.
	young     = 5
	reserve   = 16
	halfLife  = 3 * 24 * 60  // minutes, of strength
	forgotten = 30 * 24 * 60 // minutes after which whoever was not seen is forgotten
	slotBytes = 24
)

func newRegistry(max int) registry { return registry{max: max, threshold: young} }

// find gives the number of a key, or -1.
func (r *registry) find(key uint64) int { return r.index.find(key) }

// admit gives a key that has none a number: taken tells that it was another's.
// There may be no room: then the number is -1.
func (r *registry) admit(key uint64, minute int32) (at int, taken bool) {
	if at = r.vacant(); at < 0 {
		if at = r.weakest(minute); at < 0 {
			return -1, false
		}
		r.drop(at)
		r.evicted++
		taken = true
	}
	r.slots[at] = slot{key: key, last: minute, live: true}
	r.index.put(key, at)
	return at, taken
}

func (r *registry) vacant() int {
	if n := len(r.free); n > 0 {
		at := r.free[n-1]
		r.free = r.free[:n-1]
		return int(at)
	}
	if len(r.slots) >= r.max {
		return -1
	}
	r.slots = append(r.slots, slot{})
	return len(r.slots) - 1
}

// weakest finds somebody who makes room.
func (r *registry) weakest(minute int32) int {
	if r.exhausted {
		return -1
	}
	for range r.slots {
		r.hand++
		if r.hand >= len(r.slots) {
			r.hand = 0
		}
		if s := &r.slots[r.hand]; s.open == 0 && s.strengthAt(minute) < r.threshold {
			return r.hand
		}
	}
	r.exhausted = true
	return -1
}

// drop takes a number away.
func (r *registry) drop(at int) {
	r.index.remove(r.slots[at].key)
	r.slots[at] = slot{}
}

func (s *slot) strengthAt(minute int32) float32 {
	return s.strength * float32(math.Exp2(-float64(max(0, minute-s.last))/halfLife))
}

// seen notes that a minute with requests is over.
func (r *registry) seen(at int, minute int32) {
	s := &r.slots[at]
	s.open--
	s.strength = s.strengthAt(minute) + 1
	s.last = max(s.last, minute)
}

// hourly forgets who was not seen for long, and finds how strong is weak.
func (r *registry) hourly(minute int32, gone func(at int)) {
	strengths := make([]float32, 0, len(r.slots))
	for at := range r.slots {
		s := &r.slots[at]
		switch {
		case !s.live:
		case s.open == 0 && minute-s.last > forgotten:
			gone(at)
			r.drop(at)
			r.free = append(r.free, int32(at))
		default:
			strengths = append(strengths, s.strengthAt(minute))
		}
	}
	r.threshold = young
	if len(strengths) >= r.max && r.max >= reserve {
		slices.Sort(strengths)
		r.threshold = max(young, strengths[len(strengths)/reserve])
	}
}

func (r *registry) live() int { return len(r.slots) - len(r.free) }

func (r *registry) bytes() int {
	return indexedBytes*len(r.index.slots) + slotBytes*cap(r.slots) + 4*cap(r.free)
}
