package unfold

import "bytes"

// What a byte may be a part of.
const (
	hasSign  = 1 << iota // by itself worth a closer look: % \ and control characters
	hasAmp               // an entity
	hasWide              // the first byte of an overlong or a wide character
	hasSpace             // a run
	hasSlash             // a comment, an empty segment
)

var classes = classTable()

func classTable() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = hasSign
	}
	t['%'], t['\\'] = hasSign, hasSign
	t['&'], t[' '], t['/'] = hasAmp, hasSpace, hasSlash
	for _, c := range []byte{0xc0, 0xc1, 0xc2, 0xca, 0xe0, 0xe2, 0xe3, 0xef, 0xf0, 0xf8, 0xfc} {
		t[c] = hasWide
	}
	return t
}

// CanUnfold tells whether v may have forms. It is a scan without memory: where
// it says no there are none.
func CanUnfold(v []byte) bool {
	v = cut(v)
	var m uint8
	for _, c := range v {
		m |= classes[c]
	}
	return m&(hasSign|hasWide) != 0 ||
		m&hasAmp != 0 && hasEntity(v) ||
		m&hasSpace != 0 && bytes.Contains(v, doubleSpace) ||
		m&hasSlash != 0 && hasSlashes(v) ||
		HasBase64(v)
}

// CanUnfoldQuery tells the same for the text of a query.
func CanUnfoldQuery(v []byte) bool {
	return bytes.IndexByte(cut(v), '+') >= 0 || CanUnfold(v)
}

// hasSlashes tells whether a comment may begin in v or a segment be left out.
func hasSlashes(v []byte) bool {
	for i := 0; ; {
		n := bytes.IndexByte(v[i:], '/')
		if n < 0 || i+n+1 >= len(v) {
			return false
		}
		i += n + 1
		switch v[i] {
		case '*', '.':
			return true
		case '/':
			if i < 2 || v[i-2] != ':' || i+1 < len(v) && v[i+1] == '/' {
				return true
			}
		}
	}
}
