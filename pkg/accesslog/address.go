package accesslog

import (
	"bytes"
	"net/netip"
	"unsafe"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// hops finds the client behind trusted proxies.
type hops struct{ trusted func(netip.Addr) bool }

// set writes the addresses of a row. near is the client as the gateway knows
// it, which is the peer unless the gateway itself resolved a proxy. The
// forwarded-for entries are believed from the right, and only as long as the
// address that vouches for an entry is a trusted hop.
func (h hops) set(b *event.Batch, peer, near netip.Addr, forwarded []byte) {
	if !near.IsValid() {
		near = peer
	}
	if !peer.IsValid() {
		peer = near
	}
	b.SetAddr(event.PeerAddress, peer)
	for h.trusted != nil && near.IsValid() && h.trusted(near) && len(forwarded) > 0 {
		entry := forwarded
		if i := bytes.LastIndexByte(forwarded, ','); i >= 0 {
			entry, forwarded = forwarded[i+1:], forwarded[:i]
		} else {
			forwarded = nil
		}
		hop, ok := parseAddr(forwardedNode(entry))
		if !ok {
			b.Flag(event.BadForwarded)
			break
		}
		near = hop
	}
	b.SetAddr(event.ClientAddress, near)
}

// forwardedNode gives the address of one entry of X-Forwarded-For or of
// Forwarded (`for="[2001:db8::1]:4711";proto=https`).
func forwardedNode(entry []byte) []byte {
	entry = bytes.TrimSpace(entry)
	if len(entry) > 4 && bytes.EqualFold(entry[:4], []byte("for=")) {
		entry, _, _ = bytes.Cut(entry[4:], []byte{';'})
		entry = bytes.Trim(entry, `" `)
	}
	return entry
}

// parseAddr reads an address, with or without a port. Mapped IPv4 is IPv4,
// and a zone is dropped.
func parseAddr(v []byte) (netip.Addr, bool) {
	if a, ok := parseIPv4(v); ok {
		return a, true
	}
	if len(v) < 2 || len(v) > 64 {
		return netip.Addr{}, false
	}
	if v[0] == '[' {
		end := bytes.IndexByte(v, ']')
		if end < 0 || end+1 < len(v) && v[end+1] != ':' {
			return netip.Addr{}, false
		}
		v = v[1:end]
	} else if i := bytes.IndexByte(v, ':'); i > 0 && bytes.IndexByte(v[i+1:], ':') < 0 {
		return parseIPv4(v[:i])
	}
	return parseIPv6(v)
}

func parseIPv6(v []byte) (netip.Addr, bool) {
	if bytes.IndexByte(v, ':') < 0 {
		return netip.Addr{}, false
	}
	if i := bytes.IndexByte(v, '%'); i > 0 {
		v = v[:i]
	}
	// The string lives as long as the call: without a zone, netip keeps
	// nothing of it but in its error, which is dropped here.
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(v), len(v)))
	return a.Unmap(), err == nil
}

func parseIPv4(v []byte) (netip.Addr, bool) {
	if len(v) < len("0.0.0.0") || len(v) > len("255.255.255.255") {
		return netip.Addr{}, false
	}
	var parts [4]byte
	part, value, width := 0, 0, 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			value, width = value*10+int(c-'0'), width+1
			if value > 255 || width > 3 || width == 2 && value < 10 {
				return netip.Addr{}, false
			}
		case c == '.' && width > 0 && part < 3:
			parts[part] = byte(value)
			part, value, width = part+1, 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	parts[3] = byte(value)
	return netip.AddrFrom4(parts), part == 3 && width > 0
}
