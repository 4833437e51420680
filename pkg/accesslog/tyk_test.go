package accesslog

import "testing"

func TestTykJSON(t *testing.T) {
	f := golden(t, Options{Format: "tyk"})
	f(sampleLogs()["tyk"], `method=GET host=localhost:8080 path=/get protocol=HTTP/1.1 user_agent=PostmanRuntime/7.43.0 principal_kind=key principal=9a5cc0de api=httpbin tenant=678e6771247d80fd2c435bf3 time=2025-01-29T08:27:09Z status=200 duration=62000000 upstream_duration=61000000 quality=[no_bytes] peer_address=198.51.100.23 client_address=198.51.100.23`)
	// no key, a forged header, the query and sizes nowhere
	f(`{"api_id":"b1","api_key":"00000000","client_ip":"198.51.100.66","latency_total":5,"method":"GET","path":"/.env","prefix":"access-log","remote_addr":"[2001:db8::1]:63251","status":404,"time":"2025-01-29T08:27:09Z","user_agent":""}`,
		`method=GET path=/.env forwarded_for=198.51.100.66 api=b1 time=2025-01-29T08:27:09Z status=404 duration=5000000 quality=[no_bytes] peer_address=2001:db8::1 client_address=2001:db8::1`)
	// a template of one's own
	f(`{"api_key":"****c0de","client_ip":"198.51.100.66","level":"info","prefix":"access-log","status":200,"time":"2025-01-29T08:27:09Z"}`,
		`forwarded_for=198.51.100.66 principal_kind=key principal=****c0de time=2025-01-29T08:27:09Z status=200 quality=[no_bytes no_user_agent]`)
	golden(t, Options{Format: "tyk", ClientHeader: "X-Real-IP"})(
		`{"client_ip":"198.51.100.66","method":"GET","path":"/","prefix":"access-log","remote_addr":"10.0.0.1:5","status":200,"time":"2025-01-29T08:27:09Z","user_agent":"a"}`,
		`method=GET path=/ user_agent=a time=2025-01-29T08:27:09Z status=200 quality=[no_bytes] peer_address=10.0.0.1 client_address=198.51.100.66`)
}

func TestTykOtherLines(t *testing.T) {
	f := golden(t, Options{Format: "tyk"})
	f(`{"level":"info","msg":"Gateway started (vdev)","prefix":"main","time":"2025-01-29T08:27:09Z"}`, skipped)
	f(`{"level":"info","msg":"no prefix","time":"2025-01-29T08:27:09Z"}`, `rejected: JSON of another format`)
	f(`{"prefix":"access-log","time":"2025-01-29T08:27:09Z"}`, `rejected: JSON without a mapped request`)
	f(jsonSample, `rejected: JSON of another format`)
}
