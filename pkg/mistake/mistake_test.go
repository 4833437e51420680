package mistake

import "testing"

func TestErrorTellsPlaceAndHint(t *testing.T) {
	f := func(m Mistake, want string) {
		t.Helper()
		if m.Error() != want {
			t.Errorf("%s, want %s", m, want)
		}
	}
	f(Mistake{File: "a.yml", Line: 3, Column: 5, Message: "wrong", Hint: "mend it"}, "a.yml:3:5: wrong (mend it)")
	f(Mistake{File: "a.yml", Message: "wrong"}, "a.yml: wrong")
	if got := (List{{File: "a", Message: "x"}, {File: "b", Message: "y"}}).Error(); got != "a: x\nb: y" {
		t.Errorf("%q", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"api", "path", "paths", "listen", "transport"}
	f := func(word, want string) {
		t.Helper()
		if got := Nearest(word, names); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
	f("aip", "")
	f("pth", "path")
	f("lisen", "listen")
	f("trnsprt", "transport")
	f("listen", "listen")
	f("elvish", "")
	f("x", "")
	f("", "")
}
