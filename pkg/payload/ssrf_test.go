package payload

import "testing"

func TestSSRF(t *testing.T) {
	finds(t, SSRF,
		"http://127.0.0.1/", "http://localhost:8080/admin", "https://LOCALHOST/", "http://0.0.0.0:22", "http://[::1]/", "http://[::]:80/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:ffff:7f00:1]",
		"http://169.254.169.254/latest/meta-data/", "169.254.169.254", "169.254.169.254/latest/meta-data", "http://metadata.google.internal/computeMetadata/v1/", "http://100.100.100.200/latest/",
		"http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.1", "http://0x7f.1/", "http://2852039166/", "http://0/", "http://user@127.0.0.1/",
		"http://good.example@127.0.0.1/", "http://good.example:80@169.254.169.254/", "gopher://127.0.0.1:6379/_INFO", "dict://localhost:11211/stat", "file:///etc/hostname", "ftp://127.0.0.1/", "//127.0.0.1/x", "http://127.0.0.1.nip.io/",
		"http://app.localhost/", "http://kubernetes.default.svc/api", "jar:http://127.0.0.1!/x", "ldap://evil.example/x", "http://[fd00:ec2::254]/latest/", "HTTP://127.0.0.1", "http:\\\\127.0.0.1\\", "url=http://127.0.0.1/", "http://192.168.1.1/admin", "http://10.0.0.5:9200/_cat/indices", "http://[fd12::1]/")
	queries(t, SSRF, "url=http%3A%2F%2F127.0.0.1%2F", "url=http://127.0.0.1/?a=b", `x={"webhook":"http://169.254.169.254/"}`)
	queries(t, 0, "redirect_uri=http://localhost:3000/callback", "redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2F", "returnUrl=http://10.1.2.3/app", "service=http://192.168.1.20:8080/login")
}

func TestNoSSRF(t *testing.T) {
	clean(t,
		"https://example.com/path?x=1&y=2", "https://accounts.google.com/o/oauth2/v2/auth?client_id=1&redirect_uri=https%3A%2F%2Fexample.com%2Fcb", "http://example.com/it", "localhost", "127.0.0.1", "10.0.0.1", "http://203.0.113.7/x",
		"mailto:someone@example.com", "tel:+4930123456", "//cdn.example.com/x.js", "https://user@example.com/", "https://en.wikipedia.org/wiki/Localhost", "what is http://", "2130706433", "https://127tage.example/", "https://localhost.example.com/", "https://zero.example/0/")
	var a Analyser
	for _, v := range []string{"http://localhost:3000/app", "https://www.example.com/?q=shoes+and+socks#top", "http://127.0.0.1/", "android-app://com.google.android.gm/"} {
		if got := a.Header([]byte(v)); got != 0 {
			t.Errorf("Header(%q) = %v", v, got)
		}
	}
}
