package indicator

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// key is a value in the one form in which it is compared.
type key struct {
	kind       Kind
	bytes      []byte
	bits       uint8 // of an address's prefix
	subdomains bool
	pattern    *pattern
}

// prefix is the network of an address's key.
func (k *key) prefix() netip.Prefix {
	a, _ := netip.AddrFromSlice(k.bytes)
	return netip.PrefixFrom(a, int(k.bits))
}

// keyOf reads a value of a kind; AnyKind lets its shape decide between
// address, URL and domain. Values that were made harmless for mail
// ("hxxp://", "192[.]0[.]2[.]7") are taken back.
func keyOf(kind Kind, value string) (key, error) {
	if value == "" {
		return key{}, errors.New("there is no value")
	}
	if kind == AnyKind || kind == Address || kind == Domain || kind == URL {
		value = refang(value)
	}
	if kind == AnyKind {
		kind = shapeOf(value)
	}
	switch kind {
	case Address:
		return addressKey(value)
	case Domain:
		return domainKey(value)
	case URL:
		return urlKey(value)
	case UserAgent:
		return textKey(UserAgent, value)
	case UserAgentPattern:
		return patternKey(value)
	case Fingerprint:
		return fingerprintKey(value)
	}
	return key{}, fmt.Errorf("%s is no kind of an indicator", kind)
}

func shapeOf(value string) Kind {
	if _, err := parsePrefix(value); err == nil {
		return Address
	}
	if strings.Contains(value, "://") || strings.HasPrefix(value, "/") {
		return URL
	}
	host, path, slash := strings.Cut(value, "/")
	if slash && path != "" && !isNumber(path) {
		return URL
	}
	if isNumeric(host) {
		return Address // which tells what is wrong with it
	}
	return Domain
}

// isNumeric tells whether a host is meant as an address.
func isNumeric(host string) bool {
	return strings.Trim(host, "0123456789.:") == "" || strings.Count(host, ":") > 1
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// refang takes back what makes a value harmless to click on.
func refang(value string) string {
	if !strings.ContainsAny(value, "[({xX") {
		return value
	}
	for _, dot := range []string{"[.]", "(.)", "{.}", "[dot]", "(dot)", "[DOT]"} {
		value = strings.ReplaceAll(value, dot, ".")
	}
	value = strings.ReplaceAll(value, "[:]", ":")
	value = strings.ReplaceAll(value, "[://]", "://")
	if len(value) > 4 && strings.EqualFold(value[:4], "hxxp") {
		return "http" + value[4:]
	}
	return value
}

func addressKey(value string) (key, error) {
	p, err := parsePrefix(value)
	if err != nil {
		return key{}, err
	}
	return prefixKey(p), nil
}

func prefixKey(p netip.Prefix) key {
	return key{kind: Address, bytes: p.Addr().AsSlice(), bits: uint8(p.Bits())}
}

// parsePrefix reads an address, an address with a port, or a prefix; bits
// behind the prefix do not matter. Mapped IPv4 is IPv4.
func parsePrefix(value string) (netip.Prefix, error) {
	if strings.Contains(value, "/") {
		p, err := netip.ParsePrefix(value)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is no prefix such as 192.0.2.0/24", value)
		}
		return unmapped(p).Masked(), nil
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(value, "["), "]"))
	if err != nil {
		at, err := netip.ParseAddrPort(value)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is no address", value)
		}
		a = at.Addr()
	}
	if a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q has a zone, which means something on one host only", value)
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), nil
}

func unmapped(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}

// domainKey reads a host name, without the port behind it. "*.name", ".name" and the "||name^" of
// advertisement filters stand for all names below it too.
func domainKey(value string) (key, error) {
	name, below := strings.CutPrefix(value, "||")
	if below {
		name = strings.TrimSuffix(name, "^")
	}
	for _, prefix := range []string{"*.", "."} {
		if cut, ok := strings.CutPrefix(name, prefix); ok {
			name, below = cut, true
		}
	}
	if host, port, ok := strings.Cut(name, ":"); ok && isNumber(port) {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if err := checkName(name); err != nil {
		return key{}, err
	}
	return key{kind: Domain, bytes: []byte(name), subdomains: below}, nil
}

// checkName wants a name with two labels or more.
func checkName(name string) error {
	if len(name) > 253 {
		return errors.New("a name has up to 253 characters")
	}
	labels := strings.Split(name, ".")
	if len(labels) < 2 {
		return fmt.Errorf("%q is no domain", cut(name))
	}
	for _, label := range labels {
		if !isLabel(label) {
			return fmt.Errorf("%q is no domain: %q is no part of one", cut(name), label)
		}
	}
	if isNumber(labels[len(labels)-1]) {
		return fmt.Errorf("%q is no domain", cut(name))
	}
	return nil
}

func isLabel(label string) bool {
	bad := strings.ContainsFunc(label, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
	return label != "" && len(label) <= 63 && !bad
}

// urlKey reads a URL. What is compared is host, path and query: the scheme and
// the fragment do not show in a request.
func urlKey(value string) (key, error) {
	rest := value
	if !strings.HasPrefix(value, "/") {
		if _, after, ok := strings.Cut(value, "://"); ok {
			rest = after
		}
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		host := rest[:end]
		rest = rest[end:]
		host = host[strings.LastIndexByte(host, '@')+1:]
		host = withoutDefaultPort(strings.ToLower(host))
		if err := checkHost(host); err != nil {
			return key{}, err
		}
		if !strings.HasPrefix(rest, "/") {
			rest = "/" + rest
		}
		rest = host + rest
	}
	rest, _, _ = strings.Cut(rest, "#")
	if rest == "/" {
		return key{}, errors.New("the path / is everybody's")
	}
	return textKey(URL, rest)
}

func checkHost(host string) error {
	if _, err := parsePrefix(host); err == nil {
		return nil
	}
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && isNumber(host[colon+1:]) {
		host = host[:colon]
	}
	return checkName(strings.TrimSuffix(host, "."))
}

func withoutDefaultPort[T ~string | ~[]byte](host T) T {
	n := len(host)
	switch {
	case n > 3 && string(host[n-3:]) == ":80":
		return host[:n-3]
	case n > 4 && string(host[n-4:]) == ":443":
		return host[:n-4]
	}
	return host
}

// fingerprintKey reads a TLS fingerprint, which is written in lower case.
func fingerprintKey(value string) (key, error) {
	value = strings.ToLower(value)
	bad := strings.ContainsFunc(value, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != ','
	})
	if bad || len(value) < 8 {
		return key{}, fmt.Errorf("%q is no fingerprint such as a JA3 or a JA4", cut(value))
	}
	return textKey(Fingerprint, value)
}

func textKey(kind Kind, value string) (key, error) {
	if len(value) > maxKey {
		return key{}, fmt.Errorf("longer than %d bytes", maxKey)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return key{}, errors.New("there are control characters in it")
	}
	return key{kind: kind, bytes: []byte(value)}, nil
}

// cut shortens a value for a message.
func cut(s string) string {
	const enough = 80
	if len(s) > enough {
		return strings.ToValidUTF8(s[:enough], "") + "…"
	}
	return s
}
