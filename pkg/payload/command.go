package payload

import "bytes"

// command finds commands of a shell that were put behind a value, whole command
// lines, code of PHP, and server-side includes.
func command(t *text) bool {
	return codeCalls(t) || t.signs&strange != 0 && shellSyntax(t) ||
		t.signs&(strange|semicolon|ampersand) != 0 && separated(t) ||
		commandLine(t)
}

// shellSyntax finds what only a shell reads.
func shellSyntax(t *text) bool {
	return t.has("${ifs", "$ifs", "/dev/tcp/", "/dev/udp/", "2>&1", ">/dev/null", "<!--#") ||
		shellshock(t.low) || backticks(t) || substitution(t)
}

// shellshock finds a function in the place of a variable: () { :;};.
func shellshock(v []byte) bool {
	v = skip(v, isSpace)
	if !hasPrefix(v, "()") {
		return false
	}
	v = skip(v[2:], isSpace)
	return len(v) > 0 && v[0] == '{'
}

// backticks finds a command between backticks.
func backticks(t *text) bool {
	_, rest, found := bytes.Cut(t.low, []byte("`"))
	if !found {
		return false
	}
	inside, _, closed := bytes.Cut(rest, []byte("`"))
	return closed && startsCommand(inside)
}

// substitution finds $(command), <(command) and >(command).
func substitution(t *text) bool {
	for _, opening := range [...]string{"$(", "<(", ">("} {
		if n := t.index(opening); n >= 0 && startsCommand(t.low[n+2:]) {
			return true
		}
	}
	return false
}

// separated finds a command behind a separator.
func separated(t *text) bool {
	for i := 0; i < len(t.low); i++ {
		size := separatorSize(t.low[i:])
		if size == 0 {
			continue
		}
		class, after := readCommand(skip(t.low[i+size:], isBeforeCommand))
		if class == noCommand || t.place == inHeader && t.low[i] == ';' && !argument(after) {
			continue
		}
		operator := size == 2 && t.low[i] != '\\'
		if class == sureCommand && (i == 0 || !followsWord(after)) || argument(after) || isolated(t.low[:i], operator, after) {
			return true
		}
	}
	return false
}

// followsWord tells whether v goes on with a word of a sentence.
func followsWord(v []byte) bool {
	rest := skip(v, isSpace)
	word := leading(rest, isLetter)
	if len(word) == 0 || len(rest) == len(v) {
		return false
	}
	end := rest[len(word):]
	return len(end) == 0 || isSpace(end[0]) || end[0] == ',' || end[0] == '?'
}

// separatorSize is the size of the separator of commands that v begins with.
func separatorSize(v []byte) int {
	switch v[0] {
	case ';', '\n', '\r':
		return 1
	case '\\':
		// A line break as strings are written.
		if len(v) > 2 && (v[1] == 'n' || v[1] == 'r') {
			return 2
		}
	case '|', '&':
		if len(v) > 1 && v[1] == v[0] {
			return 2
		}
		if isEntity(v) {
			return 0
		}
		return 1
	}
	return 0
}

// isEntity tells whether v begins with a character of HTML: &copy;.
func isEntity(v []byte) bool {
	rest := skip(v[1:], isLetter)
	return v[0] == '&' && len(rest) < len(v)-1 && len(rest) > 0 && rest[0] == ';' && (len(rest) == 1 || rest[1] == ' ')
}

func isBeforeCommand(c byte) bool {
	switch c {
	case '|', '&', ';', '(', '{', '`', '+', '$':
		return true
	}
	return isSpace(c)
}

// isolated tells whether a command without an argument stands alone behind a
// separator, or an operator: && or ||. Lists like name;date;id are made of the
// same words, so something else has to be odd: what is before, or a separator
// with nothing behind it.
func isolated(before []byte, operator bool, after []byte) bool {
	rest := skip(after, isSpace)
	if len(rest) > 0 && separatorSize(rest) == 0 && !isCommandEnd(rest[0]) {
		return false
	}
	before = bytes.TrimRight(before, " +")
	switch {
	case len(before) <= 1, operator, closes(before[len(before)-1]), isAll(before, isNumeric):
		return true
	}
	return len(rest) > 0 && len(skip(rest, isBeforeCommand)) == 0
}

// closes tells whether c ends what a value was put into.
func closes(c byte) bool {
	return c == '\'' || c == '"' || c == '`' || c == ')' || c == '}' || c == ']' || c == ';' || c == '|' || c == '&'
}

func isNumeric(c byte) bool { return isDigit(c) || c == '.' || c == '-' }

func isCommandEnd(c byte) bool {
	return c == '#' || c == '`' || c == '+' || c == '"' || c == '\'' || c == ')' || c == '}'
}

// isAll tells whether all of v is like what is told.
func isAll(v []byte, like func(byte) bool) bool { return len(skip(v, like)) == 0 }

// commandLine finds a value that is a command with a path, as a shell left on a
// server is given: cat /etc/passwd, /usr/bin/id.
func commandLine(t *text) bool {
	if t.place != inValue {
		return false
	}
	v := skip(t.low, func(c byte) bool { return isSpace(c) || c == '+' || c == '\'' || c == '"' })
	class, after := readCommand(v)
	if class == noCommand {
		return false
	}
	if t.has("powershell -e", "powershell -nop", "powershell -w", "powershell.exe -", "cmd /c ", "cmd.exe /c") {
		return true
	}
	for _, directory := range [...]string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/"} {
		if hasPrefix(v, directory) {
			return true
		}
	}
	rest := skip(after, isShellSpace)
	if len(rest) < 2 || len(rest) == len(after) {
		return false
	}
	if containsAny(rest, "http://", "https://") && pipedToShell(rest) {
		return true
	}
	program := index(v[:len(v)-len(after)], ".exe") > 0
	return program || systemRoot(rest) || isDrive(rest) || rest[0] == '-' && hasTarget(rest)
}

// pipedToShell tells whether v ends in a pipe that leads to an interpreter.
func pipedToShell(v []byte) bool {
	n := bytes.LastIndexByte(v, '|')
	word := leading(skip(v[n+1:], isShellSpace), isWord)
	switch string(word) {
	case "sh", "bash", "zsh", "ash", "dash", "ksh", "python", "python3", "perl", "php", "ruby", "node":
		return n >= 0
	}
	return false
}

// systemRoot tells whether v begins with one of the first directories of a
// system.
func systemRoot(v []byte) bool {
	return prefixed(v, "/etc/", "/var/", "/usr/", "/bin/", "/sbin/", "/tmp/", "/home/", "/root/", "/proc/", "/dev/", "/opt/", "/mnt/")
}

// hasTarget tells whether a path or the address of a machine is among the words
// behind an option.
func hasTarget(v []byte) bool {
	for len(v) > 0 {
		v = skip(skip(v, isPrint), isSpace)
		if systemRoot(v) {
			return true
		}
		number := leading(v, func(c byte) bool { return isDigit(c) || c == '.' })
		if bytes.Count(number, []byte(".")) == 3 {
			return true
		}
	}
	return false
}

func isPrint(c byte) bool { return !isSpace(c) }

// isDrive tells whether v begins with the root of a drive: c: or c:\.
func isDrive(v []byte) bool {
	return len(v) > 1 && isLetter(v[0]) && v[1] == ':' && (len(v) == 2 || !isWord(v[2]) && v[2] != ' ')
}
