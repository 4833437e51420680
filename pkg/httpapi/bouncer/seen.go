package bouncer

import (
	"cmp"
	"slices"
	"time"
)

// Seen is what is known of a bouncer that has asked.
type Seen struct {
	Name     string // of its key
	Agent    string // as it calls itself: type/version
	Address  string
	LastSeen time.Time
}

// mostSeen is how many bouncers are remembered.
const mostSeen = 4096

// seen remembers bouncers by all that tells them apart.
type seen map[client]Seen

// note remembers a bouncer, and forgets those that have been away for long, or
// else the one that was away longest, when there are too many.
func (s seen) note(b Seen) {
	s[client{token: b.Name, address: b.Address, agent: b.Agent}] = b
	if len(s) <= mostSeen {
		return
	}
	oldest, at := client{}, b.LastSeen
	for who, other := range s {
		if b.LastSeen.Sub(other.LastSeen) > stays {
			delete(s, who)
		} else if other.LastSeen.Before(at) {
			oldest, at = who, other.LastSeen
		}
	}
	if len(s) > mostSeen {
		delete(s, oldest)
	}
}

// Seen lists the bouncers that have asked of late, by name, address and agent.
func (h *Handler) Seen() []Seen {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Seen, 0, len(h.seen))
	for _, b := range h.seen {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b Seen) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Agent, b.Agent))
	})
	return list
}
