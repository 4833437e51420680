package sigma

import (
	"strings"
	"testing"
)

// What people write who do not know YAML is told with what to do about it.
func TestSlipsInYAML(t *testing.T) {
	f := func(lines, want string) {
		t.Helper()
		const before = "title: First\n---\ntitle: T\nlogsource: {category: webserver}\ndetection:\n  sel:\n"
		_, mistakes := Parse(Options{}, Source{"s.yml", []byte(before + lines + "\n  condition: sel\n")})
		if got := mistakes.Error(); !strings.Contains(got, want) {
			t.Errorf("%s\nis told as %s\nwant %s", lines, got, want)
		}
	}
	f("\tpath: x", "7:1: a tab stands where the line is indented (indent by blanks, not tabs)")
	f("    path: x\n  \t host: y", "8:3: a tab stands where the line is indented")
	f("    path: *.php", "7:11: nothing before has the anchor &.php (text that begins with * is put in quotes: '*.php')")
	f("    path: [*.php, x]", "text that begins with * is put in quotes: '*.php'")
	f("    path: @x # why", "7:11: '@' is a reserved character (put it in quotes: '@x')")
	f("    path:\n      - `it's`", "8:9: '`' is a reserved character (put it in quotes: '`it''s`')")
	f("    path: |x", "put it in quotes: '|x'")
	f("    path: a: b", "7:11: mapping value is not allowed in this context (put it in quotes: 'a: b')")
	f("    path: [x", "7:11: ',' or ']' must be specified (close it with ], or put it in quotes: '[x')")
	f("    path: {x", "7:11: could not find flow map content (close it with }, or put it in quotes: '{x')")
	f("    path: [x] y", "(the value ends before the line does; put all of it in quotes: '[x] y')")
	f("    path: 'it's'", "in single quotes a ' is written twice")
	f("    path: 'open", "7:11: could not find end character of single-quoted text (close the quote")
	f(`    path: "\d+"`, `in double quotes a \ begins an escape`)
	f("    path: - x", "begin the list on a line of its own")
	f("    path: x\n    path: y", "8:5: mapping key \"path\" already defined in line 7 (give it another name")
	f("    path: x\n   host: y", "8:4: value is not allowed in this context (the indentation differs from that of line 7)")
	f("    path: x\n\n    # more\n      host: y", "10:7: value is not allowed in this context. map key-value is pre-defined (the indentation differs from that of line 7)")
	f("    path:\n      - a\n     - b", "9:6: value is not allowed in this context (the indentation differs from that of line 8)")
}
