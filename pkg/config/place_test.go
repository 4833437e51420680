package config

import (
	"testing"

	"github.com/goccy/go-yaml/parser"
)

func TestPlaceOf(t *testing.T) {
	const file = "api:\n  listen: x\nsources:\n  - name: a\n    paths: [b, c]\n  - name: d\n"
	f := func(line, column int, wantSection, wantTop string) {
		t.Helper()
		tree, err := parser.ParseBytes([]byte(file), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := placeOf(tree.Docs[0].Body, line, column).section(); got != wantSection {
			t.Errorf("%d:%d is in the section %q, want %q", line, column, got, wantSection)
		}
		if got := sectionAt(tree, line); got != wantTop {
			t.Errorf("line %d is under %q, want %q", line, got, wantTop)
		}
	}
	f(1, 1, "", "api")
	f(2, 3, "api.", "api")
	f(2, 11, "api.listen.", "api")
	f(4, 5, "sources[].", "sources")
	f(5, 13, "sources[].paths[].", "sources")
	f(6, 5, "sources[].", "sources")
	f(9, 9, "", "sources")
	f(0, 0, "", "")
}

// TestRemove takes out entries until nothing is left.
func TestRemove(t *testing.T) {
	tree, err := parser.ParseBytes([]byte("a: 1\nb: [x, y]\n"), 0)
	if err != nil {
		t.Fatal(err)
	}
	body := tree.Docs[0].Body
	f := func(line, column int, removed bool, left string) {
		t.Helper()
		if got := placeOf(body, line, column).remove(); got != removed || body.String() != left {
			t.Errorf("%d:%d: removed %v, left %q", line, column, got, body.String())
		}
	}
	f(1, 2, true, "b: [x, y]")
	f(2, 5, true, "b: [y]")
	f(2, 5, false, "b: [y]")
	f(2, 1, true, "{}")
}
