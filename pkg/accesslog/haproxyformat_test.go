package accesslog

import "testing"

// haproxyDefault is what "option httplog" stands for, by the manual.
const haproxyDefault = `log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r"`

func TestHAProxyLogFormat(t *testing.T) {
	f := patternTest(t, "haproxy")
	const line = `10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"`
	const row = `method=GET path=/index.html protocol=HTTP/1.1 time=2009-02-06T12:14:14.655Z status=200 response_bytes=2750 duration=109000000 upstream_duration=99000000 quality=[no_user_agent bytes_on_wire time_assumed] peer_address=10.0.1.2 client_address=10.0.1.2`
	f(haproxyDefault, line, row)
	f(haproxyDefault, `Feb  6 12:14:14 localhost haproxy[14389]: `+line, row)
	f(haproxyDefault, `<134>1 2009-02-06T12:14:14Z localhost haproxy 14389 - - `+line, row)
	f(`%ci:%cp %ST %{+Q}r`, `2001:db8::5:1:3331 200 "GET / HTTP/1.1"`,
		`method=GET path=/ protocol=HTTP/1.1 time=2030-01-01T00:00:00Z status=200 quality=[no_bytes no_user_agent time_assumed] peer_address=2001:db8::5:1 client_address=2001:db8::5:1`)
	f(`%ci %[src,debug] "%[var(txn.user_agent)]" "%[var(txn.honeymoat_decision)]" %trg %HM %HPO?%HQ %HV %ST %U %{+Q,-E}ID %sslv 100%%`,
		`192.0.2.1 192.0.2.1 "a #22b#22 c" "flag 0123456789abcdef" 06/Feb/2009:12:14:14 +0000 GET /a?b=c HTTP/1.1 403 99 "id1" TLSv1.3 100%`,
		`method=GET path=/a query=b=c protocol=HTTP/1.1 user_agent=a "b" c tls_version=TLSv1.3 request_id=id1 decision_id=0123456789abcdef decision_action=flag time=2009-02-06T12:14:14Z status=403 request_bytes=99 quality=[no_bytes bytes_on_wire] peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`log-format %{+Q}o\ %ci\ %ST\ %r`, `"192.0.2.1" "200" "GET / HTTP/1.1"`,
		`method=GET path=/ protocol=HTTP/1.1 time=2030-01-01T00:00:00Z status=200 quality=[no_bytes no_user_agent time_assumed] peer_address=192.0.2.1 client_address=192.0.2.1`)
	refused(t, "haproxy", `%ci %ST`, "no request")
	refused(t, "haproxy", `%{+Q r`, "no closing }")
	refused(t, "haproxy", `%[src`, "no closing ]")
	refused(t, "haproxy", `%r %`, "want a variable")
}

func BenchmarkHAProxyLogFormat(b *testing.B) {
	benchmark(b, Options{Format: "haproxy", Pattern: haproxyDefault}, haproxySample)
}
