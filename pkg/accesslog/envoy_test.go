package accesslog

import "testing"

const envoySample = `[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"`

func TestEnvoyDefaultFormat(t *testing.T) {
	f := golden(t, Options{Format: "envoy"})
	const row = `method=POST host=locations path=/api/v1/locations protocol=HTTP/2 user_agent=nsq2http forwarded_for=10.0.35.28 request_id=cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2 time=2016-04-15T20:17:00.31Z status=204 request_bytes=154 response_bytes=0 duration=226000000 upstream_duration=100000000`
	f(envoySample, row)
	const tail = ` "curl \"x" "id" "h.example" "-"`
	f(`[2016-04-15T20:17:00.310Z] "GET /a?b HTTP/1.1" 0 DC 0 0 15 - "203.0.113.9, 198.51.100.2"`+tail,
		`method=GET host=h.example path=/a query=b protocol=HTTP/1.1 user_agent=curl \"x forwarded_for=203.0.113.9, 198.51.100.2 request_id=id time=2016-04-15T20:17:00.31Z status=0 request_bytes=0 response_bytes=0 duration=15000000`)
	f(`[2016-04-15T20:17:00.310Z] "- - HTTP/1.1" 400 DPE 0 11 0 - "-" "-" "-" "-" "-"`,
		`protocol=HTTP/1.1 time=2016-04-15T20:17:00.31Z status=400 request_bytes=0 response_bytes=11 duration=0 quality=[bad_request]`)
	golden(t, Options{Format: "envoy", ForwardedAppended: true})(
		`[2016-04-15T20:17:00.310Z] "GET / HTTP/1.1" 200 - 0 5 1 1 "6.6.6.6, 198.51.100.2"`+tail,
		`method=GET host=h.example path=/ protocol=HTTP/1.1 user_agent=curl \"x forwarded_for=6.6.6.6, 198.51.100.2 request_id=id time=2016-04-15T20:17:00.31Z status=200 request_bytes=0 response_bytes=5 duration=1000000 upstream_duration=1000000 peer_address=198.51.100.2 client_address=198.51.100.2`)
	// Istio's
	f(`[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" "curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin.foo.svc.cluster.local default`,
		`method=GET host=httpbin:8000 path=/status/418 protocol=HTTP/1.1 user_agent=curl/7.73.0-DEV request_id=84961386-6d84-929d-98bd-c5aee93b5c88 api=default time=2020-11-25T21:26:18.409Z status=418 request_bytes=0 response_bytes=135 duration=3000000 upstream_duration=1000000 peer_address=10.44.1.23 client_address=10.44.1.23`)
}

func TestEnvoyForgedFieldsAreNoAddress(t *testing.T) {
	f := golden(t, Options{Format: "envoy", ForwardedAppended: true})
	const head = `[2016-04-15T20:17:00.310Z] "GET / HTTP/1.1" 200 - 0 5 1 1 `
	const row = `method=GET host=real.example path=/ protocol=HTTP/1.1 user_agent=`
	const rest = ` request_id=id time=2016-04-15T20:17:00.31Z status=200 request_bytes=0 response_bytes=5 duration=1000000 upstream_duration=1000000 quality=[bad_forwarded]`
	// the agent says it is the fields after it: one reading, and the right host
	f(head+`"198.51.100.2" "x" "forged" "forged.example" "1.1.1.1:1" "id" "real.example" "10.0.0.1:80"`,
		row+`x" "forged" "forged.example" "1.1.1.1:1`+rest)
	// the forwarded-for says it is the agent
	f(head+`"6.6.6.6" "x, 198.51.100.2" "curl" "id" "real.example" "10.0.0.1:80"`, row+`x, 198.51.100.2" "curl`+rest)
	// the forwarded-for says the line is Istio's
	f(`[2016-04-15T20:17:00.310Z] "GET / HTTP/1.1" 200 - 0 5 1 1 "x" 0 0 0 0 "y" "ua" "id" "h" "u" c l d 6.6.6.6:1 s r, 198.51.100.2" "curl" "id" "real.example" "10.0.0.1:80"`,
		row+`ua" "id" "h" "u" c l d 6.6.6.6:1 s r, 198.51.100.2" "curl`+rest)
	// the path says it is the whole line
	f(`[2016-04-15T20:17:00.310Z] "GET /x HTTP/1.1" 200 - 0 0 1 1 "6.6.6.6" "a" "i" "h" "u" HTTP/1.1" 200 - 0 5 1 1 "198.51.100.2" "curl" "id" "real.example" "10.0.0.1:80"`,
		`method=GET host=real.example path=/x protocol=HTTP/1.1 user_agent=a" "i" "h" "u" HTTP/1.1" 200 - 0 5 1 1 "198.51.100.2" "curl request_id=id time=2016-04-15T20:17:00.31Z status=200 request_bytes=0 response_bytes=0 duration=1000000 upstream_duration=1000000 quality=[bad_forwarded]`)
}

