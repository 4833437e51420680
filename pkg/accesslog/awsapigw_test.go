package accesslog

import "testing"

func TestAWSGateway(t *testing.T) {
	f := golden(t, Options{Format: "aws-apigw"})
	// AWS's example for REST APIs
	f(`{"requestId":"c6af9ac6","extendedRequestId":"AbC=","ip":"203.0.113.9","caller":"-","user":"-","requestTime":"29/Sep/2026:23:05:40 +0000","httpMethod":"GET","resourcePath":"/a/{id}","status":"200","protocol":"HTTP/1.1","responseLength":"512"}`,
		`method=GET protocol=HTTP/1.1 route=/a/{id} route_origin=gateway request_id=AbC= time=2026-09-29T23:05:40Z status=200 response_bytes=512 quality=[no_user_agent] peer_address=203.0.113.9 client_address=203.0.113.9`)
	// and for HTTP APIs
	f(`{"requestId":"c6af9ac6","ip":"203.0.113.9","requestTime":"29/Sep/2026:23:05:40 +0000","httpMethod":"GET","routeKey":"GET /pets/{id}","status":"200","protocol":"HTTP/1.1","responseLength":"512"}`,
		`method=GET protocol=HTTP/1.1 route=/pets/{id} route_origin=gateway time=2026-09-29T23:05:40Z status=200 response_bytes=512 quality=[no_user_agent] peer_address=203.0.113.9 client_address=203.0.113.9`)
	f(`{"requestId":"c6af9ac6","ip":"203.0.113.9","requestTime":"29/Sep/2026:23:05:40 +0000","routeKey":"ANY /pets","status":"200"}`,
		`route=/pets route_origin=gateway time=2026-09-29T23:05:40Z status=200 quality=[no_bytes no_user_agent] peer_address=203.0.113.9 client_address=203.0.113.9`)
	f(`{"requestId":"c6af9ac6","ip":"203.0.113.9","requestTime":"29/Sep/2026:23:05:40 +0000","httpMethod":"GET","routeKey":"$default","path":"/a?b","status":"404"}`,
		`method=GET path=/a query=b time=2026-09-29T23:05:40Z status=404 quality=[no_bytes no_user_agent] peer_address=203.0.113.9 client_address=203.0.113.9`)
	// names after the variables
	f(`{"extendedRequestId":"AbC=","requestTimeEpoch":1790809540123,"requestTime":"29/Sep/2026:23:05:40 +0000","identity.sourceIp":"203.0.113.9","identity.userAgent":"curl/8","authorizer.principalId":"u1","apiKeyId":"k7","httpMethod":"POST","path":"/prod/a/7","resourcePath":"/a/{id}","domainName":"api.example","status":403,"responseLatency":"12","integration":{"latency":"-"},"apiId":"x1"}`,
		`method=POST host=api.example path=/prod/a/7 route=/a/{id} route_origin=gateway user_agent=curl/8 principal_kind=user principal=u1 application=k7 user=u1 request_id=AbC= api=x1 time=2026-09-30T23:05:40.123Z status=403 duration=12000000 quality=[no_bytes] peer_address=203.0.113.9 client_address=203.0.113.9`)
}

func TestAWSGatewayMalformed(t *testing.T) {
	f := golden(t, Options{Format: "aws-apigw"})
	f(`{"requestId":"c6af9ac6","status":"200"}`, `rejected: JSON of another format`)
	f(`{"httpMethod":"GET","status":"200"}`, `rejected: JSON of another format`)
	f(`203.0.113.9 - - [29/Sep/2026:23:05:40 +0000]"GET /a HTTP/1.1" 200 512 c6af9ac6`, `rejected: not a JSON object`)
	f(jsonSample, `rejected: JSON of another format`)
}
