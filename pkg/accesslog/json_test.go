package accesslog

import (
	"strings"
	"testing"
)

func TestJSONDefaultMapping(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := one(t, Options{Format: "json", Trusted: trust}, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	const flags = ` quality=[no_bytes status_unknown]`
	const ok = `"method":"GET","time":"2024-05-01T10:00:00Z"`
	const row = `method=GET time=2024-05-01T10:00:00Z` + flags
	f(`{`+ok+`}`, row)
	f(` { "method" : "GET" , "time" : "2024-05-01T12:00:00.5+02:00" } `, `method=GET time=2024-05-01T10:00:00.5Z`+flags)
	f(`{"method":"GET","time":1714557600.25}`, `method=GET time=2024-05-01T10:00:00.25Z`+flags)
	f(`{"method":"GET","time":"1714557600.250"}`, `method=GET time=2024-05-01T10:00:00.25Z`+flags)
	f(`{"method":"GET","time":1714557600250}`, `method=GET time=2024-05-01T10:00:00.25Z`+flags)
	f(`{"method":"GET","time":"01/May/2024:12:00:00 +0200"}`, `method=GET time=2024-05-01T10:00:00Z`+flags)
	f(`{"method":"GET","time":"2024-05-01 10:00:00"}`, `method=GET time=2024-05-01T10:00:00Z quality=[no_bytes status_unknown time_assumed]`)
	f(`{"method":"GET","time":"yesterday"}`, `method=GET time=2030-01-01T00:00:00Z quality=[no_bytes status_unknown time_assumed]`)
	f(`{"method":"GET","time":5}`, `method=GET time=2030-01-01T00:00:00Z quality=[no_bytes status_unknown time_assumed]`)
	f(`{"method":"GET","time":"2031-05-01T10:00:00Z"}`, `method=GET time=2030-01-01T00:00:00Z quality=[no_bytes status_unknown time_assumed]`)
	f(`{"status":"404","response_bytes":"0","request_bytes":12,`+ok+`}`, `method=GET time=2024-05-01T10:00:00Z status=404 request_bytes=12 response_bytes=0`)
	f(`{"duration":0.000929675,"upstream_duration":"0.001, 0.002 : -",`+ok+`}`,
		`method=GET time=2024-05-01T10:00:00Z duration=929675 upstream_duration=3000000`+flags)
	f(`{"duration":"-","upstream_duration":-1,"status":"-","host":"","user":"-","referer":null,`+ok+`}`, row)
	f(`{"uri":"/a%20b?c=d?e","user_agent":"q\"\\\u00e4\ud83d\ude00\/",`+ok+`}`,
		`method=GET path=/a%20b query=c=d?e user_agent=q"\ä😀/ time=2024-05-01T10:00:00Z`+flags)
	f(`{"user_agent":"nginx \x22default\x22 \xC3\xA4",`+ok+`}`, `method=GET user_agent=nginx "default" ä time=2024-05-01T10:00:00Z`+flags)
	f(`{"user_agent":"half \ud83d x\xFF",`+ok+`}`, `method=GET user_agent=half � x\xFF time=2024-05-01T10:00:00Z quality=[no_bytes status_unknown bad_encoding]`)
	f(`{"decision":"deny 0123456789abcdef",`+ok+`}`, `method=GET decision_id=0123456789abcdef decision_action=deny time=2024-05-01T10:00:00Z`+flags)
	f(`{"decision":"deny me",`+ok+`}`, row)
	f(`{"decision":"deny 0123456789abcdeg",`+ok+`}`, row)
	f(`{"other":{"method":"PUT","deep":[1,{"a":"}]"}]},`+ok+`,"last":[]}`, row)
	f(`{"method":"","uri":"","status":400,"time":"2024-05-01T10:00:00Z"}`, `time=2024-05-01T10:00:00Z status=400 quality=[no_bytes bad_request]`)
	f(`{"host":"h","protocol":"HTTP/2.0","request_id":"r1","application":"app","session":"s","route":"/r/{id}","api":"pets","tls_fingerprint":"j","tls_version":"TLSv1.3","content_type":"a/b","tenant":"t",`+ok+`}`,
		`method=GET host=h protocol=HTTP/2.0 route=/r/{id} route_origin=gateway principal_kind=application principal=app application=app session=s tls_fingerprint=j tls_version=TLSv1.3 request_id=r1 api=pets tenant=t content_type=a/b time=2024-05-01T10:00:00Z`+flags)
}

func TestJSONAddresses(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got := one(t, Options{Format: "json", Trusted: trust}, `{"method":"GET","time":1714557600,"status":200,"response_bytes":1,`+in+`}`)
		if _, got, _ = strings.Cut(got, "response_bytes=1 "); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(`"peer":"192.0.2.1"`, `peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`"client":"192.0.2.1"`, `peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`"peer":"10.0.0.1","client":"192.0.2.1"`, `peer_address=10.0.0.1 client_address=192.0.2.1`)
	f(`"peer":"10.0.0.1:4711","forwarded_for":"192.0.2.1"`, `peer_address=10.0.0.1 client_address=192.0.2.1`)
	f(`"peer":"192.0.2.9","forwarded_for":"192.0.2.1"`, `peer_address=192.0.2.9 client_address=192.0.2.9`)
	f(`"peer":"10.0.0.1","forwarded_for":"203.0.113.5, 192.0.2.1, 10.0.0.2"`, `peer_address=10.0.0.1 client_address=192.0.2.1`)
	f(`"peer":"10.0.0.1","forwarded_for":"10.0.0.3,10.0.0.2"`, `peer_address=10.0.0.1 client_address=10.0.0.3`)
	f(`"peer":"10.0.0.1","forwarded_for":"192.0.2.1, unknown, 10.0.0.2"`, `quality=[bad_forwarded] peer_address=10.0.0.1 client_address=10.0.0.2`)
	f(`"peer":"10.0.0.1","forwarded_for":"<script>"`, `quality=[bad_forwarded] peer_address=10.0.0.1 client_address=10.0.0.1`)
	f(`"peer":"10.0.0.1","forwarded_for":"for=192.0.2.60;proto=http, for=\"[2001:db8::1]:4711\""`, `peer_address=10.0.0.1 client_address=2001:db8::1`)
	f(`"peer":"10.0.0.1","forwarded_for":"[2001:db8::2]:80"`, `peer_address=10.0.0.1 client_address=2001:db8::2`)
	f(`"peer":"nobody"`, ``)
	// what a client asks for must not pass for what the proxy says of it
	for _, host := range []string{`a,for=203.0.113.99`, `a;for=203.0.113.99`, `\\\\\\\",for=203.0.113.99;x=\\\"`} {
		f(`"peer":"10.0.0.1","forwarded_for":"for=\", proto=http;host=\"`+host+`\";for=192.0.2.1"`, `peer_address=10.0.0.1 client_address=192.0.2.1`)
	}
	f(`"peer":"10.0.0.1","forwarded_for":"host=a;for=203.0.113.99;for=192.0.2.1"`, `quality=[bad_forwarded] peer_address=10.0.0.1 client_address=10.0.0.1`)
	f(`"peer":"10.0.0.1","forwarded_for":"\", 192.0.2.1"`, `peer_address=10.0.0.1 client_address=192.0.2.1`)
}

func TestJSONOwnMapping(t *testing.T) {
	f := func(m Mapping, in, want string) {
		t.Helper()
		if got := one(t, Options{Format: "json", Mapping: m}, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	caddy := Mapping{
		"time": {Path: "/ts", Unit: "epoch_s"}, "method": {Path: "/request/method"}, "host": {Path: "/request/host"},
		"uri": {Path: "/request/uri"}, "protocol": {Path: "/request/proto"}, "peer_address": {Path: "/request/remote_ip"},
		"client_address": {Path: "/request/client_ip"}, "user_agent": {Path: "/request/headers/User-Agent/0"},
		"duration": {Path: "/duration", Unit: "s"}, "response_bytes": {Path: "/size"}, "status": {Path: "/status"},
	}
	f(caddy, `{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","client_ip":"127.0.0.1","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/","headers":{"User-Agent":["curl/7.82.0"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200}`,
		`method=GET host=localhost path=/ protocol=HTTP/2.0 user_agent=curl/7.82.0 time=2022-03-09T21:30:01.5241024Z status=200 response_bytes=10900 duration=929675 peer_address=127.0.0.1 client_address=127.0.0.1`)
	traefik := Mapping{
		"time": {Path: "/StartUTC", Unit: "rfc3339"}, "method": {Path: "/RequestMethod"}, "uri": {Path: "/RequestPath"},
		"peer_address": {Path: "/ClientHost"}, "status": {Path: "/DownstreamStatus"}, "response_bytes": {Path: "/DownstreamContentSize"},
		"duration": {Path: "/Duration", Unit: "ns"}, "upstream_duration": {Path: "/OriginDuration", Unit: "ns"}, "route": {Path: "/RouterName"},
	}
	f(traefik, `{"ClientHost":"10.0.0.1","RequestMethod":"GET","RequestPath":"/a","DownstreamStatus":200,"DownstreamContentSize":12,"Duration":1234567,"OriginDuration":1200000,"RouterName":"r@file","StartUTC":"2024-05-01T10:00:00.123456789Z"}`,
		`method=GET path=/a route=r@file route_origin=gateway time=2024-05-01T10:00:00.123456789Z status=200 response_bytes=12 duration=1234567 upstream_duration=1200000 quality=[no_user_agent] peer_address=10.0.0.1 client_address=10.0.0.1`)
	kong := Mapping{
		"time": {Path: "/started_at", Unit: "epoch_ms"}, "method": {Path: "/request/method"}, "uri": {Path: "/request/uri"},
		"status": {Path: "/response/status"}, "response_bytes": {Path: "/response/size"}, "client_address": {Path: "/client_ip"},
		"duration": {Path: "/latencies/request", Unit: "ms"}, "upstream_duration": {Path: "/latencies/proxy", Unit: "ms"},
	}
	f(kong, `{"request":{"id":"x","uri":"/a","method":"GET","headers":{},"size":85},"upstream_status":"200","response":{"status":200,"headers":{},"size":617},"latencies":{"kong":1,"proxy":-1,"request":7},"client_ip":"1.2.3.4","started_at":1433209822425}`,
		`method=GET path=/a time=2015-06-02T01:50:22.425Z status=200 response_bytes=617 duration=7000000 quality=[no_user_agent] peer_address=1.2.3.4 client_address=1.2.3.4`)
	f(Mapping{}, `{"a":1}`, `rejected: JSON without a mapped request`)
	f(Mapping{"method": {Path: "/a~1b/c~0d"}, "time": {Path: "/t"}}, `{"a/b":{"c~d":"GET"},"t":1433209822}`,
		`method=GET time=2015-06-02T01:50:22Z quality=[no_bytes no_user_agent status_unknown]`)
}

func TestJSONMalformed(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := one(t, Options{Format: "json"}, in); got != "rejected: "+want {
			t.Errorf("%.200s\n got %s\nwant %s", in, got, want)
		}
	}
	f(`[]`, "not a JSON object")
	f(`plain text`, "not a JSON object")
	f(`{}`, "JSON without a mapped request")
	f(`{"msg":"started"}`, "JSON without a mapped request")
	f(`{"method":"GET"`, "broken JSON")
	f(`{"method":"GET`, "broken JSON")
	f(`{"method":"GET\"}`, "broken JSON")
	f(`{"method"}`, "broken JSON")
	f(`{"method":}`, "JSON without a mapped request")
	f(`{"method":"GET",5:"x"}`, "broken JSON")
	f(`{"method":"GET",,}`, "broken JSON")
	f(`{method:"GET"}`, "broken JSON")
	f(`{"x":[1,{"a":2}`, "broken JSON")
	f(`{"x":]}`, "broken JSON")
	f(`{"method":"GET"} {"method":"GET"}`, "text after the JSON object")
	f(`{"x":`+strings.Repeat("[", 100_000), "longer than the limit")
	f(`{"x":`+strings.Repeat("[", 1000), "JSON nested too deeply")
}

func TestJSONThatNginxBreaks(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := one(t, Options{Format: "json"}, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	const row = `method=GET time=2024-05-01T10:00:00Z status=200 response_bytes=3`
	f(`{"method":"GET","time":1714557600,"upstream_duration":,"status":200,"response_bytes":3}`, row)
	f(`{"method":"GET","time":1714557600,"status":200,"response_bytes":3,"duration":}`, row)
	f(`{"method":"GET","time":1714557600,"upstream_duration":-,"status":200,"response_bytes":3}`, row)
	f(`{"method":"GET","time":1714557600,"upstream_duration":0.001, 0.002,"status":200,"response_bytes":3}`, row+` upstream_duration=3000000`)
	f(`{"method":"GET","time":1714557600,"upstream_duration":0.001 : 0.002, -,"status":200,"response_bytes":3}`, row+` upstream_duration=3000000`)
	f(`{"method":"GET","time":1714557600,"other":0.001, 0.002,"status":200,"response_bytes":3}`, row)
}

func TestJSONOfTwoSameKeysTheLastHolds(t *testing.T) {
	got := one(t, Options{Format: "json"}, `{"method":"PUT","time":1714557600,"status":500,"uri":"/b?c","method":"GET","status":200,"uri":"/a?b","response_bytes":3}`)
	if want := `method=GET path=/a query=b time=2024-05-01T10:00:00Z status=200 response_bytes=3`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestJSONArrays(t *testing.T) {
	f := func(m Mapping, in, want string) {
		t.Helper()
		m["method"], m["time"] = Pointer{Path: "/m"}, Pointer{Path: "/t"}
		got := one(t, Options{Format: "json", Mapping: m, Trusted: trust}, `{"m":"GET","t":1714557600,`+in+`}`)
		if want = `method=GET ` + want; got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	const tail = `time=2024-05-01T10:00:00Z quality=[no_bytes status_unknown]`
	agent := Mapping{"user_agent": {Path: "/h/User-Agent"}}
	f(agent, `"h":{"User-Agent":["a\"b","c"]}`, `user_agent=a"b `+tail)
	f(agent, `"h":{"User-Agent":"a"}`, `user_agent=a `+tail)
	f(agent, `"h":{"User-Agent":[]}`, tail)
	f(agent, `"h":{"User-Agent":[["a"],"b"]}`, tail)
	f(agent, `"h":{"User-Agent":{"a":"b"}}`, tail)
	f(Mapping{"user_agent": {Path: "/h/1"}}, `"h":["a","b","c"]`, `user_agent=b `+tail)
	f(Mapping{"user_agent": {Path: "/h/0/v"}}, `"h":[{"n":1,"v":"b"},{"v":"c"}]`, `user_agent=b `+tail)
	f(Mapping{"user_agent": {Path: "/h/ua"}, "forwarded_for": {Path: "/h/xff"}, "peer_address": {Path: "/p"}},
		`"p":"10.0.0.1","h":{"ua":"a","xff":["203.0.113.1, 192.0.2.1","10.0.0.2"]}`,
		`user_agent=a forwarded_for=203.0.113.1, 192.0.2.1, 10.0.0.2 `+tail+` peer_address=10.0.0.1 client_address=192.0.2.1`)
}

func TestMappingMistakes(t *testing.T) {
	f := func(m Mapping, want string) {
		t.Helper()
		_, err := NewReader(Options{Format: "json", Mapping: m})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", m, err, want)
		}
	}
	f(Mapping{"stattus": {Path: "/s"}}, `"stattus": no such field; want one of api, application,`)
	f(Mapping{"offset": {Path: "/s"}}, `no such field`)
	f(Mapping{"status": {Path: "s"}}, `begin with /`)
	f(Mapping{"status": {Path: "/s", Unit: "ms"}}, `has no unit`)
	f(Mapping{"duration": {Path: "/s", Unit: "min"}}, `want s, ms, us, ns, or text`)
	f(Mapping{"time": {Path: "/s", Unit: "ms"}}, `want rfc3339, clf, epoch_s`)
	f(Mapping{"time": {Path: "/s", Unit: "epoch_h"}}, `want rfc3339, clf, epoch_s`)
	f(Mapping{"status": {Path: "/s"}, "method": {Path: "/s"}}, `another field is mapped to it`)
}

// A pointer that is wrong is told: nothing would be found in such rows.
func TestARequestWithoutItsMappedPathIsRefused(t *testing.T) {
	f := func(m Mapping, line, want string) {
		t.Helper()
		m["method"] = Pointer{Path: "/m"}
		if got := one(t, Options{Format: "json", Mapping: m}, line); !strings.HasPrefix(got, want) {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	f(Mapping{"uri": {Path: "/ux"}}, `{"m":"GET","u":"/.env"}`, "rejected: JSON without a mapped path")
	f(Mapping{"uri": {Path: "/u"}}, `{"m":"GET","u":"/.env"}`, "method=GET path=/.env")
	f(Mapping{"uri": {Path: "/u"}}, `{"m":"CONNECT","u":""}`, "method=CONNECT")
	f(Mapping{"path": {Path: "/p"}, "route": {Path: "/r"}}, `{"m":"GET","r":"/a/{id}"}`, "method=GET route=/a/{id}")
	f(Mapping{}, `{"m":"GET"}`, "method=GET")
}
