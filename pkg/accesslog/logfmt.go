package accesslog

import "bytes"

// logfmtPair takes the first key=value pair off a line of logfmt. A value in
// quotes comes without them and with its escapes; its end is a quote that no
// backslash stands before.
func logfmtPair(v []byte) (key, value, rest []byte, quoted, ok bool) {
	v = bytes.TrimLeft(v, " ")
	at := bytes.IndexByte(v, '=')
	if at <= 0 || bytes.IndexByte(v[:at], ' ') >= 0 {
		return nil, nil, nil, false, false
	}
	key, v = v[:at], v[at+1:]
	if len(v) == 0 || v[0] != '"' {
		value, rest, _ = bytes.Cut(v, []byte{' '})
		return key, value, rest, false, true
	}
	for end := 1; end < len(v); end++ {
		i := bytes.IndexByte(v[end:], '"')
		if i < 0 {
			break
		}
		if end += i; backslashes(v[1:end])%2 == 0 {
			return key, v[1:end], v[end+1:], true, true
		}
	}
	return nil, nil, nil, false, false
}
