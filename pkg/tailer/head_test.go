package tailer

import (
	"strings"
	"testing"
)

func TestStreamsThatBeginAlike(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		if got := beginningOf([]byte(a)).head.like(beginningOf([]byte(b)).head); got != want {
			t.Errorf("%.40q and %.40q: want %v", a, b, want)
		}
	}
	f("a\n", "a\n", true)
	f("a\n", "a\nb\nc", true)
	f("a\nb\n", "a\nc\n", false)
	f("a\nb", "a\nc", true) // half a line tells nothing
	f("a\n", "b\n", false)
	f("", "", false)
	f("half a line", "half a line", false)
	long := strings.Repeat("x", 300)
	f(long, long+"y\n", true)
	f(long+"\n", long+"y\n", false)
	many := strings.Repeat("the same line\n", 8)
	f(many+"a\n", many+"b\n", true) // beyond what is looked at
}

func TestTheFirstLineIsBounded(t *testing.T) {
	f := func(data, want string, known bool) {
		t.Helper()
		first, ok := firstLine([]byte(data))
		if ok != known || string(first) != want {
			t.Errorf("%.40q: got %.40q, %v", data, first, ok)
		}
	}
	f("a\nb\n", "a\n", true)
	f("\n", "\n", true)
	f("a", "a", false)
	f("", "", false)
	f(strings.Repeat("x", 1000), strings.Repeat("x", firstBytes), true)
}
