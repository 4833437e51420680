package accesslog

import "testing"

func TestEnvoyJSON(t *testing.T) {
	f := golden(t, Options{Format: "envoy-json"})
	// Istio's default
	f(`{"start_time":"2020-11-25T21:26:18.409Z","route_name":"default","method":"GET","path":"/status/418?a=b","protocol":"HTTP/1.1","response_code":418,"response_flags":"-","bytes_received":0,"bytes_sent":135,"duration":3,"upstream_service_time":"1","x_forwarded_for":null,"user_agent":"curl/7.73.0-DEV","request_id":"84961386-6d84-929d-98bd-c5aee93b5c88","authority":"httpbin:8000","upstream_host":"127.0.0.1:80","upstream_cluster":"inbound|8000||","downstream_remote_address":"198.51.100.23:37652"}`,
		`method=GET host=httpbin:8000 path=/status/418 query=a=b protocol=HTTP/1.1 user_agent=curl/7.73.0-DEV request_id=84961386-6d84-929d-98bd-c5aee93b5c88 api=default time=2020-11-25T21:26:18.409Z status=418 request_bytes=0 response_bytes=135 duration=3000000 upstream_duration=1000000 peer_address=198.51.100.23 client_address=198.51.100.23`)
	// numbers as strings, "-" for unknown, behind a proxy
	f(`{"start_time":"2020-11-25T21:26:18.409Z","method":"POST","path":"/a","protocol":"HTTP/2","response_code":"204","bytes_received":"154","bytes_sent":"0","duration":"226","x_envoy_upstream_service_time":"-","x_forwarded_for":"192.0.2.66,203.0.113.9,10.0.35.28","user_agent":"-","request_id":"r","authority":"h","downstream_remote_address":"10.0.35.28:1","downstream_direct_remote_address":"10.0.0.2:9","upstream_cluster":"c"}`,
		`method=POST host=h path=/a protocol=HTTP/2 forwarded_for=192.0.2.66,203.0.113.9,10.0.35.28 request_id=r api=c time=2020-11-25T21:26:18.409Z status=204 request_bytes=154 response_bytes=0 duration=226000000 peer_address=10.0.0.2 client_address=203.0.113.9`)
	// the client left
	f(`{"start_time":"2020-11-25T21:26:18.409Z","method":"GET","x_envoy_original_path":"/old","path":"/new","response_code":0,"duration":226,"downstream_remote_address":"192.0.2.1:1"}`,
		`method=GET path=/old time=2020-11-25T21:26:18.409Z status=0 duration=226000000 quality=[no_bytes no_user_agent] peer_address=192.0.2.1 client_address=192.0.2.1`)
	// a TCP connection
	f(`{"start_time":"2020-11-25T21:26:18.409Z","method":null,"path":null,"protocol":null,"response_code":0,"bytes_sent":12,"downstream_remote_address":"192.0.2.1:1"}`,
		skipped)
	// what Envoy could not read
	f(`{"start_time":"2020-11-25T21:26:18.409Z","method":null,"path":null,"protocol":"HTTP/1.1","response_code":400,"response_flags":"DPE","bytes_sent":11,"user_agent":null,"downstream_remote_address":"192.0.2.1:1"}`,
		`protocol=HTTP/1.1 time=2020-11-25T21:26:18.409Z status=400 response_bytes=11 quality=[bad_request] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestEnvoyJSONForwardedForAlone(t *testing.T) {
	const line = `{"start_time":"2020-11-25T21:26:18.409Z","method":"GET","path":"/","response_code":200,"bytes_sent":1,"user_agent":"a","x_forwarded_for":"198.51.100.66,192.0.2.1"}`
	golden(t, Options{Format: "envoy-json"})(line,
		`method=GET path=/ user_agent=a forwarded_for=198.51.100.66,192.0.2.1 time=2020-11-25T21:26:18.409Z status=200 response_bytes=1`)
	golden(t, Options{Format: "envoy-json", ForwardedAppended: true})(line,
		`method=GET path=/ user_agent=a forwarded_for=198.51.100.66,192.0.2.1 time=2020-11-25T21:26:18.409Z status=200 response_bytes=1 peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestEnvoyJSONMalformed(t *testing.T) {
	f := golden(t, Options{Format: "envoy-json"})
	f(`{"start_time":"2020-11-25T21:26:18.409Z","path":"/","status":200}`, `rejected: JSON of another format`)
	f(`{"response_code":200,"method":"GET","path":"/`, `rejected: broken JSON`)
	f(jsonSample, `rejected: JSON of another format`)
	f(sample, `rejected: not a JSON object`)
}
