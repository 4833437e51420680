package accesslog

import "testing"

func TestCaddy(t *testing.T) {
	f := golden(t, Options{Format: "caddy"})
	// documented
	f(`{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","client_ip":"127.0.0.1","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/","headers":{"User-Agent":["curl/7.82.0"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200}`,
		`method=GET host=localhost path=/ protocol=HTTP/2.0 user_agent=curl/7.82.0 time=2022-03-09T21:30:01.5241024Z status=200 request_bytes=0 response_bytes=10900 duration=929675 peer_address=127.0.0.1 client_address=127.0.0.1`)
	// before 2.5, and with a name for the logger
	f(`{"level":"info","ts":1585597114.7687502,"logger":"http.log.access.log0","msg":"handled request","request":{"method":"GET","uri":"/?a=b","proto":"HTTP/2.0","remote_addr":"127.0.0.1:50876","host":"example.com","headers":{"User-Agent":["curl/7.64.1"],"Accept":["*/*"]},"tls":{"resumed":false,"version":771,"ciphersuite":49196}},"latency":0.000014711,"size":2326,"status":200}`,
		`method=GET host=example.com path=/ query=a=b protocol=HTTP/2.0 user_agent=curl/7.64.1 tls_version=TLSv1.2 time=2020-03-30T19:38:34.7687502Z status=200 response_bytes=2326 peer_address=127.0.0.1 client_address=127.0.0.1`)
	// several headers of one name, secrets redacted, nothing sent as agent
	f(`{"ts":1646861401,"request":{"remote_ip":"10.0.0.9","client_ip":"10.0.0.9","proto":"HTTP/1.1","method":"POST","host":"h","uri":"/login","headers":{"X-Forwarded-For":["203.0.113.1, 192.0.2.1","10.0.0.2"],"Authorization":["REDACTED"],"Cookie":["REDACTED"],"Content-Type":["application/json"]}},"user_id":"bob","duration":0.5,"size":0,"status":403}`,
		`method=POST host=h path=/login protocol=HTTP/1.1 forwarded_for=203.0.113.1, 192.0.2.1, 10.0.0.2 principal_kind=user principal=bob user=bob content_type=application/json time=2022-03-09T21:30:01Z status=403 response_bytes=0 duration=500000000 peer_address=10.0.0.9 client_address=192.0.2.1`)
	// a client's Forwarded beside what the proxy wrote
	f(`{"ts":1646861401,"request":{"remote_ip":"10.0.0.9","method":"GET","uri":"/","headers":{"X-Forwarded-For":["192.0.2.1"],"Forwarded":["192.0.2.9"]}},"size":0,"status":403}`,
		`method=GET path=/ forwarded_for=192.0.2.1 time=2022-03-09T21:30:01Z status=403 response_bytes=0 peer_address=10.0.0.9 client_address=192.0.2.1`)
	// headers taken away by a filter
	f(`{"ts":1646861401,"request":{"remote_ip":"192.0.2.9","method":"GET","uri":"/"},"status":0}`,
		`method=GET path=/ time=2022-03-09T21:30:01Z status=0 quality=[no_bytes no_user_agent] peer_address=192.0.2.9 client_address=192.0.2.9`)
}

func TestCaddyTimes(t *testing.T) {
	line := func(ts string) string {
		return `{"ts":` + ts + `,"request":{"remote_ip":"192.0.2.9","method":"GET","uri":"/","headers":{}},"size":1,"status":200}`
	}
	f := golden(t, Options{Format: "caddy"})
	const row = `method=GET path=/ time=2022-03-09T21:30:01.524Z status=200 response_bytes=1 `
	const from = `peer_address=192.0.2.9 client_address=192.0.2.9`
	f(line(`1646861401.524`), row+from)
	f(line(`1646861401524`), row+from)
	f(line(`1646861401524.0`), row+from)
	f(line(`1646861401524000000`), row+from)
	f(line(`"2022-03-09T22:30:01.524+0100"`), row+from)
	f(line(`"2022-03-09T21:30:01.524Z"`), row+from)
	f(line(`"2022/03/09 21:30:01.524"`), row+`quality=[time_assumed] `+from)
	f(line(`"09/Mar/2022:21:30:01 +0000"`), `method=GET path=/ time=2022-03-09T21:30:01Z status=200 response_bytes=1 `+from)
}

func TestCaddyOtherLoggers(t *testing.T) {
	f := golden(t, Options{Format: "caddy"})
	f(`{"level":"info","ts":1646861401.5,"logger":"admin","msg":"admin endpoint started","address":"tcp/localhost:2019"}`, skipped)
	f(`{"level":"error","ts":1646861401.5,"logger":"http.log.error","msg":"dial tcp","request":{"remote_ip":"127.0.0.1","method":"GET","uri":"/","headers":{}},"status":502}`, skipped)
	f(`{"level":"info","ts":1646861401.5,"msg":"using provided configuration"}`, skipped)
	f(`{"level":"info","ts":1646861401.5,"request":{"remote_ip":"127.0.0.1"}}`, `rejected: JSON of another format`)
	f(jsonSample, `rejected: JSON of another format`)
	f(sample, `rejected: not a JSON object`)
	f(`{"request":{"remote_ip":"127.0.0.1","method":"GET"`, `rejected: broken JSON`)
}
