package series

import (
	"encoding/binary"
	"math/bits"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// clientKey is a client as a number: of IPv6 the /64, of IPv4 the address
// below 32 bits that no IPv6 client begins with.
func clientKey(a *event.Addr) uint64 {
	if [12]byte(a[:12]) == v4Mapped {
		return v4Base | uint64(binary.BigEndian.Uint32(a[12:]))
	}
	return binary.BigEndian.Uint64(a[:8])
}

const v4Base = uint64(0xffffffff) << 32 // ffff:ffff::/32 is multicast

var v4Mapped = [12]byte{10: 0xff, 11: 0xff}

// clientAddr is an address of a client's number.
func clientAddr(key uint64) (a event.Addr) {
	if key&v4Base == v4Base {
		copy(a[:], v4Mapped[:])
		binary.BigEndian.PutUint32(a[12:], uint32(key))
		return a
	}
	binary.BigEndian.PutUint64(a[:8], key)
	return a
}

// addressKey is a client's number as a hash.
func (t *Table) addressKey(client uint64) uint64 {
	h := (client ^ t.seed) + saltAddress
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return max(1, bits.RotateLeft64(h, 32)^h)
}
