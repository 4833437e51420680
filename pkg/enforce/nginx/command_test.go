package nginx

import (
	"strings"
	"testing"
)

func TestWhatFailsAgainSaysTheSame(t *testing.T) {
	f := func(said, want string) {
		t.Helper()
		if got := tail([]byte(said)); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
	f("", "")
	f("sudo: a password is required\n", "sudo: a password is required")
	f("2026/11/22 08:55:22 [emerg] 4520#4520: unknown directive \"x\" in /etc/nginx/a.conf:1\nnginx: configuration file /etc/nginx/nginx.conf test failed\n",
		"[emerg] unknown directive \"x\" in /etc/nginx/a.conf:1; nginx: configuration file /etc/nginx/nginx.conf test failed")
	f("a [b] c: d", "a [b] c: d")
	if got := tail([]byte(strings.Repeat("x", 1000))); len(got) != 600+len("…") {
		t.Errorf("%d bytes", len(got))
	}
}
