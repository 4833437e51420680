package payload

// crlf finds a line in a value that would be a header of an answer, or the
// answer's body.
func crlf(t *text) bool {
	for i, c := range t.low {
		if c != '\r' && c != '\n' {
			continue
		}
		line := skip(t.low[i+1:], isSpace)
		if headerLine(line) || hasPrefix(line, "http/1.") || hasPrefix(line, "<html") || hasPrefix(line, "<script") {
			return true
		}
	}
	return false
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
