package unfold

import (
	"bytes"
	"testing"
)

func FuzzForms(f *testing.F) {
	for _, s := range []string{
		"", "%2527", "%u0027%c0%af", "a=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg%3D%3D&b=1+2", "&#x3c;&lt;&amp;amp;",
		`\u{27}\x27`, "/*!50000a/*!b*/c*/ \t /*x*/", `\\..\\.//./a`, "http:////x", "＜％２７", ":/.//.//",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		var u Unfolder
		was := bytes.Clone(v)
		check(t, v, u.QueryForms(v), CanUnfoldQuery(v))
		forms := u.Forms(v)
		check(t, v, forms, CanUnfold(v))
		if !bytes.Equal(v, was) {
			t.Fatalf("the value was changed to %q", v)
		}
		for i, form := range forms {
			var again Unfolder
			rest := again.Forms(form)
			if len(rest) < len(forms)-i-1 {
				t.Fatalf("%q: %d forms of form %d, %d of the value", v, len(rest), i, len(forms))
			}
			for j, r := range rest[:len(forms)-i-1] {
				if !bytes.Equal(r, forms[i+1+j]) {
					t.Fatalf("%q: form %d of form %d is %q, not %q", v, j, i, r, forms[i+1+j])
				}
			}
			if len(forms) < MaxForms && len(rest) != len(forms)-i-1 {
				t.Fatalf("%q: form %d brings %q", v, i, rest)
			}
		}
	})
}

// check asks for what every list of forms keeps to.
func check(t *testing.T, v []byte, forms [][]byte, can bool) {
	t.Helper()
	if len(forms) > 0 && !can || len(forms) > MaxForms {
		t.Fatalf("%q: %d forms, expected any: %v", v, len(forms), can)
	}
	last := v
	for i, form := range forms {
		if len(form) > len(last) || len(form) > MaxBytes {
			t.Fatalf("%q: form %d has %d bytes after %d", v, i, len(form), len(last))
		}
		for _, before := range forms[:i] {
			if bytes.Equal(form, before) {
				t.Fatalf("%q: form %d is a repeat", v, i)
			}
		}
		last = form
	}
}
