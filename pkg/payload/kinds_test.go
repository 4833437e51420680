package payload

import (
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	var all Kinds
	for _, name := range KindNames() {
		k, ok := ParseKind(name)
		if !ok || k == 0 || all&k != 0 || k.String() != name {
			t.Errorf("%q is %v, %v", name, k, ok)
		}
		all |= k
	}
	if all != allKinds || !slices.Equal(all.Names(), KindNames()) {
		t.Errorf("the names make %b, want %b", all, allKinds)
	}
	if _, ok := ParseKind("nothing"); ok || Kinds(0).String() != "" {
		t.Error("nothing has a name")
	}
	if got := (XSS | SQLi).String(); got != "sqli,xss" {
		t.Errorf("two kinds are %q", got)
	}
}