func TestEnvoyPatterns(t *testing.T) {
	f := patternTest(t, "envoy")
	f(`[%START_TIME(%Y/%m/%dT%H:%M:%S%z %s)%] %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_ADDRESS% %REQ(:METHOD)% %REQ(:PATH):64% %PROTOCOL% %RESPONSE_CODE% %ROUTE_NAME% %DOWNSTREAM_TLS_VERSION% %RESPONSE_DURATION% %DOWNSTREAM_WIRE_BYTES_SENT% %BYTES_SENT% %REQ(X-API-KEY?AUTHORIZATION)% %RESP(SERVER)% %FOO(a,b)% 100%%`+"\n",
		`[2016/04/15T20:17:00+0000 1460751420] 10.0.0.1 198.51.100.2:4711 GET /a?b HTTP/1.1 200 pets TLSv1.3 12 900 700 k1 envoy x 100%`,
		`method=GET path=/a query=b protocol=HTTP/1.1 principal_kind=key principal=k1 tls_version=TLSv1.3 api=pets time=2016-04-15T20:17:00Z status=200 response_bytes=900 upstream_duration=12000000 quality=[no_user_agent bytes_on_wire] peer_address=10.0.0.1 client_address=198.51.100.2`)
	const end = ` quality=[no_bytes no_user_agent status_unknown]`
	time := func(operator, in, want string) {
		t.Helper()
		f(operator+` %REQ(:PATH)%`, in+` /x`, `path=/x time=`+want+` quality=[no_bytes no_user_agent status_unknown bad_request]`)
	}
	time(`%START_TIME(%Y-%m-%d %H:%M:%S.%3f)%`, `2016-04-15 20:17:00.310`, `2016-04-15T20:17:00.31Z`)
	time(`%START_TIME(%d/%b/%Y:%H:%M:%E3S %Ez)%`, `15/Apr/2016:20:17:00.310 +00:00`, `2016-04-15T20:17:00.31Z`)
	time(`%START_TIME(%s%3f)%`, `1460751420310`, `2016-04-15T20:17:00.31Z`)
	time(`%START_TIME(%s.%6f)%`, `1460751420.310001`, `2016-04-15T20:17:00.310001Z`)
	f(`%START_TIME_LOCAL(%F %T)% %REQ(:METHOD)% %REQ(:AUTHORITY)%%REQ(:PATH)%`, `2016-04-15 20:17:00 GET h.example/x`,
		`method=GET host=h.example path=/x time=2016-04-15T20:17:00Z quality=[no_bytes no_user_agent status_unknown time_assumed]`)
	f(`%START_TIME% %REQ(:METHOD)% %REQ(:PATH)%`, `garbage`, `rejected: not as the pattern has it`)
	f(`%START_TIME% %REQ(:METHOD)% %REQ(:PATH)%`, `2016-04-15T20:17:00Z GET /`, `method=GET path=/ time=2016-04-15T20:17:00Z`+end)
	golden(t, Options{Format: "envoy"})(`garbage`, `rejected: not as the pattern has it`)
	refused(t, "envoy", `%START_TIME%`, "no request")
	refused(t, "envoy", `%REQ(:PATH)`, "want a command operator")
	refused(t, "envoy", `%REQ(:PATH%`, "no closing parenthesis")
	refused(t, "envoy", `%REQ(:PATH)% %`, "want a command operator")
}
