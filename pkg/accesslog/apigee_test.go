package accesslog

import "testing"

func TestApigee(t *testing.T) {
	f := golden(t, Options{Format: "apigee"})
	// documented
	f(`{"insertId":"1tk","jsonPayload":{"proxy.name":"myproxy","environment.name":"test-env","response.status.code":"200","response.content-length":"141","app.name":"","developer.email":""},"timestamp":"2022-07-29T20:13:10.251890Z"}`,
		`api=myproxy tenant=test-env time=2022-07-29T20:13:10.25189Z status=200 response_bytes=141 quality=[no_user_agent]`)
	// the variables of a whole request
	f(`{"jsonPayload":{"apiproxy.name":"pets","client.received.start.timestamp":"1659125590251","request.verb":"POST","request.uri":"/v1/pets?a=b","request.version":"1.1","request.header.host":"api.example","request.header.user-agent":"curl/8","request.header.x-forwarded-for":"203.0.113.9, 10.0.0.1","client.ip":"10.0.0.5","response.status.code":"","message.status.code":"403","response.header.content-length":"0","developer.app.name":"shop","developer.email":"dev@example.com","client_id":"K7","messageid":"m1"},"timestamp":"2022-07-29T20:13:10.9Z"}`,
		`method=POST host=api.example path=/v1/pets query=a=b protocol=1.1 user_agent=curl/8 forwarded_for=203.0.113.9, 10.0.0.1 principal_kind=key principal=K7 application=shop request_id=m1 api=pets time=2022-07-29T20:13:10.251Z status=403 response_bytes=0 peer_address=10.0.0.5 client_address=203.0.113.9`)
	// the object alone
	f(`{"proxy.name":"myproxy","response.status.code":200,"client.resolved.ip":"192.0.2.1","client.ip":"10.0.0.5","request.url":"http://h/a?b","request.verb":"GET","system.timestamp":"1659125590251"}`,
		`method=GET host=h path=/a query=b api=myproxy time=2022-07-29T20:13:10.251Z status=200 quality=[no_bytes no_user_agent] peer_address=10.0.0.5 client_address=192.0.2.1`)
}

func TestApigeeMalformed(t *testing.T) {
	f := golden(t, Options{Format: "apigee"})
	f(`{"jsonPayload":{"proxy.name":"myproxy"}}`, `rejected: JSON without a mapped request`)
	f(`{"jsonPayload":{"message":"x"},"timestamp":"2022-07-29T20:13:10.9Z"}`, `rejected: JSON of another format`)
	f(`{"jsonPayload":{"proxy.name":"myproxy","response.status.code":"200"`, `rejected: broken JSON`)
	f(jsonSample, `rejected: JSON of another format`)
}
