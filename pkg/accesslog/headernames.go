package accesslog

import "bytes"

// headerNames finds out, without an allocation, what the headers of a record
// are.
type headerNames struct {
	client []byte // the header that names the client, in lower case; may be empty
	lower  []byte
}

// maxHeaderName is longer than any name that means something.
const maxHeaderName = 64

// goal is headerGoal of a name in any case.
func (h *headerNames) goal(name []byte) goal {
	if len(name) == 0 || len(name) > maxHeaderName {
		return goal{}
	}
	h.lower = h.lower[:0]
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		case c == '_':
			c = '-'
		}
		h.lower = append(h.lower, c)
	}
	if len(h.client) > 0 && bytes.Equal(h.lower, h.client) {
		return goal{role: clientHeaderRole}
	}
	return knownHeader(h.lower)
}
