package accesslog

import (
	"bytes"
	"net/netip"
	"unsafe"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// hops finds the client behind trusted proxies.
type hops struct {
	trusted  func(netip.Addr) bool // never nil
	header   bool                  // trusted hops name the client in a header of their own
	appended bool                  // see Options.ForwardedAppended
}

func newHops(o Options) hops {
	h := hops{trusted: o.Trusted, header: o.ClientHeader != "", appended: o.ForwardedAppended}
	if h.trusted == nil {
		h.trusted = func(netip.Addr) bool { return false }
	}
	return h
}

// set writes the addresses of a row. Whoever is the near end so far is
// believed about the one behind it only if it is a trusted hop: first what the
// PROXY protocol said, then the header that names the client, or else the
// forwarded-for entries from the right, each vouched for by the one before.
func (h hops) set(b *event.Batch, c callers, forwarded []byte) {
	if !c.peer.IsValid() && !c.near.IsValid() && h.appended {
		c.peer, forwarded = h.last(b, forwarded)
	}
	near := c.near
	if !near.IsValid() {
		near = c.peer
	}
	if !c.peer.IsValid() {
		c.peer = near
	}
	b.SetAddr(event.PeerAddress, c.peer)
	if c.proxied.IsValid() && near.IsValid() && h.trusted(near) {
		near = c.proxied
	}
	if h.header {
		if c.named.IsValid() && near.IsValid() && h.trusted(near) {
			near = c.named
		}
		forwarded = nil
	}
	b.SetAddr(event.ClientAddress, h.walk(b, near, forwarded))
}

// ClientBehind is the client of a request that came from near: near itself,
// or, as far as trusted hops vouch for it, an entry of its X-Forwarded-For or
// Forwarded header (several of them joined by commas). It is for whoever has
// the request itself instead of a line about it.
func ClientBehind(near netip.Addr, forwarded []byte, trusted func(netip.Addr) bool) netip.Addr {
	return hops{trusted: trusted}.walk(nil, near, forwarded)
}

// LastHop takes the last entry off an X-Forwarded-For or Forwarded header
// (several of them joined by commas). The hop is invalid when that entry is no
// address. It is for whoever has to know of such an entry; see ClientBehind.
func LastHop(forwarded []byte) (hop netip.Addr, rest []byte) {
	return hops{}.last(nil, forwarded)
}

// walk follows the forwarded-for entries from the right. Without a batch
// nothing is flagged.
func (h hops) walk(b *event.Batch, near netip.Addr, forwarded []byte) netip.Addr {
	for len(forwarded) > 0 && near.IsValid() && h.trusted(near) {
		var hop netip.Addr
		if hop, forwarded = h.last(b, forwarded); !hop.IsValid() {
			break
		}
		near = hop
	}
	return near
}

// last takes the last entry off a forwarded-for list. An entry that is no
// address is flagged.
func (h hops) last(b *event.Batch, forwarded []byte) (hop netip.Addr, rest []byte) {
	if len(forwarded) == 0 {
		return netip.Addr{}, nil
	}
	rest, entry := cutLast(forwarded, ',')
	hop, ok := parseAddr(forwardedNode(entry))
	if !ok && b != nil {
		b.Flag(event.BadForwarded)
	}
	return hop, rest
}

// cutLast cuts a list before its last element. A separator in quotes is none:
// a proxy may tell of the host that a client has asked for. What a client sent
// may have quotes without a partner, but it stands ahead of what proxies write,
// and the list is read from its end.
func cutLast(list []byte, separator byte) (rest, last []byte) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch {
		case list[i] == '"' && backslashes(list[:i])%2 == 0:
			quoted = !quoted
		case list[i] == separator && !quoted:
			return list[:i], list[i+1:]
		}
	}
	return nil, list
}

// forwardedNode gives the address of one entry of X-Forwarded-For or of
// Forwarded (RFC 7239: `proto=https;for="[2001:db8::1]:4711"`). An entry that
// names two has none.
func forwardedNode(entry []byte) (node []byte) {
	entry = bytes.TrimSpace(entry)
	if bytes.IndexByte(entry, '=') < 0 {
		return entry
	}
	for len(entry) > 0 {
		var pair []byte
		entry, pair = cutLast(entry, ';')
		pair = bytes.TrimSpace(pair)
		if len(pair) <= len("for=") || !bytes.EqualFold(pair[:len("for=")], []byte("for=")) {
			continue
		}
		if node != nil {
			return nil
		}
		node = bytes.Trim(pair[len("for="):], `" `)
	}
	return node
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
	for _, c := range v {
		if hexValue(c) < 0 && c != ':' && c != '.' {
			return netip.Addr{}, false // before netip makes an error of it
		}
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
