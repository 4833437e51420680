package payload

// crlf finds a line in a value that would be a header of an answer, or the
// answer's body.
func crlf(t *text) bool {
	v := t.raw
	for i := 0; i < len(v); i++ {
		size := breakSize(v[i:])
		if size == 0 {
			continue
		}
		line := skip(t.low[i+size:], func(c byte) bool { return isSpace(c) })
		if headerLine(line) || hasPrefix(line, "http/1.") || hasPrefix(line, "<html") || hasPrefix(line, "<script") {
			return true
		}
	}
	return false
}

// breakSize is the size of the line break that v begins with: CR, LF, or the
// two letters whose lower bytes they are, which some servers cut down.
func breakSize(v []byte) int {
	switch {
	case v[0] == '\r' || v[0] == '\n':
		return 1
	case len(v) >= 6 && string(v[:6]) == "\u560d\u560a", len(v) >= 6 && string(v[:6]) == "\u560a\u560d":
		return 6
	}
	return 0
}

// headerLine tells whether v begins with the name of a header that attacks set,
// and its colon.
func headerLine(v []byte) bool {
	name := leading(v, func(c byte) bool { return isWord(c) || c == '-' })
	rest := skip(v[len(name):], isSpace)
	if len(rest) == 0 || rest[0] != ':' {
		return false
	}
	switch string(name) {
	case "set-cookie", "location", "content-type", "content-length", "transfer-encoding", "refresh", "host", "link", "cookie",
		"access-control-allow-origin", "content-security-policy", "content-disposition", "cache-control", "connection", "crlf", "header":
		return true
	}
	return len(name) > 3 && name[0] == 'x' && name[1] == '-'
}
