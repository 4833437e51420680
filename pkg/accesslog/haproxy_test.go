package accesslog

import (
	"strings"
	"testing"
	"time"
)

const haproxySample = `Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"`

func haproxyTest(t *testing.T) func(in, want string) {
	return func(in, want string) {
		t.Helper()
		if got := one(t, Options{Format: "haproxy", Trusted: trust, Zone: time.FixedZone("", 3600)}, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestHAProxyDocumentedLines(t *testing.T) {
	f := haproxyTest(t)
	const bare = `10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"`
	const row = `method=GET path=/index.html protocol=HTTP/1.1 time=2009-02-06T11:14:14.655Z status=200 response_bytes=2750 duration=109000000 upstream_duration=99000000 quality=[no_user_agent bytes_on_wire] peer_address=10.0.1.2 client_address=10.0.1.2`
	f(haproxySample, row)
	f(bare, row)
	f(`<134>Feb  6 12:14:14 haproxy[1]: `+bare, row)
	f(`<134>1 2009-02-06T12:14:14.655+01:00 lb1 haproxy 14389 - - `+bare, row)
	f(`10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1"`, row)
	// httpslog
	f(`10.0.1.2:33317 [06/Feb/2009:12:14:14.655] https-in~ static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1" 0/0/0/0/0 1wt.eu/TLSv1.3/TLS_AES_256_GCM_SHA384`,
		`method=GET host=1wt.eu path=/index.html protocol=HTTP/1.1 tls_version=TLSv1.3 time=2009-02-06T11:14:14.655Z status=200 response_bytes=2750 duration=109000000 upstream_duration=99000000 quality=[no_user_agent bytes_on_wire] peer_address=10.0.1.2 client_address=10.0.1.2`)
}

func TestHAProxyVariations(t *testing.T) {
	f := haproxyTest(t)
	const head = `2001:db8::1:3331 [06/Feb/2009:12:14:14.655] in b/s `
	const at = `time=2009-02-06T11:14:14.655Z `
	const from = ` peer_address=2001:db8::1 client_address=2001:db8::1`
	f(head+`10/0/30/+69/+109 200 +2750 PHPSESSID=abc - ---- 1/1/1/1/0 0/0 {a b | c "#7D#22} {x|} "POST https://h.example/a#22#23?q HTTP/2.0"`,
		`method=POST host=h.example path=/a"# query=q protocol=HTTP/2.0 session=abc `+at+`status=200 response_bytes=2750 duration=109000000 upstream_duration=99000000 quality=[no_user_agent bytes_on_wire]`+from)
	f(head+`10/-1/-1/-1/50 503 212 - - SC-- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`,
		`method=GET path=/ protocol=HTTP/1.1 `+at+`status=503 response_bytes=212 duration=50000000 quality=[no_user_agent bytes_on_wire]`+from)
	f(head+`10/0/5/-1/50 -1 0 - - CH-- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`,
		`method=GET path=/ protocol=HTTP/1.1 `+at+`status=0 response_bytes=0 duration=50000000 quality=[no_user_agent bytes_on_wire]`+from)
	f(head+`10/0/5/-1/50 -1 0 - - sH-- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`,
		`method=GET path=/ protocol=HTTP/1.1 `+at+`response_bytes=0 duration=50000000 quality=[no_user_agent status_unknown bytes_on_wire]`+from)
	f(head+`-1/-1/-1/-1/3 400 187 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"`,
		at+`status=400 response_bytes=187 duration=3000000 quality=[no_user_agent bytes_on_wire bad_request]`+from)
	if got, want := one(t, Options{Format: "haproxy"}, `unix:1 [06/Feb/2009:12:14:14.655] in b/s 0/0/0/0/0 200 0 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`),
		`method=GET path=/ protocol=HTTP/1.1 time=2009-02-06T12:14:14.655Z status=200 response_bytes=0 duration=0 upstream_duration=0 quality=[no_user_agent bytes_on_wire time_assumed]`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestHAProxyCutLines(t *testing.T) {
	f := haproxyTest(t)
	const head = `192.0.2.1:3331 [06/Feb/2009:12:14:14.655] in b/s 1/0/1/1/3 200`
	const row = `time=2009-02-06T11:14:14.655Z status=200 response_bytes=27 duration=3000000 upstream_duration=2000000 quality=[no_user_agent bytes_on_wire truncated] peer_address=192.0.2.1 client_address=192.0.2.1`
	bad := strings.Replace(row, "truncated", "truncated bad_request", 1)
	f(head+` 27 - - ---- 1/1/1/1/0 0/0 {some agent`, bad)
	f(head+` 27 - - ---- 1/1/1/1/0 0/0 "GET /inde`, `method=GET path=/inde `+row)
	f(head+` 27 - - ---- 1/1/1/1/0 0/0 "GET /inde?a=b HTT`, `method=GET path=/inde query=a=b HTT `+row)
	f(head+` 27 - - ---- 1/1/1/1/0 0/0 "PO`, `method=PO `+row)
	f(head+` 27`, bad)
}

func TestHAProxyOtherLines(t *testing.T) {
	skipped := func(line string) {
		t.Helper()
		b := parse(t, Options{Format: "haproxy"}, line+"\n")
		if b.Rows() != 0 || len(b.Rejected) != 0 || b.Skipped != 1 {
			t.Errorf("%s: %d rows, rejected %v, %d skipped", line, b.Rows(), b.Rejected, b.Skipped)
		}
	}
	skipped(`Feb  6 12:12:09 localhost haproxy[14385]: Proxy http-in started.`)
	skipped(`Feb  6 12:12:56 localhost haproxy[14387]: 10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0`)
	skipped(`Dec  3 18:27:14 localhost haproxy[6103]: 127.0.0.1:56059 [03/Dec/2012:17:35:10.380] frt/f1: Connection error during SSL handshake`)
	f := haproxyTest(t)
	f(`garbage`, `rejected: no time in brackets`)
	f(sample, `rejected: no time in brackets`)
	f(`1.2.3.4:5 [06/Feb/2009:12:14:14.655] in b/s 1/0/1/1/3 OK 27 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`, `rejected: status is not a number`)
	f(`1.2.3.4:5 [36/Feb/2009:12:14:14.655] in b/s 1/0/1/1/3 200 27 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`, `rejected: no time in brackets`)
}
