package payload

import "bytes"

// ofStructure are the kinds whose sign is the structure of a JSON document
// rather than a text in it.
const ofStructure = NoSQL | Prototype | Deserialisation | JNDI | Template

// isJSON tells whether v has the look of a JSON object or array.
func isJSON(v []byte) bool {
	v = bytes.TrimSpace(v)
	if len(v) < 2 {
		return false
	}
	inside := bytes.TrimSpace(v[1 : len(v)-1])
	switch {
	case v[0] == '{' && v[len(v)-1] == '}':
		return len(inside) == 0 || inside[0] == '"' && bytes.IndexByte(inside, ':') > 0
	case v[0] == '[' && v[len(v)-1] == ']':
		return len(inside) == 0 || inside[0] == '"' || inside[0] == '{' || inside[0] == '['
	}
	return false
}

// json looks at the structure of a document, then at each string in it by
// itself: its quotes, braces and commas are no signs.
func (a *Analyser) json() Kinds {
	k := a.whole.kinds(ofStructure)
	for v := a.whole.raw; ; {
		n := bytes.IndexByte(v, '"')
		if n < 0 {
			return k
		}
		v = v[n+1:]
		v = v[a.readString(v):]
		if suspicious(a.leaf, signsOf(a.leaf), a.whole.place) {
			a.part.reset(a.whole.name, a.leaf, a.whole.place)
			k |= a.part.kinds(allKinds)
		}
	}
}

// readString reads the string that v continues with into leaf, and returns the
// size of it with its closing quote.
func (a *Analyser) readString(v []byte) int {
	a.leaf = a.leaf[:0]
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '"' {
			return i + 1
		}
		if c == '\\' && i+1 < len(v) {
			i++
			c = escaped(v[i])
		}
		a.leaf = append(a.leaf, c)
	}
	return len(v)
}

// escaped is the character of a letter behind a backslash.
func escaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
