package block

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
)

// hasher hashes under a match key without allocating. It is safe for
// concurrent use.
type hasher struct {
	key  MatchKey
	pool sync.Pool // of *hashing
}

// hashing is an HMAC whose key has been taken in, with room for what goes in
// and comes out.
type hashing struct {
	mac  hash.Hash
	room [256]byte
}

func newHasher(k MatchKey) *hasher {
	return &hasher{key: k, pool: sync.Pool{New: func() any { return &hashing{mac: hmac.New(sha256.New, k.Secret[:])} }}}
}

func newHashers(keys []MatchKey) []*hasher {
	hashers := make([]*hasher, len(keys))
	for i, k := range keys {
		hashers[i] = newHasher(k)
	}
	return hashers
}

// hash writes what MatchKey.Hash gives.
func (h *hasher) hash(dst *[matchedSize]byte, s Scope, value string) {
	w := h.pool.Get().(*hashing)
	w.mac.Reset()
	n := copy(w.room[:], s)
	w.room[n] = 0
	for n++; ; n = 0 { // a text cannot be written to a hash without a copy
		copied := copy(w.room[n:], value)
		_, _ = w.mac.Write(w.room[:n+copied])
		if value = value[copied:]; value == "" {
			break
		}
	}
	copy(dst[:], h.key.ID)
	dst[matchIDSize] = ':'
	base64.RawURLEncoding.Encode(dst[matchIDSize+1:], w.mac.Sum(w.room[:0])[:matchMAC])
	h.pool.Put(w)
}

// secrets hashes what one request presents under the keys of one segment,
// each value at most once a key, and none that is not asked for.
type secrets struct {
	keys  []*hasher
	known int
	memo  [maxMemo]memo
}

// maxMemo is enough for a key and its predecessor with every scope; what comes
// beyond is hashed each time.
const maxMemo = 8

type memo struct {
	code byte
	key  int
	text [matchedSize]byte
}

// use makes ready for another segment.
func (s *secrets) use(keys []*hasher) { s.keys, s.known = keys, 0 }

// hashed is the hash of what the request presents in a scope under key i. It
// holds until the next call.
func (s *secrets) hashed(i int, code byte, r *Request) *[matchedSize]byte {
	for j := range s.known {
		if m := &s.memo[j]; m.code == code && m.key == i {
			return &m.text
		}
	}
	m := &s.memo[min(s.known, maxMemo-1)]
	s.known = min(s.known+1, maxMemo)
	m.code, m.key = code, i
	s.keys[i].hash(&m.text, scopes[code], r.value(code))
	return &m.text
}

// has tells whether the request presents what has the hash.
func (s *secrets) has(code byte, want string, r *Request) bool {
	if r.value(code) == "" {
		return false
	}
	for i, k := range s.keys {
		if k.key.ID == want[:matchIDSize] && string(s.hashed(i, code, r)[:]) == want {
			return true
		}
	}
	return false
}
