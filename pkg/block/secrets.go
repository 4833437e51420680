package block

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"
)

// hasher hashes under a match key without allocating. It is safe for
// concurrent use.
type hasher struct {
	key    MatchKey
	pool   sync.Pool // of *hashing
	memory *memory   // nil where few requests are asked about
	salt   uint64    // of the key in memory
}

// hashing is an HMAC whose key has been taken in, with what it made of one
// request: each value is hashed at most once.
type hashing struct {
	of   *hasher
	next *hashing // of the same request, under another key
	mac  hash.Hash
	room [256]byte // for what goes in and comes out
	done [secretCodes]bool
	text [secretCodes][matchedSize]byte
}

func newHashers(keys []MatchKey) []*hasher {
	hashers := make([]*hasher, len(keys))
	for i, k := range keys {
		hashers[i] = newHasher(k)
	}
	return hashers
}

func newHasher(k MatchKey) *hasher {
	h := &hasher{key: k}
	h.pool.New = func() any { return &hashing{of: h, mac: hmac.New(sha256.New, h.key.Secret[:])} }
	return h
}

// remembering gives hashers with a memory, those that there are where a key
// stays.
func remembering(m *memory, keys []MatchKey, old []*hasher) []*hasher {
	hashers := make([]*hasher, len(keys))
	for i, k := range keys {
		if at := slices.IndexFunc(old, func(h *hasher) bool { return h.key == k }); at >= 0 {
			hashers[i] = old[at]
			continue
		}
		hashers[i] = newHasher(k)
		hashers[i].memory, hashers[i].salt = m, m.salt(k)
	}
	return hashers
}

// hash is what MatchKey.Hash gives.
func (w *hashing) hash(code byte, value string) *[matchedSize]byte {
	text := &w.text[code-codeKey]
	if w.done[code-codeKey] {
		return text
	}
	w.mac.Reset()
	n := copy(w.room[:], scopes[code])
	w.room[n] = 0
	for n++; ; n = 0 { // a text cannot be written to a hash without a copy
		copied := copy(w.room[n:], value)
		_, _ = w.mac.Write(w.room[:n+copied])
		if value = value[copied:]; value == "" {
			break
		}
	}
	copy(text[:], w.of.key.ID)
	text[matchIDSize] = ':'
	base64.RawURLEncoding.Encode(text[matchIDSize+1:], w.mac.Sum(w.room[:0])[:matchMAC])
	w.done[code-codeKey] = true
	return text
}

// secrets hashes what one request presents under the keys of one segment after
// the other, and none of it that is not asked for.
type secrets struct {
	keys  []*hasher
	work  *hashing          // the first of those that are in use
	spots [secretCodes]spot // in memory, of what has been asked for, under no key
}

// spot is where a value of the request is remembered under a key.
func (s *secrets) spot(h *hasher, code byte, value string) spot {
	at := &s.spots[code-codeKey]
	if at.check == 0 {
		*at = h.memory.spot(code, value)
	}
	return at.under(h.salt)
}

// under gives what the request is hashed with under a key.
func (s *secrets) under(h *hasher) *hashing {
	for w := s.work; w != nil; w = w.next {
		if w.of == h {
			return w
		}
	}
	w := h.pool.Get().(*hashing)
	w.next, w.done = s.work, [secretCodes]bool{}
	s.work = w
	return w
}

// release gives back what is in use.
func (s *secrets) release() {
	for w := s.work; w != nil; {
		next := w.next
		w.next = nil
		w.of.pool.Put(w)
		w = next
	}
	s.work = nil
}

// listKey gives the key of what is filed under a value's hash.
func (s *secrets) listKey(h *hasher, code byte, value string) listKey {
	if h.memory == nil {
		return s.hashedKey(h, code, value)
	}
	at := s.spot(h, code, value)
	k, known := h.memory.recall(at)
	if !known {
		k = s.hashedKey(h, code, value)
		h.memory.learn(at, k)
	}
	return k
}

func (s *secrets) hashedKey(h *hasher, code byte, value string) listKey {
	return listKey(xxh3.HashSeed(s.under(h).hash(code, value)[:], uint64(code)))
}

// has tells whether the request presents what has the hash.
func (s *secrets) has(code byte, want string, r *Request) bool {
	v := r.value(code)
	if v == "" {
		return false
	}
	for _, k := range s.keys {
		if k.key.ID == want[:matchIDSize] && s.listKey(k, code, v) == listKeyOf(code, want) &&
			string(s.under(k).hash(code, v)[:]) == want {
			return true
		}
	}
	return false
}
