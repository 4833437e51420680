package indicator

import (
	"bytes"
	"net/netip"
	"time"
)

// Host looks up a host name, with or without a port: the name itself, and the
// domains above it that stand for all below them. A host that is an address is
// looked up as one.
func (s *Set) Host(host []byte, now time.Time) (Match, bool) {
	if !s.Has(Domain) && !s.Has(Address) {
		return Match{}, false
	}
	var buf [256]byte
	name := appendLower(buf[:0], withoutPort(host))
	if a, ok := addressIn(name); ok {
		return s.Addr(a, now)
	}
	if m, ok := s.match(now, s.lookup(&s.text[Domain], name), 0); ok || !s.below {
		return m, ok
	}
	return s.above(name, now)
}

// above looks for the nearest domain above a name that stands for all below it.
func (s *Set) above(name []byte, now time.Time) (Match, bool) {
	for {
		dot := bytes.IndexByte(name, '.')
		if dot < 0 {
			return Match{}, false
		}
		name = name[dot+1:]
		m := Match{set: s, chains: [2]uint32{s.lookup(&s.text[Domain], name)}, now: seconds(now), below: true}
		if m.judge() {
			return m, true
		}
	}
}

// URL looks up a request's URL. An indicator without a query means its path
// whatever the query; one that is a path only means it on any host.
func (s *Set) URL(host, path, query []byte, now time.Time) (Match, bool) {
	if !s.Has(URL) || len(path) == 0 {
		return Match{}, false
	}
	var buf [512]byte
	if len(host) > 0 && len(host)+len(path) <= s.longest+len(":443") {
		k := append(appendLower(buf[:0], withoutDefaultPort(host)), path...)
		if m, ok := s.target(k, query, now); ok {
			return m, true
		}
	}
	if !s.anyHost || len(path) > s.longest {
		return Match{}, false
	}
	return s.target(append(buf[:0], path...), query, now)
}

// target looks up a URL with its query, then without.
func (s *Set) target(k, query []byte, now time.Time) (Match, bool) {
	n := len(k)
	if len(query) > 0 && n+1+len(query) <= s.longest {
		k = append(append(k, '?'), query...)
		if m, ok := s.match(now, s.lookup(&s.text[URL], k), 0); ok {
			return m, true
		}
	}
	return s.match(now, s.lookup(&s.text[URL], k[:n]), 0)
}

// Link looks up an absolute URL, such as a referer: as a URL, then its host.
func (s *Set) Link(link []byte, now time.Time) (Match, bool) {
	if s == nil {
		return Match{}, false
	}
	at := bytes.Index(link, []byte("://"))
	if at < 0 {
		return Match{}, false
	}
	rest := link[at+len("://"):]
	if end := bytes.IndexByte(rest, '#'); end >= 0 {
		rest = rest[:end]
	}
	end := bytes.IndexAny(rest, "/?")
	host, path, query := rest, []byte("/"), []byte(nil)
	if end >= 0 {
		host = rest[:end]
		path, query, _ = bytes.Cut(rest[end:], []byte("?"))
		if len(path) == 0 {
			path = []byte("/")
		}
	}
	host = host[bytes.LastIndexByte(host, '@')+1:]
	if m, ok := s.URL(host, path, query, now); ok {
		return m, true
	}
	return s.Host(host, now)
}

// withoutPort cuts ":8443", and the brackets of an IPv6 address.
func withoutPort(host []byte) []byte {
	if len(host) > 0 && host[0] == '[' {
		if end := bytes.IndexByte(host, ']'); end > 0 {
			return host[1:end]
		}
	}
	colon := bytes.LastIndexByte(host, ':')
	if colon < 0 || bytes.IndexByte(host, ':') != colon {
		return bytes.TrimSuffix(host, []byte("."))
	}
	return bytes.TrimSuffix(host[:colon], []byte("."))
}

// addressIn tells whether a host is an address, and does not allocate for
// those that are not.
func addressIn(host []byte) (netip.Addr, bool) {
	n := len(host)
	if n < 2 || n > 45 || (host[n-1] < '0' || host[n-1] > '9') && bytes.IndexByte(host, ':') < 0 {
		return netip.Addr{}, false
	}
	var a netip.Addr
	err := a.UnmarshalText(host)
	return a, err == nil
}

// appendLower appends text with ASCII letters in lower case.
func appendLower(dst, text []byte) []byte {
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
