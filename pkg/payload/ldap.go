package payload

// ldap finds a value that ends the filter it is put into and begins another:
// *)(uid=*, admin)(&), x)(|(cn=*.
func ldap(t *text) bool {
	if t.has("*(|(", "*(&(") {
		return true
	}
	depth := 0
	for i, c := range t.low {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 && i+1 < len(t.low) && beginsFilter(t.low[i+1:]) {
				return true
			}
		}
	}
	return false
}

// beginsFilter tells whether v begins with (attribute=, (|, (&, (!( or more
// parentheses that close.
func beginsFilter(v []byte) bool {
	v = skip(v, func(c byte) bool { return c == ')' })
	if len(v) < 2 || v[0] != '(' {
		return false
	}
	v = skip(v, func(c byte) bool { return c == '!' || c == '(' })
	if len(v) > 0 && (v[0] == '|' || v[0] == '&') {
		return len(v) < 2 || v[1] == '(' || v[1] == ')' || isLetter(v[1])
	}
	name := leading(v, func(c byte) bool { return isWord(c) || c == '-' || c == ':' || c == '.' })
	rest := v[len(name):]
	if len(name) < 1 || isDigit(name[0]) || len(rest) == 0 {
		return false
	}
	return rest[0] == '=' && !hasPrefix(rest, "==") || hasPrefix(rest, ">=") || hasPrefix(rest, "<=") || hasPrefix(rest, "~=")
}
