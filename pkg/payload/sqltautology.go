package payload

// sqlTautology finds a condition that was put behind a value: or 1=1, and
// 'a'='a, || true, xor(…).
func sqlTautology(t *text) bool {
	breaks := breaksOut(t)
	for from := 0; from < len(t.low); {
		n, size := nextLogic(t.low[from:])
		if n < 0 {
			return false
		}
		at := from + n
		from = at + size
		if (breaks && leavesValue(t.low[:at]) || isAll(t.low[:at], isClosing)) && condition(t.low[from:]) {
			return true
		}
	}
	return false
}

// nextLogic finds the next or, and, xor, having, where, || or &&.
func nextLogic(v []byte) (at, size int) {
	for i := range v {
		switch v[i] {
		case '|', '&':
			if i+1 < len(v) && v[i+1] == v[i] {
				return i, 2
			}
		case 'o', 'a', 'x', 'h', 'w':
			if size := logicWord(v, i); size > 0 {
				return i, size
			}
		}
	}
	return -1, 0
}

// logicWord is the size of the word of logic at v[i], or 0.
func logicWord(v []byte, i int) int {
	if i > 0 && (isLetter(v[i-1]) || v[i-1] == '_') {
		return 0
	}
	for _, w := range [...]string{"or", "and", "xor", "having", "where"} {
		end := i + len(w)
		if hasPrefix(v[i:], w) && end < len(v) && !isLetter(v[end]) && v[end] != '_' {
			return len(w)
		}
	}
	return 0
}

// leavesValue tells whether what stands before a word of logic ends a value: a
// quote, a parenthesis, or a number that began it.
func leavesValue(v []byte) bool {
	for len(v) > 0 && isSpace(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	if len(v) == 0 {
		return false
	}
	switch v[len(v)-1] {
	case '\'', '"', '`', ')', '%':
		return true
	}
	return startsNumber(v) && len(v) < 24
}

// condition tells whether v begins with a comparison of two values that are no
// names: 1=1, 'a'='a, "x" like "x, 2>1, not 3=4, (5)=(5).
func condition(v []byte) bool {
	v = skip(v, isOpening)
	if hasPrefix(v, "not") {
		v = skip(v[3:], isOpening)
	}
	left := operand(v)
	if left == 0 {
		return isTruth(v)
	}
	rest := skip(v[left:], isClosing)
	size := comparison(rest)
	if size == 0 {
		return false
	}
	return operand(skip(rest[size:], isOpening)) > 0
}

// isTruth tells whether v is true or false, and nothing more.
func isTruth(v []byte) bool {
	word := string(leading(v, isLetter))
	return (word == "true" || word == "false") && isAll(v[len(word):], isClosing)
}

func isOpening(c byte) bool {
	return isSpace(c) || c == '(' || c == '!' || c == '~' || c == '-' || c == '+'
}
func isClosing(c byte) bool { return isSpace(c) || c == ')' }

// operand is the size of the number or string that v begins with.
func operand(v []byte) int {
	if len(v) == 0 {
		return 0
	}
	if isDigit(v[0]) {
		return len(leading(v, isWord))
	}
	if v[0] != '\'' && v[0] != '"' && v[0] != '`' {
		return 0
	}
	for i := 1; i < len(v); i++ {
		if v[i] == v[0] {
			return i + 1
		}
	}
	return len(v)
}

// comparison is the size of the operator that v begins with.
func comparison(v []byte) int {
	for _, op := range [...]string{"<=>", "<>", "!=", "<=", ">=", "==", "=", "<", ">", "like", "rlike", "between", "regexp", "in"} {
		if hasPrefix(v, op) && (!isLetter(op[0]) || len(v) == len(op) || !isWord(v[len(op)])) {
			return len(op)
		}
	}
	return 0
}
