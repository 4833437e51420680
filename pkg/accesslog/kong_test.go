package accesslog

import "testing"

func TestKong(t *testing.T) {
	f := golden(t, Options{Format: "kong"})
	// documented, by each version
	f(`{"request":{"id":"f0","uri":"/a","url":"http://h:8000/a","method":"GET","headers":{},"size":85},"upstream_status":"200","response":{"status":200,"headers":{},"size":617},"latencies":{"kong":1,"proxy":6,"request":7},"route":{},"service":{},"consumer":{},"authenticated_entity":{},"client_ip":"1.2.3.4","started_at":1433209822425}`,
		`method=GET path=/a request_id=f0 time=2015-06-02T01:50:22.425Z status=200 request_bytes=85 response_bytes=617 duration=7000000 upstream_duration=6000000 quality=[bytes_on_wire] peer_address=1.2.3.4 client_address=1.2.3.4`)
	f(`{"request":{"method":"GET","uri":"/get","url":"http://httpbin.org:8000/get","size":"75","querystring":{},"headers":{"accept":"*/*","host":"httpbin.org","user-agent":"curl/7.37.1"},"tls":{"version":"TLSv1.2","cipher":"ECDHE-RSA-AES256-GCM-SHA384","client_verify":"NONE"}},"upstream_uri":"/","response":{"status":200,"size":"434","headers":{"Content-Length":"197","via":"kong/0.3.0"}},"tries":[{"state":"next","code":502,"ip":"127.0.0.1","port":8000},{"ip":"127.0.0.1","port":8000}],"authenticated_entity":{"consumer_id":"80f74eef","id":"eaa330c0"},"route":{"id":"75818c5f","hosts":null,"paths":["/example-path"]},"service":{"id":"0590139e","name":"myservice"},"consumer":{"custom_id":"u-7","id":"80f74eef","username":"shop"},"latencies":{"proxy":1430,"kong":9,"request":1921},"client_ip":"127.0.0.1","started_at":1433209822425}`,
		`method=GET host=httpbin.org path=/get user_agent=curl/7.37.1 principal_kind=key principal=eaa330c0 application=shop tls_version=TLSv1.2 api=myservice time=2015-06-02T01:50:22.425Z status=200 request_bytes=75 response_bytes=434 duration=1921000000 upstream_duration=1430000000 quality=[bytes_on_wire] peer_address=127.0.0.1 client_address=127.0.0.1`)
	// answered by Kong itself: no service, no proxy
	f(`{"latencies":{"kong":0,"proxy":-1,"request":0},"request":{"uri":"/.env?x=1","method":"GET","headers":{"user-agent":["a","b"],"authorization":"REDACTED","x-forwarded-for":"203.0.113.1, 192.0.2.1"},"size":85},"response":{"status":404,"size":100},"client_ip":"10.0.0.1","started_at":1433209822425}`,
		`method=GET path=/.env query=x=1 user_agent=a forwarded_for=203.0.113.1, 192.0.2.1 time=2015-06-02T01:50:22.425Z status=404 request_bytes=85 response_bytes=100 duration=0 quality=[bytes_on_wire] peer_address=10.0.0.1 client_address=192.0.2.1`)
	// url alone, as custom fields leave it; a route by name
	f(`{"latencies":{"request":3},"request":{"url":"http://h:8000/a?b","method":"GET","size":85},"response":{"status":200},"route":{"id":"7","name":"pets-list"},"client_ip":"192.0.2.1","started_at":1433209822425}`,
		`method=GET host=h:8000 path=/a query=b api=pets-list time=2015-06-02T01:50:22.425Z status=200 request_bytes=85 duration=3000000 quality=[no_bytes no_user_agent bytes_on_wire] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestKongMalformed(t *testing.T) {
	f := golden(t, Options{Format: "kong"})
	// a TCP session has no request
	f(`{"latencies":{"kong":1,"proxy":6,"session":7},"session":{"tls":{},"received":1,"sent":2,"status":200},"client_ip":"1.2.3.4","started_at":1433209822425}`, `rejected: JSON of another format`)
	f(`{"latencies":{},"request":{},"response":{},"started_at":1433209822425}`, `rejected: JSON without a mapped request`)
	f(jsonSample, `rejected: JSON of another format`)
	f(sample, `rejected: not a JSON object`)
	f(`{"request":{"method":"GET"},"latencies":{"kong":1`, `rejected: broken JSON`)
}
