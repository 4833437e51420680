package correlate

import (
	"encoding/binary"
	"math/bits"
)

// secret is the key of the hashes that stand for values. Clients choose the
// values: without a secret they could choose different ones with one hash, and
// a thousand user names would count as one.
type secret [2]uint64

// hash is SipHash-2-4 of the data.
func (s secret) hash(data []byte) uint64 {
	v := sip{
		s[0] ^ 0x736f6d6570736575, s[1] ^ 0x646f72616e646f6d,
		s[0] ^ 0x6c7967656e657261, s[1] ^ 0x7465646279746573,
	}
	last := uint64(len(data)) << 56
	for len(data) >= 8 {
		v.absorb(binary.LittleEndian.Uint64(data))
		data = data[8:]
	}
	for i, b := range data {
		last |= uint64(b) << (8 * i)
	}
	v.absorb(last)
	v[2] ^= 0xff
	for range 4 {
		v.round()
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

// sip is the state of a hash.
type sip [4]uint64

func (v *sip) absorb(word uint64) {
	v[3] ^= word
	v.round()
	v.round()
	v[0] ^= word
}

func (v *sip) round() {
	a, b, c, d := v[0], v[1], v[2], v[3]
	a += b
	b = bits.RotateLeft64(b, 13) ^ a
	a = bits.RotateLeft64(a, 32)
	c += d
	d = bits.RotateLeft64(d, 16) ^ c
	a += d
	d = bits.RotateLeft64(d, 21) ^ a
	c += b
	b = bits.RotateLeft64(b, 17) ^ c
	c = bits.RotateLeft64(c, 32)
	v[0], v[1], v[2], v[3] = a, b, c, d
}
