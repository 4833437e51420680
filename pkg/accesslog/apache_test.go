package accesslog

import "testing"

const apacheCombined = `LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined`

func TestApacheDirectives(t *testing.T) {
	f := patternTest(t, "apache")
	const line = `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"`
	const row = `method=GET path=/apache_pb.gif protocol=HTTP/1.0 user_agent=Mozilla/4.08 [en] (Win98; I ;Nav) referer=http://www.example.com/start.html principal_kind=user principal=frank user=frank time=2000-10-10T20:55:36Z status=200 response_bytes=2326 peer_address=127.0.0.1 client_address=127.0.0.1`
	f(apacheCombined, line, row)
	f(`"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\""`, line, row)
	f(`%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`, line, row)
	f(`%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"`, line, row)
	f(`logformat '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"' c`, line, row)
	f(`"%r" %h`, `"GET / HTTP/1.1" 192.0.2.1`, `method=GET path=/ protocol=HTTP/1.1 time=2030-01-01T00:00:00Z quality=[no_bytes no_user_agent status_unknown time_assumed] peer_address=192.0.2.1 client_address=192.0.2.1`)
	// vhost_combined and combinedio
	f(`LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost_combined`,
		`shop.example:443 192.0.2.7 - - [01/Mar/2024:00:00:00 +0100] "POST /login HTTP/2.0" 302 512 "-" "-"`,
		`method=POST host=shop.example path=/login protocol=HTTP/2.0 time=2024-02-29T23:00:00Z status=302 response_bytes=512 quality=[bytes_on_wire] peer_address=192.0.2.7 client_address=192.0.2.7`)
	f(`%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i" %I %O`, line+` 300 2600`,
		`method=GET path=/apache_pb.gif protocol=HTTP/1.0 user_agent=Mozilla/4.08 [en] (Win98; I ;Nav) referer=http://www.example.com/start.html principal_kind=user principal=frank user=frank time=2000-10-10T20:55:36Z status=200 request_bytes=300 response_bytes=2600 quality=[bytes_on_wire] peer_address=127.0.0.1 client_address=127.0.0.1`)
}

func TestApacheFields(t *testing.T) {
	f := patternTest(t, "apache")
	const end = ` quality=[no_bytes no_user_agent status_unknown]`
	const line = `GET /x `
	const row = `method=GET path=/x time=`
	time := func(format, in, want string) { t.Helper(); f(`%m %U `+format, line+in, row+want+end) }
	time(`%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t`, `01/May/2024 10:00:00.042 +0200`, `2024-05-01T08:00:00.042Z`)
	time(`[%{%d/%b/%Y:%H:%M:%S}t.%{usec_frac}t %{%z}t]`, `[01/May/2024:10:00:00.000042 +0000]`, `2024-05-01T10:00:00.000042Z`)
	time(`%{sec}t.%{msec_frac}t`, `1714557600.250`, `2024-05-01T10:00:00.25Z`)
	time(`%{msec}t`, `1714557600250`, `2024-05-01T10:00:00.25Z`)
	time(`%{begin:usec}t %{end:usec}t`, `1714557600250001 1714557700000000`, `2024-05-01T10:00:00.250001Z`)
	time(`%{begin:%F %T %z}t %{end:%F %T %z}t`, `2024-05-01 10:00:00 +0000 2024-05-01 10:00:07 +0000`, `2024-05-01T10:00:00Z`)

	f(`%{c}a %a %t %m %U%q %H %s %{us}T %V`, `10.0.0.1 198.51.100.2 [01/May/2024:10:00:00 +0000] GET /a?b=c HTTP/1.1 404 1500 h.example`,
		`method=GET host=h.example path=/a query=b=c protocol=HTTP/1.1 time=2024-05-01T10:00:00Z status=404 duration=1500000 quality=[no_bytes no_user_agent] peer_address=10.0.0.1 client_address=198.51.100.2`)
	f(`%h "%{X-Forwarded-For}i" %t "%r" %!200,304{User-agent}i %{UNIQUE_ID}e %{SSL_PROTOCOL}x %{JSESSIONID}C "%{honeymoat_decision}n" %k %X %p %^FB 100%%`,
		`10.0.0.1 "198.51.100.2, 10.0.0.9" [01/May/2024:10:00:00 +0000] "GET / HTTP/1.1" - Zq8 TLSv1.3 abc "deny 0123456789abcdef" 0 + 443 12 100%`,
		`method=GET path=/ protocol=HTTP/1.1 forwarded_for=198.51.100.2, 10.0.0.9 session=abc tls_version=TLSv1.3 request_id=Zq8 decision_id=0123456789abcdef decision_action=deny time=2024-05-01T10:00:00Z quality=[no_bytes status_unknown] peer_address=10.0.0.1 client_address=198.51.100.2`)
	f("%h\t%r", "192.0.2.1\tGET /\\\\t\\\"q HTTP/1.1", `method=GET path=/\t"q protocol=HTTP/1.1 time=2030-01-01T00:00:00Z quality=[no_bytes no_user_agent status_unknown time_assumed] peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`%h\t%r`, "192.0.2.1\tGET / HTTP/1.1", `method=GET path=/ protocol=HTTP/1.1 time=2030-01-01T00:00:00Z quality=[no_bytes no_user_agent status_unknown time_assumed] peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`%h %a %r`, `client.example 192.0.2.1 GET / HTTP/1.1`, `method=GET path=/ protocol=HTTP/1.1 time=2030-01-01T00:00:00Z quality=[no_bytes no_user_agent status_unknown time_assumed] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestApacheMalformed(t *testing.T) {
	f := patternTest(t, "apache")
	f(apacheCombined, `garbage`, `rejected: not as the pattern has it`)
	f(apacheCombined, `127.0.0.1 - - [10/Oct/2000:13:55:36] "GET / HTTP/1.0" 200 1 "-" "-"`, `rejected: not as the pattern has it`)
	f(apacheCombined, `127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" many 1 "-" "-"`, `rejected: not as the pattern has it`)
	refused(t, "apache", "", "no pattern")
	refused(t, "apache", `LogFormat "%h`, `no closing "`)
	refused(t, "apache", `%h %>s`, "no request")
	refused(t, "apache", `%r %{Referer`, "want % followed by a directive")
	refused(t, "apache", `%r %`, "want % followed by a directive")
	refused(t, "apache", `%r%h`, "nothing stands between %r and %h")
	refused(t, "apache", `%r %{%T}t`, "it has no year")
	refused(t, "apache", `%r %{%d %Q}t`, "want % followed by one of")
}

func BenchmarkApache(b *testing.B) {
	benchmark(b, Options{Format: "apache", Pattern: apacheCombined}, sample)
}
