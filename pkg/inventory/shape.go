package inventory

import "bytes"

const (
	maxWord    = 48 // bytes of a segment that can be a word
	minHash    = 8
	minToken   = 8
	longToken  = 20 // from here on fewer signs are needed
	ofOneBlock = 32 // letters and digits without a separator are no word from here on
)

// shapeOf gives the kind of value that a segment without its extension is, or
// word. It depends on the bytes alone.
func shapeOf(s []byte) kind {
	v := examine(s)
	switch {
	case v.odd:
		return oddShape(s)
	case v.ats > 0 && isEmail(s):
		return email
	case v.dots == 2 && bytes.HasPrefix(s, []byte("eyJ")):
		return opaque // a JWT
	case v.digits == 0:
		return longShape(s, v)
	case v.digits == len(s):
		return numberShape(s)
	case v.colons > 0:
		return shapeOf(s[:bytes.IndexByte(s, ':')]) // "4711:cancel"
	}
	if k := fixedShape(s, v); k != word {
		return k
	}
	if k := compoundShape(s, v); k != word {
		return k
	}
	if k := opaqueShape(s, v); k != word {
		return k
	}
	return longShape(s, v)
}

// fixedShape knows the values with digits that a grammar describes.
func fixedShape(s []byte, v survey) kind {
	letters := v.upper + v.lower
	switch {
	case isUUID(s):
		return uuid
	case isDate(s):
		return date
	case letters == 0 && v.dots == 3 && v.dots+v.digits == len(s):
		return ip
	case isRelease(s, v):
		return version
	case v.digits+letters == len(s):
		return blockShape(s, v)
	}
	return word
}

// blockShape is for letters and digits alone.
func blockShape(s []byte, v survey) kind {
	switch {
	case v.hex+v.digits == len(s) && len(s) >= minHash:
		return hash
	case isULID(s, v):
		return ulid
	case len(s) >= ofOneBlock:
		return opaque
	}
	return opaqueShape(s, v)
}

// opaqueShape is for ids whose digits stand among their letters, as in
// "dQw4w9WgXcQ"; words have theirs at the end.
func opaqueShape(s []byte, v survey) kind {
	dense, long := 3*v.shifts > len(s), len(s) >= longToken
	switch {
	case len(s) < minToken:
	case dense && (long || v.returns >= 2):
		return opaque
	case long && v.returns >= 2 && v.dots == 0 && v.dashes <= 1:
		return opaque
	}
	return word
}

// compoundShape finds a value beside a word: "order-12345", "app.3f2a1b9c",
// "report-2024-05-01", "cus_9s6XKzkNRiz8i3".
func compoundShape(s []byte, v survey) kind {
	if n := len(s) - len("-2024-05-01"); n > 0 && isSeparator(s[n]) && isDate(s[n+1:]) {
		return date
	}
	if v.dashes+v.dots == 0 {
		return numberedShape(s, v)
	}
	for rest := s; len(rest) > 0; {
		var part []byte
		part, rest = cutPart(rest)
		switch k := partShape(part); {
		case k == hash, k != word && len(rest) == 0 && k != id:
			return k
		case k == id && len(rest) == 0 && len(part) >= 3 && lettersOnly(s[:len(s)-len(part)-1]):
			return id
		}
	}
	return word
}

func partShape(part []byte) kind {
	v := examine(part)
	switch {
	case len(part) == 0 || v.digits == 0:
		return word
	case v.digits == len(part):
		return numberShape(part)
	}
	return blockShape(part, v)
}

// numberedShape is for "INV0012345": letters, then five digits or more.
func numberedShape(s []byte, v survey) kind {
	if v.digits >= 5 && lettersOnly(s[:len(s)-v.digits]) {
		return id
	}
	return word
}

func numberShape(s []byte) kind {
	if len(s) == 8 && isDay(s[:4], s[4:6], s[6:]) {
		return date
	}
	return id
}

func oddShape(s []byte) kind {
	if i := bytes.Index(s, []byte("%40")); i > 0 && bytes.IndexByte(s[i:], '.') > 0 {
		return email
	}
	return text
}

// longShape is for what is too long for a word.
func longShape(s []byte, v survey) kind {
	switch {
	case v.dots == len(s):
		return text // "..", and the empty segment
	case len(s) <= maxWord && (len(s) < ofOneBlock || v.dashes+v.dots > 0 || v.digits == 0):
		return word
	case v.dashes >= 2:
		return slug
	}
	return opaque
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '.' }

// cutPart cuts before the first separator.
func cutPart(s []byte) (part, rest []byte) {
	for i, c := range s {
		if isSeparator(c) {
			return s[:i], s[i+1:]
		}
	}
	return s, nil
}

func lettersOnly(s []byte) bool {
	for _, c := range s {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(s) > 0
}

func isEmail(s []byte) bool {
	at := bytes.IndexByte(s, '@')
	return at > 0 && bytes.IndexByte(s[at:], '.') > 1
}
