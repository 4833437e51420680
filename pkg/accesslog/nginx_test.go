package accesslog

import (
	"strings"
	"testing"
)

const nginxCombined = `log_format combined '$remote_addr - $remote_user [$time_local] '
	'"$request" $status $body_bytes_sent '
	'"$http_referer" "$http_user_agent"';`

// patternTest gives a function that reads a line by a pattern.
func patternTest(t *testing.T, format string) func(pattern, in, want string) {
	return func(pattern, in, want string) {
		t.Helper()
		if got := one(t, Options{Format: format, Pattern: pattern, Trusted: trust}, in); got != want {
			t.Errorf("%.200s\n%.300s\n got %.400s\nwant %.400s", pattern, in, got, want)
		}
	}
}

// refused checks that patterns are refused with a message.
func refused(t *testing.T, format, pattern, want string) {
	t.Helper()
	if _, err := NewReader(Options{Format: format, Pattern: pattern}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %s", pattern, err, want)
	}
}

func TestNginxDirectives(t *testing.T) {
	f := patternTest(t, "nginx")
	const row = `method=GET path=/a protocol=HTTP/1.1 user_agent=curl/8 principal_kind=user principal=bob user=bob time=2019-12-12T16:53:29Z status=200 response_bytes=612 peer_address=10.0.0.1 client_address=10.0.0.1`
	const line = `10.0.0.1 - bob [12/Dec/2019:16:53:29 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8"`
	f(nginxCombined, line, row)
	f(`$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`, line, row)
	f("log_format x escape=default \"$remote_addr - ${remote_user} [$time_local] \\\"$request\\\" $status $body_bytes_sent \\\"$http_referer\\\" \\\"$http_user_agent\\\"\";", line, row)
	// behind a load balancer, with times
	f(`$realip_remote_addr $remote_addr [$time_iso8601] "$request_method $host$request_uri $server_protocol" $status $bytes_sent $request_length $request_time $upstream_response_time $request_id $ssl_protocol`,
		`10.0.0.1 198.51.100.2 [2024-05-01T12:00:00+02:00] "POST shop.example/a?b=c HTTP/2.0" 201 900 300 0.250 0.100, 0.050 : - 0f3b TLSv1.3`,
		`method=POST host=shop.example path=/a query=b=c protocol=HTTP/2.0 tls_version=TLSv1.3 request_id=0f3b time=2024-05-01T10:00:00Z status=201 request_bytes=300 response_bytes=900 duration=250000000 upstream_duration=150000000 quality=[no_user_agent bytes_on_wire] peer_address=10.0.0.1 client_address=198.51.100.2`)
	f(`$remote_addr|$http_x_forwarded_for|$msec|$uri$is_args$args|$request_method|$status|$honeymoat_decision|$cookie_sessionid|$http_x_api_key`,
		`10.0.0.1|198.51.100.7|1714557600.250|/p?q=1|GET|403|deny 0123456789abcdef|s1|k1`,
		`method=GET path=/p query=q=1 forwarded_for=198.51.100.7 principal_kind=key principal=k1 session=s1 decision_id=0123456789abcdef decision_action=deny time=2024-05-01T10:00:00.25Z status=403 quality=[no_bytes no_user_agent] peer_address=10.0.0.1 client_address=198.51.100.7`)
}

func TestNginxEscaping(t *testing.T) {
	f := patternTest(t, "nginx")
	const from = ` time=2024-05-01T10:00:00Z status=200 quality=[no_bytes] peer_address=192.0.2.1 client_address=192.0.2.1`
	const at = `192.0.2.1 [01/May/2024:10:00:00 +0000] `
	const format = `$remote_addr [$time_local] "$request" $status "$http_user_agent"`
	f(format, at+`"GET /\x22\xC3\xA4 HTTP/1.1" 200 "a\x22b\x5C"`, `method=GET path=/"ä protocol=HTTP/1.1 user_agent=a"b\`+from)
	f(`log_format j escape=json '`+format+`';`, at+`"GET /\u00e4\" HTTP/1.1" 200 "a\"b\\"`, `method=GET path=/ä" protocol=HTTP/1.1 user_agent=a"b\`+from)
	f(`log_format j escape=none '`+format+`';`, at+`"GET /\x22 HTTP/1.1" 200 "a"b"`, `method=GET path=/\x22 protocol=HTTP/1.1 user_agent=a"b`+from)
}

func TestNginxMalformed(t *testing.T) {
	f := patternTest(t, "nginx")
	const format = `[$time_local] "$request" $status`
	f(format, `garbage`, `rejected: not as the pattern has it`)
	f(format, `[01/May/2024:10:00:00 +0000] "GET / HTTP/1.1"`, `rejected: not as the pattern has it`)
	f(format, `[yesterday] "GET / HTTP/1.1" 200`, `rejected: not as the pattern has it`)
	f(format, `[01/May/2024:10:00:00 +0000] "GET / HTTP/1.1" OK`, `rejected: not as the pattern has it`)
	f(format, `[01/May/2024:10:00:00 +0000] "" -`, `rejected: no quoted request`)
	f(format, `[01/May/2024:10:00:00 +0000] "\x16\x03" 400`, "path=\x16\x03"+` time=2024-05-01T10:00:00Z status=400 quality=[no_bytes no_user_agent bad_request]`)
	refused(t, "nginx", " ", "no pattern")
	refused(t, "nginx", "log_format main", "want a name and a format")
	refused(t, "nginx", "log_format main 'x", "no closing '")
	refused(t, "nginx", "log_format main escape=html '$request'", "want default, json or none")
	refused(t, "nginx", "$remote_addr $status", "no request")
	refused(t, "nginx", "$request$status", "nothing stands between $request and $status")
}

func BenchmarkNginx(b *testing.B) {
	benchmark(b, Options{Format: "nginx", Pattern: nginxCombined}, sample)
}
