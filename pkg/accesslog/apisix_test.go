package accesslog

import "testing"

func TestAPISIX(t *testing.T) {
	f := golden(t, Options{Format: "apisix"})
	// documented
	f(`{"upstream":"3.213.1.197:80","start_time":1718291190508,"client_ip":"192.168.65.1","response":{"status":200,"size":617,"headers":{}},"latency":1200.00004,"upstream_latency":1133,"apisix_latency":67.0,"request":{"url":"http://127.0.0.1:9080/anything","uri":"/anything","method":"GET","size":85,"headers":{},"querystring":{}},"service_id":"","route_id":"http-logger-route"}`,
		`method=GET path=/anything api=http-logger-route time=2024-06-13T15:06:30.508Z status=200 request_bytes=85 response_bytes=617 duration=1200000040 upstream_duration=1133000000 quality=[bytes_on_wire] peer_address=192.168.65.1 client_address=192.168.65.1`)
	// with a consumer, a service and headers
	f(`{"start_time":1718291190508.5,"client_ip":"10.0.0.1","consumer":{"username":"jack"},"response":{"status":"503","size":"12"},"latency":0.5,"apisix_latency":0.5,"upstream_latency":null,"request":{"url":"http://h/a?b=c","method":"POST","size":85,"headers":{"user-agent":"x","host":"h","x-forwarded-for":"198.51.100.7","content-type":"a/b","apikey":"k1"}},"service_id":"pets","route_id":"1"}`,
		`method=POST host=h path=/a query=b=c user_agent=x forwarded_for=198.51.100.7 principal_kind=key principal=k1 application=jack api=pets content_type=a/b time=2024-06-13T15:06:30.5085Z status=503 request_bytes=85 response_bytes=12 duration=500000 quality=[bytes_on_wire] peer_address=10.0.0.1 client_address=198.51.100.7`)
}

func TestAPISIXMalformed(t *testing.T) {
	f := golden(t, Options{Format: "apisix"})
	f(`{"@timestamp":"2024-05-01T10:00:00Z","client_ip":"192.0.2.1","host":"h","route_id":"1"}`, `rejected: JSON of another format`)
	f(`{"start_time":1718291190508,"latency":1,"request":{"method":"GET"},"response":{"status":200},"client_ip":"192.0.2.1"`, `rejected: broken JSON`)
	f(jsonSample, `rejected: JSON of another format`)
	f(`[{"start_time":1718291190508}]`, `rejected: not a JSON object`)
}
