package accesslog

import "testing"

// TestDecisionsOfForwardAuth: a gateway that gives the agent's answer to the
// client logs the agent's mark with the headers of that answer.
func TestDecisionsOfForwardAuth(t *testing.T) {
	f := func(format, in, rest string) {
		t.Helper()
		golden(t, Options{Format: format})(in, "method=GET path=/ decision_id=0123456789abcdef decision_action=throttle "+rest)
	}
	f("caddy", `{"ts":1646861401,"request":{"remote_ip":"192.0.2.9","method":"GET","uri":"/","headers":{}},"resp_headers":{"Server":["Caddy"],"X-Honeymoat-Decision":["throttle 0123456789abcdef"]},"size":1,"status":429}`,
		"time=2022-03-09T21:30:01Z status=429 response_bytes=1 peer_address=192.0.2.9 client_address=192.0.2.9")
	f("traefik", `{"ClientAddr":"192.0.2.7:5","DownstreamStatus":429,"Duration":5,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z","downstream_X-Honeymoat-Decision":"throttle 0123456789abcdef"}`,
		"time=2024-05-01T10:00:00Z status=429 duration=5 quality=[no_bytes no_user_agent] peer_address=192.0.2.7 client_address=192.0.2.7")
	f("apisix", `{"start_time":1718291190508,"client_ip":"192.0.2.7","response":{"status":429,"size":12,"headers":{"x-honeymoat-decision":"throttle 0123456789abcdef"}},"latency":1,"apisix_latency":1,"request":{"uri":"/","method":"GET","size":85,"headers":{}}}`,
		"time=2024-06-13T15:06:30.508Z status=429 request_bytes=85 response_bytes=12 duration=1000000 quality=[bytes_on_wire] peer_address=192.0.2.7 client_address=192.0.2.7")
	f("kong", `{"latencies":{"request":3},"request":{"uri":"/","method":"GET","size":85,"headers":{}},"response":{"status":429,"headers":{"x-honeymoat-decision":"throttle 0123456789abcdef"}},"client_ip":"192.0.2.7","started_at":1433209822425}`,
		"time=2015-06-02T01:50:22.425Z status=429 request_bytes=85 duration=3000000 quality=[no_bytes bytes_on_wire] peer_address=192.0.2.7 client_address=192.0.2.7")
}
