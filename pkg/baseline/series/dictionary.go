package series

import (
	"bytes"
	"slices"
)

// dictionary is which signatures a route has had, those that it has had most
// first, and how often of late.
type dictionary struct {
	total   uint32
	entries []signature
}

type signature struct {
	hash  uint32
	count uint32
}

const (
	maxSignatures = 32
	knownAfter    = 500     // requests, until one can be odd
	oddBelow      = 1000    // one in so many
	halvedAt      = 1 << 17 // requests, so that what is gone is forgotten
)

// see notes a signature, and tells whether the route is known well enough to
// judge, and whether it hardly ever had this one.
func (d *dictionary) see(hash uint32) (judged, odd bool) {
	judged = d.total >= knownAfter
	at := 0
	for at < len(d.entries) && d.entries[at].hash != hash {
		at++
	}
	if at == len(d.entries) {
		odd = judged
		at = d.place(hash)
	} else {
		odd = judged && d.entries[at].count < d.total/oddBelow
	}
	d.entries[at].count++
	if at > 0 && d.entries[at].count > d.entries[at-1].count {
		d.entries[at], d.entries[at-1] = d.entries[at-1], d.entries[at]
	}
	if d.total++; d.total >= halvedAt {
		d.halve()
	}
	return judged, odd
}

// place makes room for a signature: the last one is among the rarest.
func (d *dictionary) place(hash uint32) int {
	if len(d.entries) < maxSignatures {
		d.entries = append(d.entries, signature{hash: hash})
	} else {
		d.entries[maxSignatures-1] = signature{hash: hash}
	}
	return len(d.entries) - 1
}

func (d *dictionary) halve() {
	d.total /= 2
	for i := range d.entries {
		d.entries[i].count /= 2
	}
	d.entries = slices.DeleteFunc(d.entries, func(s signature) bool { return s.count == 0 })
}

// querySignature is that of the set of a query's keys: whatever their order,
// and however often each is there.
func querySignature(query []byte, seed uint64) uint32 {
	var seen, sum, h uint64
	for rest := query; len(rest) > 0; {
		h, rest = nextKey(rest, seed)
		bit := uint64(1) << (h >> 58)
		if seen&bit != 0 { // there already, or another one
			return carefully(query, seed)
		}
		seen |= bit
		sum += h
	}
	return uint32(sum >> 32)
}

const maxQueryKeys = 32 // beyond, a query is one with many

// carefully is querySignature where keys have to be compared.
func carefully(query []byte, seed uint64) uint32 {
	var keys [maxQueryKeys]uint64
	var sum, h uint64
	for n := 0; len(query) > 0; {
		if h, query = nextKey(query, seed); slices.Contains(keys[:n], h) {
			continue
		}
		if n == maxQueryKeys {
			return 1
		}
		keys[n] = h
		n++
		sum += h
	}
	return uint32(sum >> 32)
}

// nextKey gives the hash of a query's first key, and what follows its value.
func nextKey(query []byte, seed uint64) (h uint64, rest []byte) {
	const prime = 0x9e3779b97f4a7c15
	h = seed ^ prime
	at := 0
	for ; at < len(query) && query[at] != '=' && query[at] != '&'; at++ {
		h = (h ^ uint64(query[at])) * prime
		h ^= h >> 29
	}
	for ; at < len(query) && query[at] != '&'; at++ {
		continue // the value
	}
	return h * prime, query[min(at+1, len(query)):]
}

// mediaType is a content type without its parameters.
func mediaType(contentType []byte) []byte {
	if end := bytes.IndexByte(contentType, ';'); end >= 0 {
		contentType = contentType[:end]
	}
	return bytes.TrimSpace(contentType)
}
