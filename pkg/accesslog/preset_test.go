package accesslog

import "testing"

// skipped is what one gives for a line without a request.
const skipped = "0 rows and 0 rejected"

// golden gives a test of what a format makes of a record. Proxies in 10.0.0.0/8
// are trusted.
func golden(t *testing.T, o Options) func(in, want string) {
	o.Trusted = trust
	return func(in, want string) {
		t.Helper()
		if got := one(t, o, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}
