package payload

import "bytes"

// template finds code in the brackets of a template language. A name between
// them is none: {{user.name}} and ${name} stand in mails and documents.
func template(t *text) bool {
	for _, b := range [...]struct {
		open, close string
		code        func([]byte) bool
	}{
		{"{{", "}}", computes},
		{"${", "}", computes},
		{"#{", "}", computes},
		{"*{", "}", computes},
		{"@{", "}", arithmetic},
		{"@(", ")", arithmetic},
		{"<%", "%>", anything},
		{"{%", "%}", directive},
		{"[[", "]]", arithmetic},
		{"<#", ">", directive},
	} {
		if between(t.low, b.open, b.close, b.code) {
			return true
		}
	}
	return t.has("#set($", "#set ($", "[[${", "__${", "freemarker.template", "{php}", "#evaluate(", "#parse(", "<esi:", "__subclasses__", "__globals__", "__builtins__") ||
		len(t.low) < 64 && hasPrefix(t.low, "{") && between(t.low, "{", "}", onlyArithmetic)
}

// between tells whether what stands between open and its close, anywhere in v,
// is code.
func between(v []byte, open, end string, code func([]byte) bool) bool {
	for {
		n := index(v, open)
		if n < 0 {
			return false
		}
		v = v[n+len(open):]
		inside := v
		if n := index(v, end); n >= 0 {
			inside = v[:n]
		} else if len(end) > 1 {
			return false
		}
		if code(inside) {
			return true
		}
	}
}

func anything(v []byte) bool { return len(bytes.TrimSpace(v)) > 0 }

// computes tells whether v calculates with numbers, calls something, or reaches
// into objects.
func computes(v []byte) bool {
	if arithmetic(v) || callsInside(v) {
		return true
	}
	for _, s := range [...]string{"__", "|attr", "['", "[\"", ".class", ".constructor", "constructor.", "request.application", "self.", "config.items", "_self.env", "settings.secret_key", "${{", "%s*"} {
		if index(v, s) >= 0 {
			return true
		}
	}
	word := bytes.TrimSpace(v)
	return string(word) == "config" || string(word) == "self" || string(word) == "dump(app)"
}

// callsInside tells whether a word with ( directly behind it stands in v.
func callsInside(v []byte) bool {
	for i := 1; i+1 < len(v); i++ {
		if v[i] == '(' && isWord(v[i-1]) {
			return true
		}
	}
	return false
}

// arithmetic tells whether two numbers are calculated with, or a number and a
// string: 7*7, 7*'7'.
func arithmetic(v []byte) bool {
	for i := 1; i < len(v); i++ {
		if c := v[i]; c != '*' && c != '+' && c != '-' && c != '/' && c != '%' {
			continue
		}
		left := bytes.TrimRight(v[:i], " '\"")
		right := skip(v[i+1:], func(c byte) bool { return c == ' ' || c == '\'' || c == '"' || c == '*' })
		if len(left) > 0 && isDigit(left[len(left)-1]) && len(right) > 0 && isDigit(right[0]) && startsNumber(left) {
			return true
		}
	}
	return false
}

func onlyArithmetic(v []byte) bool {
	return arithmetic(v) && isAll(v, func(c byte) bool { return isDigit(c) || c == '*' || c == '+' || c == ' ' || c == '-' || c == '/' })
}

// directive tells whether v begins as a statement of a template does.
func directive(v []byte) bool {
	v = skip(v, func(c byte) bool { return isSpace(c) || c == '-' || c == '#' })
	switch string(leading(v, isLetter)) {
	case "if", "for", "set", "import", "include", "extends", "block", "macro", "with", "debug", "assign", "list", "filter", "raw", "load", "call", "print":
		return true
	}
	return false
}
