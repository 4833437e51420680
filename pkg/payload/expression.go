package payload

// expression finds code of Java in an expression language: OGNL, SpEL, EL, and
// the chains of properties that lead to a class loader.
func expression(t *text) bool {
	if t.has("java.lang.", "class.module.classloader", "class.classloader") {
		return true
	}
	if t.signs&(strange|paren) == 0 {
		return false
	}
	if t.has("@java.lang", "@java.io", "@org.apache", "#_memberaccess", "getruntime(",
		"new java.", "t(java.", "t(org.", "t(javax.", "class.forname(", ".getclass(",
		"scriptenginemanager", "#context[", "xwork.", "${script:", "${dns:", "${url:", "${const:",
		"opensymphony", "ognlcontext", "ognlutil", "processbuilder(") {
		return true
	}
	return expressionBrackets(t.low) || variableAssigned(t.low)
}

// expressionBrackets finds %{…} of Struts with a calculation, a call or a
// variable in it.
func expressionBrackets(v []byte) bool {
	return between(v, "%{", "}", func(inside []byte) bool {
		return computes(inside) || len(inside) > 1 && (inside[0] == '#' || inside[0] == '(')
	})
}

// variableAssigned finds (#a=… and (#a.b( and (#a[….
func variableAssigned(v []byte) bool {
	for {
		n := index(v, "(#")
		if n < 0 {
			return false
		}
		v = v[n+2:]
		name := leading(v, isWord)
		rest := skip(v[len(name):], isSpace)
		if len(name) > 0 && !isDigit(name[0]) && len(rest) > 1 && (rest[0] == '=' || rest[0] == '[' || rest[0] == '.' && isWord(rest[1])) {
			return true
		}
	}
}
