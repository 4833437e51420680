package receive

import "bytes"

// message gives the text of a syslog message: what follows priority, time,
// host and tag, or version and structured data. Words that are not there, or
// not as the RFCs have them, are not missed.
func message(raw []byte) []byte {
	raw = bytes.TrimRight(raw, "\r\n\x00")
	rest, prioritised := cutPriority(raw)
	if prioritised {
		if text, ok := cutStructured(rest); ok {
			return trimText(text)
		}
	}
	if after, ok := cutTime(rest, prioritised); ok {
		return trimText(cutOrigin(after))
	}
	if prioritised {
		if text, ok := cutTag(rest); ok {
			rest = text
		}
	}
	return trimText(rest)
}

// trimText takes off the byte order mark and the space that senders write
// before a text.
func trimText(text []byte) []byte {
	return bytes.TrimPrefix(bytes.TrimPrefix(text, []byte(" ")), []byte("\xef\xbb\xbf"))
}

// cutPriority takes off <0> to <999>.
func cutPriority(v []byte) (rest []byte, ok bool) {
	if len(v) < 3 || v[0] != '<' {
		return v, false
	}
	digits := digitsOf(v[1:])
	if digits == 0 || digits > 3 || 1+digits == len(v) || v[1+digits] != '>' {
		return v, false
	}
	return v[digits+2:], true
}

// cutStructured takes off the header of RFC 5424 after the priority.
func cutStructured(v []byte) (text []byte, ok bool) {
	version, rest := word(v)
	if digits := digitsOf(version); digits == 0 || digits > 3 || digits < len(version) {
		return v, false
	}
	at, rest := word(rest)
	if string(at) != "-" && !isDate(at) {
		return v, false
	}
	for range 4 { // host, application, process, kind of message
		var field []byte
		if field, rest = word(rest); len(field) == 0 {
			return v, false
		}
	}
	return cutData(rest)
}

// cutData takes off structured data: "-", or elements in brackets.
func cutData(v []byte) (text []byte, ok bool) {
	if bytes.HasPrefix(v, []byte("-")) {
		return v[1:], true
	}
	if len(v) == 0 || v[0] != '[' {
		return v, false
	}
	for len(v) > 0 && v[0] == '[' {
		n := element(v)
		if n == 0 {
			return v, false
		}
		v = v[n:]
	}
	return v, true
}

// element is the length of the element of structured data with which v begins,
// 0 when it has no end.
func element(v []byte) int {
	quoted := false
	for i := 1; i < len(v); i++ {
		switch {
		case v[i] == '\\' && quoted:
			i++
		case v[i] == '"':
			quoted = !quoted
		case v[i] == ']' && !quoted:
			return i + 1
		}
	}
	return 0
}

// bsdTime is how RFC 3164 writes a time; the day may have a space for its
// first digit.
const bsdTime = "Mmm dd hh:mm:ss"

// cutTime takes off the time of RFC 3164, or, after a priority, one of RFC
// 3339, which many senders write in its place. Without a priority that could
// be the log's own.
func cutTime(v []byte, prioritised bool) (rest []byte, ok bool) {
	at, rest := word(v)
	if prioritised && isDate(at) {
		return rest, true
	}
	if len(v) < len(bsdTime) || !isMonth(v[:3]) || v[3] != ' ' || v[6] != ' ' || v[9] != ':' || v[12] != ':' {
		return v, false
	}
	_, rest = word(v[len(bsdTime)-2:]) // parts of a second may follow
	return rest, true
}

// cutOrigin takes off host and tag, either of which a sender may leave out.
func cutOrigin(v []byte) []byte {
	if text, ok := cutTag(v); ok {
		return text
	}
	host, rest := word(v)
	if !isHost(host) {
		return v
	}
	if text, ok := cutTag(rest); ok {
		return text
	}
	return rest
}

// cutTag takes off "nginx: " or "haproxy[815]: ".
func cutTag(v []byte) (text []byte, ok bool) {
	tag, rest := word(v)
	name, ok := bytes.CutSuffix(tag, []byte(":"))
	if !ok {
		return v, false
	}
	if open := bytes.IndexByte(name, '['); open > 0 && name[len(name)-1] == ']' {
		name = name[:open]
	}
	return rest, isHost(name) && bytes.IndexByte(name, ':') < 0
}

// word cuts at the first space.
func word(v []byte) (word, rest []byte) {
	word, rest, _ = bytes.Cut(v, []byte(" "))
	return word, rest
}

// isHost tells whether a word may be the name of a host or a program, or an
// address.
func isHost(v []byte) bool {
	for _, c := range v {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && c != '.' && c != '-' && c != '_' && c != ':' && c != '/' {
			return false
		}
	}
	return len(v) > 0
}

// isDate tells whether a word begins as a time of RFC 3339 does.
func isDate(v []byte) bool {
	return len(v) > 10 && digitsOf(v) == 4 && v[4] == '-' && v[7] == '-' && v[10] == 'T'
}

func isMonth(v []byte) bool {
	switch string(v) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	}
	return false
}

// digitsOf is the number of digits with which v begins.
func digitsOf(v []byte) int {
	for i, c := range v {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(v)
}
