package inventory

import "github.com/honeymoat/honeymoat/pkg/event"

const maxHost = 253 // bytes of a name

// sharedTree is the tree of hosts that have none of their own.
const sharedTree = ""

// appendHost appends a host's name in lower case without port and last dot,
// or nothing if it is no name: addresses and garbage come from scanners.
func appendHost(dst, host []byte) []byte {
	start := len(dst)
	for i, c := range host {
		switch c = lower(c); {
		case 'a' <= c && c <= 'z', isDigit(c), c == '-', c == '_', c == '.':
			dst = append(dst, c)
		case c == ':' && i > 0:
			return closeHost(dst, start)
		default:
			return dst[:start]
		}
	}
	return closeHost(dst, start)
}

func closeHost(dst []byte, start int) []byte {
	if n := len(dst); n > start && dst[n-1] == '.' {
		dst = dst[:n-1]
	}
	if n := len(dst) - start; n == 0 || n > maxHost || looksLikeAddress(dst[start:]) {
		return dst[:start]
	}
	return dst
}

// looksLikeAddress tells digits and dots alone, as no public name has.
func looksLikeAddress(host []byte) bool {
	for _, c := range host {
		if !isDigit(c) && c != '.' {
			return false
		}
	}
	return true
}

// appendTree appends the name of the tree that a row belongs to: that of its
// host, or of its source where the log does not tell hosts.
func appendTree(dst []byte, b *event.Batch, host []byte) []byte {
	if len(host) > 0 {
		return appendHost(dst, host)
	}
	return append(append(dst, '/'), b.Source...) // no host has a slash
}
