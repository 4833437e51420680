package payload

import (
	"bytes"
	"net/netip"
)

// internal tells whether the authority that v begins with is the machine itself,
// another one of a private network, or a service that a cloud offers its
// machines, however the address is written.
func internal(v []byte) bool {
	authority := leading(v, func(c byte) bool {
		return c != '/' && c != '?' && c != '#' && c != '\\' && c != '"' && c != '\'' && c != '<' && c != ',' && !isSpace(c)
	})
	if n := bytes.LastIndexByte(authority, '@'); n >= 0 {
		authority = authority[n+1:]
	}
	if len(authority) > 0 && authority[0] == '[' {
		return internalV6(authority)
	}
	host, _, _ := bytes.Cut(authority, []byte(":"))
	return internalName(bytes.TrimSuffix(host, []byte("."))) || internalV4(host)
}

func internalName(host []byte) bool {
	switch string(host) {
	case "localhost", "localhost.localdomain", "localtest.me", "metadata", "metadata.google.internal", "instance-data", "metadata.azure.internal",
		"kubernetes.default", "kubernetes.default.svc", "host.docker.internal", "lvh.me":
		return true
	}
	if bytes.HasSuffix(host, []byte(".localhost")) || bytes.HasSuffix(host, []byte(".localtest.me")) || bytes.HasSuffix(host, []byte(".cluster.local")) {
		return true
	}
	if bytes.HasSuffix(host, []byte(".nip.io")) || bytes.HasSuffix(host, []byte(".sslip.io")) || bytes.HasSuffix(host, []byte(".xip.io")) {
		return containsAny(host, "127.0", "169.254", "127-0", "169-254", "10.", "192.168", "7f000001", "a9fea9fe")
	}
	return false
}

func internalV6(authority []byte) bool {
	end := bytes.IndexByte(authority, ']')
	if end < 0 {
		return false
	}
	a, err := netip.ParseAddr(borrow(authority[1:end]))
	return err == nil && internalAddr(a)
}

func internalAddr(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsPrivate() || a == alibaba || a == oracle || a == amazonV6
}

var (
	alibaba  = netip.AddrFrom4([4]byte{100, 100, 100, 200})
	oracle   = netip.AddrFrom4([4]byte{192, 0, 0, 192})
	amazonV6 = netip.MustParseAddr("fd00:ec2::254")
)

// internalV4 reads an address of one to four numbers, each decimal, octal or
// hexadecimal, the last filling what is left, as inet_aton does.
func internalV4(host []byte) bool {
	var parts [4]uint64
	n := 0
	for {
		part, rest, more := bytes.Cut(host, []byte("."))
		number, ok := addressNumber(part)
		if !ok || n == len(parts) {
			return false
		}
		parts[n] = number
		n++
		if !more {
			break
		}
		host = rest
	}
	sum := parts[n-1]
	for i, p := range parts[:n-1] {
		sum += p & 0xff << (24 - 8*i)
	}
	return internalAddr(netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}))
}

// addressNumber reads 127, 0177 and 0x7f.
func addressNumber(v []byte) (number uint64, ok bool) {
	base := uint64(10)
	switch {
	case len(v) == 0 || len(v) > 16:
		return 0, false
	case hasPrefix(v, "0x"):
		base, v = 16, v[2:]
	case v[0] == '0' && len(v) > 1:
		base = 8
	}
	for _, c := range v {
		d := uint64(hexDigit(c))
		if d >= base {
			return 0, false
		}
		number = number*base + d
	}
	return number, len(v) > 0
}
