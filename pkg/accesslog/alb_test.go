package accesslog

import "testing"

const albSample = `http 2018-11-30T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 - 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2018-11-30T22:22:48.364000Z "forward" "-" "-" "-" "-" "-" "-"`

func TestALBDocumentedLines(t *testing.T) {
	f := golden(t, Options{Format: "aws-alb"})
	f(albSample, `method=GET host=www.example.com path=/ protocol=HTTP/1.1 user_agent=curl/7.46.0 request_id=1-58337364-23a8c76965a2ef7629b185e3 time=2018-11-30T22:23:00.186641Z status=200 request_bytes=34 response_bytes=366 duration=1000000 upstream_duration=1000000 quality=[bytes_on_wire] peer_address=192.168.131.39 client_address=192.168.131.39`)
	const head = ` 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 `
	const from = ` quality=[bytes_on_wire] peer_address=192.168.131.39 client_address=192.168.131.39`
	f(`h2`+head+`0.001 0.040 0.003 200 200 34 366 "GET https://www.example.com:443/a?b HTTP/2.0" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:x "Self=1-6789;Root=1-forged" "www.example.com" "arn:cert" 1 2018-07-02T22:22:48.364000Z "redirect" "https://example.com:80/" "-" "10.0.0.1:80" "200" "-" "-" TID_13c6 "-" new`,
		`method=GET host=www.example.com path=/a query=b protocol=HTTP/2.0 user_agent=curl/7.46.0 tls_version=TLSv1.2 request_id=1-6789 time=2018-07-02T22:23:00.186641Z status=200 request_bytes=34 response_bytes=366 duration=44000000 upstream_duration=40000000`+from)
	f(`wss`+head+`0.001 0.003 0.000 101 101 218 786 "GET https://10.0.0.30:443/ HTTP/1.1" "-" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:x "Root=1-5" "-" "-" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-"`,
		`method=GET host=10.0.0.30 path=/ protocol=HTTP/1.1 tls_version=TLSv1.2 request_id=1-5 time=2018-07-02T22:23:00.186641Z status=101 request_bytes=218 response_bytes=786 duration=4000000 upstream_duration=3000000`+from)
	// refused by the firewall: no target
	f(`https`+head+`-1 -1 -1 403 - 0 587 "POST https://www.example.com:443/x\x22y HTTP/1.1" "a\"b" - - - "Root=1-5" "-" "-" 0 2018-07-02T22:22:48.364000Z "waf" "-" "-" "-" "-" "-" "-"`,
		`method=POST host=www.example.com path=/x"y protocol=HTTP/1.1 user_agent=a"b request_id=1-5 time=2018-07-02T22:23:00.186641Z status=403 request_bytes=0 response_bytes=587`+from)
	f(`http`+head+`-1 -1 -1 - - 0 0 "- http://www.example.com:80- -" "-" - - - "-" "-" "-" - 2018-07-02T22:22:48.364000Z "-" "-" "-"`,
		`rejected: no quoted request`)
	f(`http`+head+`0.001 -1 -1 460 - 10 0 "- http://www.example.com:80- -" "-" - -`,
		`time=2018-07-02T22:23:00.186641Z status=460 request_bytes=10 response_bytes=0 quality=[bytes_on_wire bad_request] peer_address=192.168.131.39 client_address=192.168.131.39`)
	f(`h2 2018-07-02T22:23:00Z app/x [2001:db8::1]:2817 - 0.001 0.001 -1 200 - 1 2 "GET https://h:443/ HTTP/2.0" "a"`,
		`method=GET host=h path=/ protocol=HTTP/2.0 user_agent=a time=2018-07-02T22:23:00Z status=200 request_bytes=1 response_bytes=2 upstream_duration=1000000 quality=[bytes_on_wire] peer_address=2001:db8::1 client_address=2001:db8::1`)
}

func TestALBMalformed(t *testing.T) {
	f := golden(t, Options{Format: "aws-alb"})
	const head = `http 2018-07-02T22:23:00Z app/x 192.0.2.1:2817 - 0.001 0.001 0.001 `
	f(`garbage`, `rejected: not as the pattern has it`)
	f(sample, `rejected: not as the pattern has it`)
	f(`http yesterday app/x`, `rejected: unreadable time`)
	f(head+`OK 200 1 2 "GET http://h:80/ HTTP/1.1" "a"`, `rejected: status is not a number`)
	f(head+`200 200 one 2 "GET http://h:80/ HTTP/1.1" "a"`, `rejected: size is not a number`)
	f(head+`200 200 1 2 "GET http://h:80/ HTTP/1.1`, `rejected: no closing quote`)
	f(head+`200 200 1 2 "GET http://h:80/ HTTP/1.1" "a`, `rejected: no closing quote`)
}
