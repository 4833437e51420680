package block

import (
	"encoding/binary"
	"net/netip"

	"github.com/zeebo/xxh3"
)

// enforcedOn tells whether an entry is acted on where a request meets it. A
// mode of a later version enforces nothing. A user that is the client's own
// word is no user here: the client would choose its side with every request.
func (e *Entry) enforcedOn(r *Request) bool {
	user := r.User
	if r.Claimed {
		user = ""
	}
	return e.Mode == Enforce || e.Mode == Canary && Share(e.ID, r.Client, user) < e.Percent
}

// Share gives a client's place from 0 to 99 in the canary of a block: the
// same for the same client and block, and spread evenly over clients. A client
// is known by its user where there is one, else by its address, in IPv6 by the
// /64 that it has to itself.
func Share(id ID, client netip.Addr, user string) uint8 {
	var buf [24]byte
	binary.LittleEndian.PutUint64(buf[:], uint64(id))
	if user != "" {
		binary.LittleEndian.PutUint64(buf[8:], xxh3.HashString(user))
	} else {
		a := subject(client).As16()
		copy(buf[8:], a[:])
	}
	return uint8(xxh3.Hash(buf[:]) % 100)
}

// subject is the address by which a client is told from others: in IPv6 the
// first of its /64, in which it may have as many as it likes.
func subject(a netip.Addr) netip.Addr {
	a = canonicalAddr(a)
	if !a.Is6() {
		return a
	}
	b := a.As16()
	clear(b[subnetBits/8:])
	return netip.AddrFrom16(b)
}
