package accesslog

import (
	"strings"
	"testing"
)

func combinedTest(t *testing.T) func(in, want string) {
	return func(in, want string) {
		t.Helper()
		if got := one(t, Options{Format: "combined", Trusted: trust}, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestCombinedDocumentedLines(t *testing.T) {
	f := combinedTest(t)
	// nginx and Apache, combined
	f(`10.0.0.1 - bob [12/Dec/2019:16:53:29 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8"`,
		`method=GET path=/a protocol=HTTP/1.1 user_agent=curl/8 principal_kind=user principal=bob user=bob time=2019-12-12T16:53:29Z status=200 response_bytes=612 peer_address=10.0.0.1 client_address=10.0.0.1`)
	f(`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"`,
		`method=GET path=/apache_pb.gif protocol=HTTP/1.0 user_agent=Mozilla/4.08 [en] (Win98; I ;Nav) referer=http://www.example.com/start.html principal_kind=user principal=frank user=frank time=2000-10-10T20:55:36Z status=200 response_bytes=2326 peer_address=127.0.0.1 client_address=127.0.0.1`)
	// common, without referer and agent
	f(`127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326`,
		`method=GET path=/apache_pb.gif protocol=HTTP/1.0 principal_kind=user principal=frank user=frank time=2000-10-10T20:55:36Z status=200 response_bytes=2326 quality=[no_user_agent] peer_address=127.0.0.1 client_address=127.0.0.1`)
	// Apache's vhost_combined
	f(`shop.example:443 192.0.2.7 - - [01/Mar/2024:00:00:00 +0100] "POST /login?next=/%61 HTTP/2.0" 302 - "-" "-"`,
		`method=POST host=shop.example path=/login query=next=/%61 protocol=HTTP/2.0 time=2024-02-29T23:00:00Z status=302 quality=[no_bytes] peer_address=192.0.2.7 client_address=192.0.2.7`)
	// WSO2's access log begins with a host that is unknown
	f(`- 127.0.0.1 - - [12/Dec/2019:16:53:29 +0530] "POST /token HTTP/1.1" - 125 "-" "-"`,
		`method=POST path=/token protocol=HTTP/1.1 time=2019-12-12T11:23:29Z response_bytes=125 quality=[status_unknown] peer_address=127.0.0.1 client_address=127.0.0.1`)
}

func TestCombinedTails(t *testing.T) {
	f := combinedTest(t)
	const head = ` - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "-" "a"`
	const row = `method=GET path=/ protocol=HTTP/1.1 user_agent=a `
	const at = `time=2019-12-12T16:53:29Z status=200 response_bytes=0 `
	f(`10.0.0.1`+head+` "198.51.100.1"`, row+`forwarded_for=198.51.100.1 `+at+`peer_address=10.0.0.1 client_address=198.51.100.1`)
	f(`10.0.0.1`+head+` "-"`, row+at+`peer_address=10.0.0.1 client_address=10.0.0.1`)
	f(`10.0.0.1`+head+` "198.51.100.1, 10.1.2.3" 0.005 0.004`,
		row+`forwarded_for=198.51.100.1, 10.1.2.3 `+at+`duration=5000000 upstream_duration=4000000 peer_address=10.0.0.1 client_address=198.51.100.1`)
	f(`192.0.2.1`+head+` 1.250 -`, row+at+`duration=1250000000 peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`192.0.2.1`+head+` 12345 trailing "words"`, row+at+`peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestCombinedNamesNobodyByAHeaderInItsFirstColumn(t *testing.T) {
	f := combinedTest(t)
	const head = ` [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "-" "a"`
	const row = `method=GET path=/ protocol=HTTP/1.1 user_agent=a `
	const at = `time=2019-12-12T16:53:29Z status=200 response_bytes=0 quality=[bad_forwarded]`
	f(`198.51.100.1, 192.0.2.1 - -`+head, row+`forwarded_for=198.51.100.1, 192.0.2.1 `+at)
	f(`x, 10.0.0.1, 192.0.2.1 - -`+head, row+`forwarded_for=x, 10.0.0.1, 192.0.2.1 `+at)
	f(`198.51.100.1,  -`+head, row+`forwarded_for=198.51.100.1,  - `+at)
	f(`198.51.100.1, 192.0.2.1 - -`+head+` "192.0.2.7"`, row+`forwarded_for=192.0.2.7 `+at)
}

func TestCombinedCutInItsLastField(t *testing.T) {
	combinedTest(t)(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "-" "curl/8 (half`,
		`method=GET path=/ protocol=HTTP/1.1 user_agent=curl/8 (half time=2019-12-12T16:53:29Z status=200 response_bytes=0 quality=[truncated] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestCombinedOddRequests(t *testing.T) {
	f := combinedTest(t)
	line := func(request string) string {
		return `192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "` + request + `" 400 0 "-" "a"`
	}
	const tail = ` user_agent=a time=2019-12-12T16:53:29Z status=400 response_bytes=0 `
	const from = `peer_address=192.0.2.1 client_address=192.0.2.1`
	f(line("-"), strings.TrimSpace(tail)+` quality=[bad_request] `+from)
	f(line(""), strings.TrimSpace(tail)+` quality=[bad_request] `+from)
	f(line("GET /old"), `method=GET path=/old`+tail+`quality=[bad_request] `+from)
	f(line("GET /a b?c d HTTP/1.1"), `method=GET path=/a b query=c d protocol=HTTP/1.1`+tail+from)
	f(line("GET http://h.example:81/p?q=1 HTTP/1.1"), `method=GET host=h.example:81 path=/p query=q=1 protocol=HTTP/1.1`+tail+from)
	f(line("GET http://h.example?q=/1 HTTP/1.1"), `method=GET host=h.example path=/ query=q=/1 protocol=HTTP/1.1`+tail+from)
	f(line("GET http://h.example HTTP/1.1"), `method=GET host=h.example path=/ protocol=HTTP/1.1`+tail+from)
	f(line("CONNECT h.example:443 HTTP/1.1"), `method=CONNECT host=h.example:443 protocol=HTTP/1.1`+tail+from)
	f(line("OPTIONS * HTTP/1.1"), `method=OPTIONS path=* protocol=HTTP/1.1`+tail+from)
	f(line(`GET /?a=\x22b\x22 HTTP/1.1`), `method=GET path=/ query=a="b" protocol=HTTP/1.1`+tail+from)
	f(line(`GET /?a=\"b\\c\" HTTP/1.1`), `method=GET path=/ query=a="b\c" protocol=HTTP/1.1`+tail+from)
	f(line(`GET /%2e%2E/%00?a=%27 HTTP/1.1`), `method=GET path=/%2e%2E/%00 query=a=%27 protocol=HTTP/1.1`+tail+from)
	f(line(`\x16\x03\x01\x02`), "path=\x16\x03\x01\x02"+tail+`quality=[bad_request] `+from)
	f(line(`\x16\x03\xFF\xC3\xA4`), "path=\x16\x03"+`\xFFä`+tail+`quality=[bad_encoding bad_request] `+from)
	f(line("GET /\xff HTTP/1.1"), `method=GET path=/\xFF protocol=HTTP/1.1`+tail+`quality=[bad_encoding] `+from)
	f(line("GET /größe HTTP/1.1"), `method=GET path=/größe protocol=HTTP/1.1`+tail+from)
}

func TestCombinedForgedUser(t *testing.T) {
	f := combinedTest(t)
	f(`192.0.2.1 - a [01/Jan/2001:00:00:00 +0000] \x22GET /forged HTTP/1.1\x22 200 1 [12/Dec/2019:16:53:29 +0000] "GET /true HTTP/1.1" 401 0 "-" "a"`,
		`method=GET path=/true protocol=HTTP/1.1 user_agent=a user=a [01/Jan/2001:00:00:00 +0000] "GET /forged HTTP/1.1" 200 1 time=2019-12-12T16:53:29Z status=401 response_bytes=0 peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`192.0.2.1 - John Doe [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 401 0 "-" "a "quoted" word"`,
		`method=GET path=/ protocol=HTTP/1.1 user_agent=a "quoted user=John Doe time=2019-12-12T16:53:29Z status=401 response_bytes=0 peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestCombinedAddresses(t *testing.T) {
	f := combinedTest(t)
	const rest = ` - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "-" "a"`
	const row = `method=GET path=/ protocol=HTTP/1.1 user_agent=a time=2019-12-12T16:53:29Z status=200 response_bytes=0`
	f(`2001:db8::1`+rest, row+` peer_address=2001:db8::1 client_address=2001:db8::1`)
	f(`::ffff:192.0.2.1`+rest, row+` peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`fe80::1%eth0`+rest, row+` peer_address=fe80::1 client_address=fe80::1`)
	f(`unix:`+rest, row)
	// a client may ask for any host, and have an ident server say anything
	f(`203.0.113.9 192.0.2.1`+rest, strings.Replace(row, ` path`, ` host=203.0.113.9 path`, 1)+` peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`[2001:db8::9]:443 192.0.2.1`+rest, strings.Replace(row, ` path`, ` host=[2001:db8::9] path`, 1)+` peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`192.0.2.1 203.0.113.9`+rest[2:], row+` quality=[bad_forwarded]`)
	f(`client.example`+rest, row)
}

func TestCombinedMalformed(t *testing.T) {
	f := combinedTest(t)
	f(`garbage`, `rejected: no time in brackets`)
	f(`{"json":1}`, `rejected: no time in brackets`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000]`, `rejected: no quoted request`)
	f(`192.0.2.1 - - [12/Dec/2019 16:53:29 +0000] "GET / HTTP/1.1" 200 0`, `rejected: unreadable time`)
	f(`192.0.2.1 - - [32/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0`, `rejected: unreadable time`)
	f(`192.0.2.1 - - [29/Feb/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0`, `rejected: unreadable time`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1`, `rejected: no closing quote`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "http://refe`, `rejected: no closing quote`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" OK 0`, `rejected: status is not a number`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1"`, `rejected: status is not a number`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 many`, `rejected: size is not a number`)
	f(` [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0`, `rejected: nothing before the time`)
	f("192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] \"GET /\x00 HTTP/1.1\" 200 0", `rejected: NUL bytes`)
}
