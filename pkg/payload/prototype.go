package payload

// prototype finds keys that lead to the prototype of all objects of JavaScript.
func prototype(t *text) bool {
	if t.has("constructor[prototype]", "constructor.prototype", "constructor][prototype", "\"constructor\":{\"prototype\"") {
		return true
	}
	const name = "__proto__"
	for from := 0; ; {
		n := index(t.low[from:], name)
		if n < 0 {
			return false
		}
		at := from + n
		from = at + len(name)
		if isAccess(t.low, at-1) || isAccess(t.low, from) {
			return true
		}
	}
}

// isAccess tells whether the byte v[i] reaches into an object.
func isAccess(v []byte, i int) bool {
	if i < 0 || i >= len(v) {
		return false
	}
	switch v[i] {
	case '[', ']', '.':
		return i+1 < len(v) || v[i] != '.'
	case '"', '\'':
		return true
	}
	return false
}
