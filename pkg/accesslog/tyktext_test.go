package accesslog

import "testing"

func TestTykText(t *testing.T) {
	f := golden(t, Options{Format: "tyk"})
	const line = `time="Jan 29 08:27:09" level=info api_id=b1a41c9a89984ffd7bb7d4e3c6844ded api_key=9a5cc0de api_name=httpbin client_ip="::1" host="localhost:8080" latency_total=62 method=GET org_id=678e6771247d80fd2c435bf3 path=/get prefix=access-log protocol=HTTP/1.1 remote_addr="[::1]:63251" status=200 upstream_addr="http://httpbin.org/get" upstream_latency=61 user_agent=PostmanRuntime/7.43.0`
	f(line, `method=GET host=localhost:8080 path=/get protocol=HTTP/1.1 user_agent=PostmanRuntime/7.43.0 principal_kind=key principal=9a5cc0de api=httpbin tenant=678e6771247d80fd2c435bf3 time=2029-01-29T08:27:09Z status=200 duration=62000000 upstream_duration=61000000 quality=[no_bytes time_assumed] peer_address=::1 client_address=::1`)
	// the last day of the year before, no key, an agent in quotes that would be more
	f(`time="Dec 31 23:59:59" level=info api_key=00000000 client_ip=6.6.6.6 method=GET path=/ prefix=access-log remote_addr="10.0.0.1:1" status=404 user_agent="a \"b\" prefix=main"`,
		`method=GET path=/ user_agent=a "b" prefix=main forwarded_for=6.6.6.6 time=2029-12-31T23:59:59Z status=404 quality=[no_bytes time_assumed] peer_address=10.0.0.1 client_address=10.0.0.1`)
	f(`time="2024-05-01T10:00:00Z" level=info method=GET path=/ prefix=access-log status=200 user_agent=`,
		`method=GET path=/ time=2024-05-01T10:00:00Z status=200 quality=[no_bytes]`)
	golden(t, Options{Format: "tyk", ClientHeader: "X-Real-IP"})(
		`time="Jan 29 08:27:09" level=info client_ip=198.51.100.66 method=GET path=/ prefix=access-log remote_addr="10.0.0.1:5" status=200 user_agent=a`,
		`method=GET path=/ user_agent=a time=2029-01-29T08:27:09Z status=200 quality=[no_bytes time_assumed] peer_address=10.0.0.1 client_address=198.51.100.66`)
	f(`time="Jan 29 08:27:09" level=info msg="Gateway started" prefix=main`, skipped)
	f(`time="Jan 29 08:27:09" level=info msg="no prefix"`, skipped)
	f(`garbage`, `rejected: not as the pattern has it`)
	f(`a=b`, `rejected: not as the pattern has it`)
	f(`prefix=access-log user_agent="open`, `rejected: not as the pattern has it`)
	f(`prefix=access-log level=info`, `rejected: no quoted request`)
}

func TestTykBehindATrustedHopDoesNotTakeWhatItTookFromAHeader(t *testing.T) {
	golden(t, Options{Format: "tyk"})(
		`{"client_ip":"6.6.6.6","method":"GET","path":"/","prefix":"access-log","remote_addr":"10.0.0.1:5","status":200,"time":"2025-01-29T08:27:09Z","user_agent":"a"}`,
		`method=GET path=/ user_agent=a forwarded_for=6.6.6.6 time=2025-01-29T08:27:09Z status=200 quality=[no_bytes] peer_address=10.0.0.1 client_address=10.0.0.1`)
}
