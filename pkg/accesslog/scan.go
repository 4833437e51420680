package accesslog

import "bytes"

// token takes the word up to the next space off the front of v.
func token(v []byte) (word, rest []byte) {
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	i := bytes.IndexByte(v, ' ')
	if i < 0 {
		return v, nil
	}
	return v[:i], v[i+1:]
}

// quoted takes a quoted field and the space after it off the front of v. The
// closing quote is the first unescaped one that a space or the end follows,
// so that a writer that does not escape quotes is still read.
func quoted(v []byte) (field, rest []byte, ok bool) {
	if len(v) == 0 || v[0] != '"' {
		return nil, nil, false
	}
	for at := 1; ; {
		i := bytes.IndexByte(v[at:], '"')
		if i < 0 {
			return nil, nil, false
		}
		end := at + i
		if backslashes(v[1:end])%2 == 0 {
			if end+1 == len(v) {
				return v[1:end], nil, true
			}
			if v[end+1] == ' ' {
				return v[1:end], v[end+2:], true
			}
		}
		at = end + 1
	}
}

// backslashes counts the backslashes at the end of v.
func backslashes(v []byte) int {
	n := 0
	for n < len(v) && v[len(v)-1-n] == '\\' {
		n++
	}
	return n
}
