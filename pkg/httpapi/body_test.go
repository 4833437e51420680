package httpapi

import "testing"

// What is wrong with a body is told by the names that stand in it, in words.
func TestWrongTypes(t *testing.T) {
	w := newWorld(t)
	f := func(path, body, name, reason string) {
		t.Helper()
		p := w.problem(w.do(change(path, body)), badParameters)
		if len(p.Invalid) != 1 || p.Invalid[0].Name != name || p.Invalid[0].Reason != reason {
			t.Errorf("%s: got %+v", body, p.Invalid)
		}
	}
	f("blocks", `{"target":"192.0.2.7","lifetime_seconds":1.5,"reason":"r"}`, "lifetime_seconds", "want a whole number, not a number 1.5")
	f("blocks", `{"target":"192.0.2.7","lifetime_seconds":60,"reason":7}`, "reason", "want a text, not a number")
	f("blocks", `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"r","dry_run":"yes"}`, "dry_run", "want true or false, not a string")
	f("blocks", `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"r","terms":{"rate":"x"}}`, "terms.rate", "want a number, not a string")
	f("blocks", `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"r","terms":[]}`, "terms", "want an object, not a array")
	for _, reason := range []string{` `, `\u001b[31m`, `one\ntwo`, `a\u0000`} {
		if p := w.problem(w.do(change("approvals/00000000000000a1/reject", `{"reason":"`+reason+`"}`)), badParameters); p.Invalid[0].Name != "reason" {
			t.Errorf("%q: %+v", reason, p.Invalid)
		}
	}
}
