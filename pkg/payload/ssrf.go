package payload

import (
	"bytes"
	"net/netip"
)

// ssrf finds URLs that lead a server into its own network or file system.
func ssrf(t *text) bool {
	if t.place == inHeader {
		return false
	}
	if t.has("/latest/meta-data", "/latest/user-data", "/latest/api/token", "/computemetadata/v1", "/metadata/instance") || bytes.HasPrefix(t.low, metadata) {
		return true
	}
	if t.starts("jar:http", "jar:file") {
		return true
	}
	for from := 0; ; {
		n := index(t.low[from:], "//")
		if n < 0 {
			return t.place == inValue && t.starts("file:/", "netdoc:")
		}
		at := from + n
		from = at + 2
		scheme := schemeBefore(t.low[:at])
		if t.place == inPath && scheme == "" || !beginsURL(t.low, at-len(scheme)-min(1, len(scheme))) {
			continue
		}
		if innerScheme(scheme) || internal(t.low[from:]) && !returnsToClient(t, t.low[from:]) {
			return true
		}
	}
}

var metadata = []byte("169.254.169.254")

// schemeBefore is the scheme that ends in the colon at the end of v.
func schemeBefore(v []byte) string {
	if len(v) < 2 || v[len(v)-1] != ':' {
		return ""
	}
	i := len(v) - 1
	for i > 0 && (isWord(v[i-1]) || v[i-1] == '+' || v[i-1] == '.') {
		i--
	}
	return borrow(v[i : len(v)-1])
}

// innerScheme tells whether no client has business with a scheme.
func innerScheme(scheme string) bool {
	switch scheme {
	case "gopher", "dict", "file", "ldap", "ldaps", "tftp", "netdoc", "smb", "jar", "local_file", "sftp", "redis", "rmi":
		return true
	}
	return false
}

// returnsToClient tells whether a parameter names where the client goes back
// to: programs on a desktop wait for that on their own machine, and what runs
// in a private network calls itself by its address there.
func returnsToClient(t *text, host []byte) bool {
	switch string(bytes.ToLower(t.name)) {
	case "redirect_uri", "post_logout_redirect_uri", "redirecturi", "origin", "callback":
		return hasPrefix(host, "localhost") || hasPrefix(host, "127.0.0.1") || hasPrefix(host, "[::1]") || isPrivate(host)
	case "return", "return_to", "returnto", "return_url", "returnurl", "redirect", "redirect_to", "redirect_url", "redirecturl",
		"next", "continue", "goto", "back", "service", "referer", "referrer", "ref", "from":
		return isPrivate(host)
	}
	return false
}

// isPrivate tells whether v begins with an address of a private network as
// people write it.
func isPrivate(v []byte) bool {
	a, err := netip.ParseAddr(borrow(leading(v, isNumeric)))
	return err == nil && a.IsPrivate()
}
