package accesslog

import "testing"

func TestWSO2Metrics(t *testing.T) {
	f := golden(t, Options{Format: "wso2-metrics"})
	const head = `08:23:34,898 [-] [PassThroughMessageProcessor-188]  INFO ELKCounterMetric apimMetrics: `
	// documented
	f(head+`apim:response, properties :{"apiName":"PizzaShackAPI","proxyResponseCode":200,"apiMethod":"GET","backendLatency":3,"correlationId":"02951f10","applicationName":"DefaultApplication","targetResponseCode":200,"requestTimestamp":"2022-12-15T02:53:34.894Z","userAgent":"curl","userName":"admin@carbon.super","apiResourceTemplate":"/menu","responseLatency":4,"userIp":"127.0.0.1"}`,
		`method=GET route=/menu route_origin=gateway user_agent=curl forwarded_for=127.0.0.1 principal_kind=user principal=admin@carbon.super application=DefaultApplication user=admin@carbon.super api=PizzaShackAPI time=2022-12-15T02:53:34.894Z status=200 duration=4000000 upstream_duration=3000000 quality=[no_bytes no_user_agent]`)
	// a request that failed
	f(head+`apim:faulty, properties :{"apiName":"PizzaShackAPI","proxyResponseCode":401,"errorType":"AUTH","errorCode":900902,"errorMessage":"AUTHENTICATION_FAILURE","apiMethod":"GET","correlationId":"x","applicationName":"UNKNOWN","requestTimestamp":"2022-12-15T02:53:34.894Z","userAgent":"UNKNOWN","userName":"UNKNOWN","targetResponseCode":-1,"userIp":"192.0.2.66"}`,
		`method=GET forwarded_for=192.0.2.66 api=PizzaShackAPI time=2022-12-15T02:53:34.894Z status=401 quality=[no_bytes no_user_agent]`)
	// the object alone, with properties inside
	f(`{"apiName":"P","proxyResponseCode":200,"apiMethod":"GET","requestTimestamp":"2022-12-15T02:53:34.894Z","apiResourceTemplate":"/menu","responseLatency":4,"properties":{"userName":"bob","responseSize":73}}`,
		`method=GET route=/menu route_origin=gateway principal_kind=user principal=bob user=bob api=P time=2022-12-15T02:53:34.894Z status=200 response_bytes=73 duration=4000000 quality=[no_user_agent]`)
	golden(t, Options{Format: "wso2-metrics", ForwardedAppended: true})(
		`{"apiName":"P","proxyResponseCode":200,"apiMethod":"GET","requestTimestamp":"2022-12-15T02:53:34.894Z","apiResourceTemplate":"/menu","userIp":"192.0.2.1"}`,
		`method=GET route=/menu route_origin=gateway forwarded_for=192.0.2.1 api=P time=2022-12-15T02:53:34.894Z status=200 quality=[no_bytes no_user_agent] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestWSO2MetricsMalformed(t *testing.T) {
	f := golden(t, Options{Format: "wso2-metrics"})
	f(`08:23:34,898 [-] [main]  INFO ELKCounterMetric started`, `rejected: not an event of the metrics`)
	f(`08:23:34,898 [-] [main]  INFO Other: {"apiMethod":"GET","proxyResponseCode":200}`, `rejected: not an event of the metrics`)
	f(`08:23:34,898 [-] [x]  INFO ELKCounterMetric apimMetrics: apim:response, properties :{"apiName":"PizzaShackAPI","proxyRes`, `rejected: broken JSON`)
	f(jsonSample, `rejected: JSON of another format`)
}

func TestWSO2API(t *testing.T) {
	f := golden(t, Options{Format: "wso2-api"})
	// documented: the four flows of a request
	f(`[2022-02-07 14:10:57,687]  INFO {API_LOG} pizzashack - {"sourceIP":"127.0.0.1","verb":"GET","correlationId":"684794db","apiTo":"pizzashack/1.0.0/menu","flow":"REQUEST_IN"}`,
		`method=GET path=/pizzashack/1.0.0/menu forwarded_for=127.0.0.1 api=pizzashack time=2022-02-07T14:10:57.687Z quality=[no_bytes no_user_agent status_unknown time_assumed]`)
	f(`[2022-02-07 14:10:57,777]  INFO {API_LOG} pizzashack - {"sourceIP":"127.0.0.1","verb":"GET","correlationId":"684794db","apiTo":"pizzashack/1.0.0/menu","flow":"REQUEST_OUT"}`, skipped)
	f(`[2022-02-07 14:10:58,601]  INFO {API_LOG} pizzashack - {"verb":"GET","correlationId":"684794db","apiTo":"pizzashack/1.0.0/menu","flow":"RESPONSE_IN","statusCode":200}`, skipped)
	f(`[2022-02-07 14:10:58,603]  INFO {API_LOG} pizzashack - {"verb":"GET","correlationId":"684794db","apiTo":"pizzashack/1.0.0/menu","flow":"RESPONSE_OUT","statusCode":200}`, skipped)
	// with headers and payload
	f(`[2026-07-26 18:57:09,449]  INFO {API_LOG} Swagger-API - {"headers":["Accept=*/*","activityid=3004cafa","Authorization=Bearer eyJ4","Content-Type=application/json","User-Agent=curl/8.5.0","Host=h:8243","X-Forwarded-For=192.0.2.1, 10.0.0.1","Cookie=a=b; sid=c",7],"payload":"{\"a\":\" - {\"}","verb":"GET","correlationId":"3004cafa","apiTo":"/petstore/1.0.0/pet/findByStatus?status=available","flow":"REQUEST_IN","sourceIP":"192.0.2.1"}`,
		`method=GET host=h:8243 path=/petstore/1.0.0/pet/findByStatus query=status=available user_agent=curl/8.5.0 forwarded_for=192.0.2.1, 10.0.0.1 principal_kind=token principal=eyJ4 session=c api=Swagger-API content_type=application/json time=2026-07-26T18:57:09.449Z quality=[no_bytes status_unknown time_assumed]`)
	golden(t, Options{Format: "wso2-api", ForwardedAppended: true, ClientHeader: "True-Client-IP"})(
		`[2026-07-26 18:57:09,449]  INFO {API_LOG} p - {"headers":["True-Client-IP=198.51.100.7"],"verb":"GET","apiTo":"p/1","flow":"REQUEST_IN","sourceIP":"10.0.0.1"}`,
		`method=GET path=/p/1 forwarded_for=10.0.0.1 api=p time=2026-07-26T18:57:09.449Z quality=[no_bytes status_unknown time_assumed] peer_address=10.0.0.1 client_address=198.51.100.7`)
}

func TestWSO2APIMalformed(t *testing.T) {
	f := golden(t, Options{Format: "wso2-api"})
	f(`[2022-02-07 14:10:57,687]  INFO {Other} pizzashack - {"verb":"GET","apiTo":"p","flow":"REQUEST_IN"}`, `rejected: not a line of the API log`)
	f(`{API_LOG} pizzashack - {"verb":"GET","apiTo":"p","flow":"REQUEST_IN"}`, `rejected: not a line of the API log`)
	f(`[2022-02-07 14:10:57,687  INFO {API_LOG} pizzashack - {"verb":"GET","apiTo":"p","flow":"REQUEST_IN"}`, `rejected: not a line of the API log`)
	f(`[yesterday]  INFO {API_LOG} pizzashack - {"verb":"GET","apiTo":"p","flow":"REQUEST_IN"}`, `rejected: unreadable time`)
	f(`[2022-02-07 14:10:57,687]  INFO {API_LOG} pizzashack - {"verb":"GET","apiTo":"p"}`, `rejected: JSON of another format`)
	f(`[2022-02-07 14:10:57,687]  INFO {API_LOG} pizzashack - {"verb":"GET","flow":"REQUEST_IN`, `rejected: broken JSON`)
	f(`[2022-02-07 14:10:57,687]  INFO {API_LOG} pizzashack - nothing`, `rejected: not a line of the API log`)
	f(jsonSample, `rejected: not a line of the API log`)
}

func TestWSO2Access(t *testing.T) {
	f := golden(t, Options{Format: "wso2-access"})
	// documented: a request and its answer
	f(`- 127.0.0.1 - - [12/Dec/2019:16:53:29 +0530] "POST /token HTTP/1.1" - 125 "-" "-"`,
		`method=POST path=/token protocol=HTTP/1.1 time=2019-12-12T11:23:29Z request_bytes=125 quality=[no_bytes status_unknown] peer_address=127.0.0.1 client_address=127.0.0.1`)
	f(`- 127.0.0.1  - [12/Dec/2019:16:53:29 +0530] "- - " 200 - "-" "-"`, skipped)
	// a forwarded-for list, and one that a client made up
	f(`203.0.113.1, 192.0.2.1 10.0.0.1 - bob [12/Dec/2019:16:53:29 +0000] "GET /a?b HTTP/1.1" - - "http://r/" "curl/8"`,
		`method=GET path=/a query=b protocol=HTTP/1.1 user_agent=curl/8 referer=http://r/ forwarded_for=203.0.113.1, 192.0.2.1 principal_kind=user principal=bob user=bob time=2019-12-12T16:53:29Z quality=[no_bytes status_unknown] peer_address=10.0.0.1 client_address=192.0.2.1`)
	f(`198.51.100.66 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - - "-" "x"`,
		`method=GET path=/ protocol=HTTP/1.1 user_agent=x forwarded_for=198.51.100.66 time=2019-12-12T16:53:29Z quality=[no_bytes status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`[01/Jan/2001:00:00:00 +0000] ' 9.9.9.9 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - - "-" "x"`,
		`method=GET path=/ protocol=HTTP/1.1 user_agent=x forwarded_for=[01/Jan/2001:00:00:00 +0000] ' 9.9.9.9 time=2019-12-12T16:53:29Z quality=[no_bytes status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
	// quotes in the request, which WSO2 leaves as they are
	f(`- 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET /a" 200 5 "x" HTTP/1.1" - 125 "-" "a"`,
		`method=GET path=/a" 200 5 "x" protocol=HTTP/1.1 user_agent=a time=2019-12-12T16:53:29Z request_bytes=125 quality=[no_bytes status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`- 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET /a HTTP/1.1" - 125`,
		`method=GET path=/a protocol=HTTP/1.1 time=2019-12-12T16:53:29Z request_bytes=125 quality=[no_bytes no_user_agent status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

// Nothing is escaped: a client can write a whole line before or behind the true
// one. It must not put somebody else's address up for a block.
func TestWSO2AccessForgedLines(t *testing.T) {
	f := golden(t, Options{Format: "wso2-access"})
	f(`- 203.0.113.66 - - [12/Dec/2019:16:53:29 +0000] "GET /x HTTP/1.1" - 5 "-" "a 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - - "-" "x"`,
		`method=GET path=/x protocol=HTTP/1.1 user_agent=a 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1 time=2019-12-12T16:53:29Z request_bytes=5 quality=[no_bytes status_unknown bad_forwarded]`)
	f(`- 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - - "-" "x 203.0.113.66 - - [12/Dec/2019:16:53:29 +0000] "GET /x HTTP/1.1" - 5 "-" "a"`,
		`method=GET path=/ protocol=HTTP/1.1 user_agent=x 203.0.113.66 - - [12/Dec/2019:16:53:29 +0000] "GET /x HTTP/1.1 time=2019-12-12T16:53:29Z quality=[no_bytes status_unknown bad_forwarded]`)
}

func TestWSO2AccessMalformed(t *testing.T) {
	f := golden(t, Options{Format: "wso2-access"})
	f(sample, `rejected: status is not a number`)
	f(`192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - 5 "-" "a"`, `rejected: nothing before the time`)
	f(`- nobody - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - 5 "-" "a"`, `rejected: nothing before the time`)
	f(`- 192.0.2.1 - - [12/Dec/2019:16:53:29] "GET / HTTP/1.1" - 5 "-" "a"`, `rejected: unreadable time`)
	f(`- 192.0.2.1 - - 12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - 5 "-" "a"`, `rejected: no time in brackets`)
	f(`- 192.0.2.1 - - "GET / HTTP/1.1" - 5 "-" "a"`, `rejected: no time in brackets`)
	f(`- 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - many "-" "a"`, `rejected: status is not a number`)
	f(`- 192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" - 5 "-" "a`, `rejected: no closing quote`)
}
