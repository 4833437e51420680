package decoy

import "bytes"

// AppendClean writes a request's path after dst in the form in which paths
// are compared: percent-decoded once, runs of slashes joined, "." and ".."
// segments resolved, the scheme and authority of an absolute URI dropped. A
// path without a leading slash comes out empty. Letters keep their case. It
// allocates only when dst is too small.
func AppendClean(dst, path []byte) []byte {
	path = originForm(path)
	if len(path) == 0 || path[0] != '/' {
		return dst
	}
	start := len(dst)
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' {
			if b, ok := unhex(path[i+1:]); ok {
				c, i = b, i+2
			}
		}
		if c == '/' {
			dst = closeSegment(dst, start)
		}
		if c != '/' || len(dst) == start || dst[len(dst)-1] != '/' {
			dst = append(dst, c)
		}
	}
	return closeSegment(dst, start)
}

// Clean is AppendClean for text. It does not allocate when the path is clean
// already.
func Clean(path string) string {
	if isClean(path) {
		return path
	}
	return string(AppendClean(nil, []byte(path)))
}

func isClean(path string) bool {
	if path == "" || path[0] != '/' {
		return path == ""
	}
	after := byte('/')
	for i := 1; i < len(path); i++ {
		c := path[i]
		if c == '%' || after == '/' && (c == '/' || c == '.') {
			return false
		}
		after = c
	}
	return true
}

// closeSegment resolves the segment at the end of dst if it is "." or "..".
func closeSegment(dst []byte, start int) []byte {
	out := dst[start:]
	switch {
	case bytes.HasSuffix(out, []byte("/.")):
		return dst[:len(dst)-1]
	case bytes.HasSuffix(out, []byte("/..")):
		parent := bytes.LastIndexByte(out[:len(out)-3], '/')
		return dst[:start+max(0, parent)+1]
	}
	return dst
}

// originForm drops "http://host" in front of a path.
func originForm(path []byte) []byte {
	if len(path) == 0 || path[0] == '/' {
		return path
	}
	_, rest, ok := bytes.Cut(path, []byte("://"))
	slash := bytes.IndexByte(rest, '/')
	if !ok || slash < 0 {
		return nil
	}
	return rest[slash:]
}

func unhex(digits []byte) (byte, bool) {
	if len(digits) < 2 {
		return 0, false
	}
	hi, ok1 := nibble(digits[0])
	lo, ok2 := nibble(digits[1])
	return hi<<4 | lo, ok1 && ok2
}

func nibble(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// appendFolded writes s after dst with ASCII letters in lower case.
func appendFolded(dst, s []byte) []byte {
	for _, c := range s {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// plainBytes are the bytes that neither cleaning nor folding changes,
// wherever they stand; slashes and dots depend on their neighbours.
type plainBytes [256]bool

func newPlainBytes() (p plainBytes) {
	for c := range p {
		p[c] = c != '%' && (c < 'A' || c > 'Z')
	}
	return p
}

// plain tells whether a path that begins with a slash is in the compared form
// already. It may say no to one that is.
func (p *plainBytes) plain(path []byte) bool {
	after := byte('/')
	for _, c := range path[1:] {
		if !p[c] || after == '/' && (c == '/' || c == '.') {
			return false
		}
		after = c
	}
	return true
}
