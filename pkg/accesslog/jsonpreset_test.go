package accesslog

import "testing"

// skipped is what one gives for a line without a request.
const skipped = "0 rows and 0 rejected"

// golden gives a test of what a format makes of a record. Proxies in 10.0.0.0/8
// are trusted.
func golden(t *testing.T, o Options) func(in, want string) {
	o.Trusted = trust
	return func(in, want string) {
		t.Helper()
		if got := one(t, o, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestPresetWithAMapping(t *testing.T) {
	f := golden(t, Options{Format: "traefik", Mapping: Mapping{"application": {Path: "/request_X-App"}, "duration": {Path: "/Overhead", Unit: "ns"}, "tenant": {Path: "/ClientUsername"}}})
	f(`{"ClientAddr":"192.0.2.7:5","ClientUsername":"bob","DownstreamStatus":200,"Duration":5,"Overhead":7,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z","request_X-App":"app"}`,
		`method=GET path=/ principal_kind=application principal=app application=app tenant=bob time=2024-05-01T10:00:00Z status=200 duration=7 quality=[no_bytes no_user_agent] peer_address=192.0.2.7 client_address=192.0.2.7`)
}

func TestPresetWithAMappingToWhatItReadsItself(t *testing.T) {
	f := golden(t, Options{Format: "caddy", Mapping: Mapping{"tenant": {Path: "/logger"}}})
	f(`{"ts":1646861401,"logger":"http.log.access.shop","request":{"remote_ip":"192.0.2.9","method":"GET","uri":"/","headers":{}},"size":1,"status":200}`,
		`method=GET path=/ tenant=http.log.access.shop time=2022-03-09T21:30:01Z status=200 response_bytes=1 peer_address=192.0.2.9 client_address=192.0.2.9`)
	f(`{"ts":1646861401,"logger":"admin","request":{"remote_ip":"192.0.2.9","method":"GET","uri":"/","headers":{}},"size":1,"status":200}`, skipped)
}
