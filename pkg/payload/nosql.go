package payload

// nosql finds the operators of document stores where a value was expected:
// user[$ne], {"$gt":""}, $where.
func nosql(t *text) bool {
	for v := t.low; ; {
		n := index(v, "$")
		if n < 0 {
			return scriptCondition(t)
		}
		before := byte(0)
		if n > 0 {
			before = v[n-1]
		}
		v = v[n+1:]
		name := leading(v, isLetter)
		if isOperator(string(name)) && isKey(before, v[len(name):]) {
			return true
		}
	}
}

func isOperator(name string) bool {
	switch name {
	case "ne", "eq", "gt", "gte", "lt", "lte", "in", "nin", "not", "or", "and", "nor", "regex", "exists", "where",
		"expr", "jsonschema", "elemmatch", "function", "accumulator", "lookup", "unionwith":
		return true
	}
	return false
}

// isKey tells whether an operator stands as a key does: in brackets, or in
// quotes or a brace with a colon behind it.
func isKey(before byte, after []byte) bool {
	if before == '[' {
		return len(after) > 0 && after[0] == ']'
	}
	if before == '"' || before == '\'' {
		if len(after) == 0 || after[0] != before {
			return false
		}
		after = after[1:]
	} else if before != '{' && before != ',' && before != ' ' && before != 0 {
		return false
	}
	after = skip(after, isSpace)
	return len(after) > 0 && after[0] == ':'
}

// scriptCondition finds JavaScript behind a quote, as $where runs it.
func scriptCondition(t *text) bool {
	if !t.has("'", "\"") {
		return false
	}
	return t.has("this.password", "this.username", "return true", "';return ", "return(true)", "db.getcollection", "db.version()", "; while(", ";while(", "'||'1'=='1", "' || '1'=='1", "\"||\"1\"==\"1", "'||1==1", "' || 1==1", "|| true//", "||true//")
}
