package privacy

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/maphash"
)

const (
	idSize   = 9               // of a key
	macBytes = 15              // of the HMAC that are kept
	hashSize = idSize + 1 + 20 // of a hash as text
	memoSize = 512             // values of which a Hasher knows the hash
	memoText = 128             // longer ones are not remembered
)

// Hash is the keyed hash of a value under the current key: the key's id, ':'
// and 20 characters of URL-safe base64. kind keeps equal values of different
// kinds apart; kinds of actors are "user", "session" and so on. The hash of an
// empty value, and what an empty keyring gives, is empty.
func (k Keyring) Hash(kind, value string) string {
	if k.Empty() || value == "" {
		return ""
	}
	return newHasher(k.keys[0], 0).text(kind, value)
}

// All is the hash of a value under every key, the current one first: what to
// look for when a principal has to be found again or erased.
func (k Keyring) All(kind, value string) []string {
	all := make([]string, 0, len(k.keys))
	for _, key := range k.keys {
		if value != "" {
			all = append(all, newHasher(key, 0).text(kind, value))
		}
	}
	return all
}

// IsHash tells whether a value has the form of a hash, under whatever key.
func IsHash(v []byte) bool {
	return len(v) == hashSize && v[0] == 'k' && v[idSize] == ':' &&
		run(v[1:], func(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' }) == idSize-1 &&
		run(v[idSize+1:], inBase64URL) == 20
}

// Hasher makes hashes under one key and remembers some. It is for one
// goroutine; make one for each. It holds values in memory that are not to be
// kept, so it must not be written anywhere.
type Hasher struct {
	id   string
	mac  hash.Hash // nil: there is no key
	in   []byte
	sum  []byte
	seed maphash.Seed
	memo []remembered
}

type remembered struct {
	in   []byte
	hash [hashSize]byte
}

// Hasher makes a Hasher under the current key. One of an empty keyring appends
// nothing.
func (k Keyring) Hasher() *Hasher {
	if k.Empty() {
		return &Hasher{}
	}
	return newHasher(k.keys[0], memoSize)
}

func newHasher(key Key, memo int) *Hasher {
	return &Hasher{id: key.ID, mac: hmac.New(sha256.New, key.Secret[:]), seed: maphash.MakeSeed(), memo: make([]remembered, memo)}
}

// AppendHash appends what Keyring.Hash gives. It does not allocate but for
// growth.
func (h *Hasher) AppendHash(dst []byte, kind string, value []byte) []byte {
	if h.mac == nil || len(value) == 0 {
		return dst
	}
	h.in = append(append(append(h.in[:0], kind...), 0), value...)
	if len(h.memo) == 0 || len(h.in) > memoText {
		return h.append(dst)
	}
	slot := &h.memo[maphash.Bytes(h.seed, h.in)%uint64(len(h.memo))]
	if !bytes.Equal(slot.in, h.in) {
		h.append(slot.hash[:0])
		slot.in = append(slot.in[:0], h.in...)
	}
	return append(dst, slot.hash[:]...)
}

// append appends the hash of in.
func (h *Hasher) append(dst []byte) []byte {
	h.mac.Reset()
	h.mac.Write(h.in)
	h.sum = h.mac.Sum(h.sum[:0])
	dst = append(append(dst, h.id...), ':')
	return base64.RawURLEncoding.AppendEncode(dst, h.sum[:macBytes])
}

func (h *Hasher) text(kind, value string) string {
	return string(h.AppendHash(nil, kind, []byte(value)))
}
