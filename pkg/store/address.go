package store

import (
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// addAddresses appends addresses as text.
func (c *textColumn) addAddresses(before int, addrs []event.Addr) {
	if len(addrs) == 0 {
		return
	}
	c.fill(before)
	c.data = slices.Grow(c.data, 16*len(addrs))
	for i := range addrs {
		c.data = appendAddress(c.data, &addrs[i])
	}
	c.grown(before + len(addrs))
}

// addCopy appends what another column got since its data were so long.
func (c *textColumn) addCopy(before int, from *textColumn, since int) {
	c.fill(before)
	c.data = append(c.data, from.data[since:]...)
	c.grown(from.rows)
}

// appendAddress writes an address as a string of the Native format. Its text
// is shorter than 128 bytes, so its length takes one.
func appendAddress(dst []byte, a *event.Addr) []byte {
	at := len(dst)
	dst = append(dst, 0)
	if mapped := [12]byte(a[:12]); mapped == v4Prefix {
		dst = appendV4(dst, a[12:])
	} else if *a != (event.Addr{}) {
		dst = netip.AddrFrom16(*a).AppendTo(dst)
	}
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// v4Prefix begins the IPv6 form of an IPv4 address.
var v4Prefix = [12]byte{10: 0xff, 11: 0xff}

func appendV4(dst, octets []byte) []byte {
	for i, o := range octets[:4] {
		if i > 0 {
			dst = append(dst, '.')
		}
		if o >= 100 {
			dst = append(dst, '0'+o/100)
		}
		if o >= 10 {
			dst = append(dst, '0'+o/10%10)
		}
		dst = append(dst, '0'+o%10)
	}
	return dst
}
