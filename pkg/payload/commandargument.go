package payload

import "bytes"

// argument tells whether v continues a command with what looks like its
// argument rather than like the next word of a sentence.
func argument(v []byte) bool {
	rest := skip(v, isShellSpace)
	if len(v) > 1 && (v[0] == '>' || v[0] == '<') {
		return true
	}
	if len(rest) < 1 || len(rest) == len(v) {
		return false
	}
	switch c := rest[0]; {
	case c == '*':
		return true
	case isDigit(c):
		after := skip(skip(rest, isDigit), isSpace)
		return len(after) == 0 || separatorSize(after) > 0 || index(rest, ".") > 0 && index(rest, " ") < 0
	case len(rest) < 2:
		return c == '/' || c == '.'
	case c == '-':
		return isLetter(rest[1]) || rest[1] == '-'
	case c == '/' || c == '~' || c == '$' || c == '>' || c == '<':
		return !isSpace(rest[1])
	case c == '.':
		return rest[1] == '/' || rest[1] == '.'
	}
	return isDrive(rest) || hasPrefix(rest, "http://") || hasPrefix(rest, "https://") || hasPrefix(rest, "ftp://") ||
		index(rest, " /add") > 0 || hasFile(rest)
}

func isShellSpace(c byte) bool { return isSpace(c) || c == '+' }

// hasFile tells whether the first word of v is the name of a file that
// attackers look for or bring.
func hasFile(v []byte) bool {
	word := leading(v, func(c byte) bool { return isWord(c) || c == '.' || c == '/' || c == '-' })
	for _, end := range [...]string{".php", ".txt", ".conf", ".log", ".sh", ".ini", ".env", ".key", ".pem", ".aspx", ".jsp", ".exe", ".bat"} {
		if len(word) > len(end) && bytes.HasSuffix(word, []byte(end)) {
			return true
		}
	}
	return false
}
