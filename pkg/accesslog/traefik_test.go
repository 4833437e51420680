package accesslog

import "testing"

func TestTraefik(t *testing.T) {
	f := golden(t, Options{Format: "traefik"})
	// documented
	f(`{"ClientHost":"10.0.0.1","RequestMethod":"GET","RequestPath":"/a","DownstreamStatus":200,"DownstreamContentSize":12,"Duration":1234567,"OriginDuration":1200000,"RouterName":"r@file","StartUTC":"2024-05-01T10:00:00.123456789Z"}`,
		`method=GET path=/a api=r@file time=2024-05-01T10:00:00.123456789Z status=200 response_bytes=12 duration=1234567 upstream_duration=1200000 quality=[no_user_agent] peer_address=10.0.0.1 client_address=10.0.0.1`)
	// headers kept, redacted or absent; a user
	f(`{"ClientAddr":"192.0.2.7:5","ClientHost":"192.0.2.7","ClientUsername":"bob","DownstreamStatus":401,"RequestHost":"h","RequestMethod":"POST","RequestPath":"/l?x=%27","ServiceName":"s@docker","StartUTC":"2024-05-01T10:00:00Z","request_User-Agent":"a\"b","request_Authorization":"REDACTED","request_Referer":"http://r/","request_Content-Type":"a/b","request_Cookie":"x=1; sid=abc"}`,
		`method=POST host=h path=/l query=x=%27 user_agent=a"b referer=http://r/ user=bob session=abc api=s@docker content_type=a/b time=2024-05-01T10:00:00Z status=401 quality=[no_bytes] peer_address=192.0.2.7 client_address=192.0.2.7`)
	// an answer from nowhere: no router, and no times of an upstream
	f(`{"ClientAddr":"[2001:db8::7]:5","ClientHost":"2001:db8::7","ClientUsername":"-","DownstreamContentSize":19,"DownstreamStatus":404,"Duration":2000000,"RequestAddr":"h:8080","RequestMethod":"GET","RequestPath":"/.env","StartLocal":"2024-05-01T12:00:00+02:00","TLSVersion":"1.2"}`,
		`method=GET host=h:8080 path=/.env tls_version=TLSv1.2 time=2024-05-01T10:00:00Z status=404 response_bytes=19 duration=2000000 quality=[no_user_agent] peer_address=2001:db8::7 client_address=2001:db8::7`)
}

func TestTraefikForwardedHeaders(t *testing.T) {
	f := golden(t, Options{Format: "traefik"})
	// Traefik logs the header in place of the client
	f(`{"ClientAddr":"192.0.2.7:5","ClientHost":"198.51.100.66","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z"}`,
		`method=GET path=/ forwarded_for=198.51.100.66 time=2024-05-01T10:00:00Z status=200 quality=[no_bytes no_user_agent] peer_address=192.0.2.7 client_address=192.0.2.7`)
	f(`{"ClientAddr":"10.0.0.7:5","ClientHost":"198.51.100.66, 192.0.2.7","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z"}`,
		`method=GET path=/ forwarded_for=198.51.100.66, 192.0.2.7 time=2024-05-01T10:00:00Z status=200 quality=[no_bytes no_user_agent] peer_address=10.0.0.7 client_address=192.0.2.7`)
	f(`{"ClientHost":"198.51.100.66, 192.0.2.7","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z"}`,
		`method=GET path=/ forwarded_for=198.51.100.66, 192.0.2.7 time=2024-05-01T10:00:00Z status=200 quality=[no_bytes no_user_agent]`)
	f(`{"request_X-Forwarded-For":"192.0.2.7","ClientAddr":"10.0.0.7:5","ClientHost":"198.51.100.66","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z"}`,
		`method=GET path=/ forwarded_for=192.0.2.7 time=2024-05-01T10:00:00Z status=200 quality=[no_bytes no_user_agent] peer_address=10.0.0.7 client_address=192.0.2.7`)
	f = golden(t, Options{Format: "traefik", ClientHeader: "CF-Connecting-IP"})
	f(`{"ClientAddr":"10.0.0.7:5","ClientHost":"198.51.100.66","request_Cf-Connecting-Ip":"192.0.2.7","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z"}`,
		`method=GET path=/ forwarded_for=198.51.100.66 time=2024-05-01T10:00:00Z status=200 quality=[no_bytes no_user_agent] peer_address=10.0.0.7 client_address=192.0.2.7`)
}

func TestTraefikMalformed(t *testing.T) {
	f := golden(t, Options{Format: "traefik"})
	f(jsonSample, `rejected: JSON of another format`)
	f(sample, `rejected: not a JSON object`)
	f(`{"ClientAddr":"192.0.2.7:5","DownstreamStatus":200,"RequestMethod":"GET"`, `rejected: broken JSON`)
	f(`{"level":"error","msg":"middleware not found","time":"2024-05-01T10:00:00Z"}`, `rejected: JSON of another format`)
}
