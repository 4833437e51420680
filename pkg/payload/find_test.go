package payload

import (
	"net/url"
	"testing"
)

// finds asks for a kind in each value, as it is and in a query.
func finds(t *testing.T, want Kinds, values ...string) {
	t.Helper()
	var a Analyser
	for _, v := range values {
		if got := a.Value([]byte(v)); got&want == 0 {
			t.Errorf("Value(%q) = %v, want %v", v, got, want)
		}
		if got := a.Query([]byte("a=1&q=" + url.QueryEscape(v))); got&want == 0 {
			t.Errorf("Query(%q) = %v, want %v", v, got, want)
		}
	}
}

// clean asks for nothing in each value, as it is and in a query.
func clean(t *testing.T, values ...string) {
	t.Helper()
	var a Analyser
	for _, v := range values {
		if got := a.Value([]byte(v)); got != 0 {
			t.Errorf("Value(%q) = %v", v, got)
		}
		if got := a.Query([]byte("a=1&q=" + url.QueryEscape(v))); got != 0 {
			t.Errorf("Query(%q) = %v", v, got)
		}
	}
}

// queries asks for exactly these kinds in raw queries.
func queries(t *testing.T, want Kinds, raws ...string) {
	t.Helper()
	var a Analyser
	for _, raw := range raws {
		if got := a.Query([]byte(raw)); got != want {
			t.Errorf("Query(%q) = %v, want %v", raw, got, want)
		}
	}
}
