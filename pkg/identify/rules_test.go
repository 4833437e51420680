package identify

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
)

func rules(t testing.TB, o Options) *Rules {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func basic(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

func TestDefaults(t *testing.T) {
	f := func(name, value string, want block.Request) {
		t.Helper()
		var q block.Request
		rules(t, Defaults()).Fill(&q, http.Header{name: {value}}.Get)
		if q != want {
			t.Errorf("%s: %s\n got %+v\nwant %+v", name, value, q, want)
		}
	}
	f("Authorization", "Bearer abc.def", block.Request{Token: "abc.def"})
	f("Authorization", "bearer  abc ", block.Request{Token: "abc"})
	f("Authorization", "ApiKey abc", block.Request{Key: "abc"})
	f("Authorization", "abc", block.Request{Key: "abc"})
	f("Authorization", basic("alice:secret"), block.Request{User: "alice", Claimed: true})
	f("Authorization", basic("alice"), block.Request{User: "alice", Claimed: true})
	f("Authorization", basic(":secret"), block.Request{})
	f("Authorization", "Basic %%%", block.Request{})
	f("Authorization", "", block.Request{})
	// What lenient applications take is taken here too.
	f("Authorization", "Bearer\tabc", block.Request{Token: "abc"})
	f("Authorization", "Basic YWxpY2U6PD8/Pg", block.Request{User: "alice", Claimed: true})
	f("Authorization", "Basic YWxpY2U6PD8_Pg==", block.Request{User: "alice", Claimed: true})
	f("X-Api-Key", " k1 ", block.Request{Key: "k1"})
	f("Apikey", "k1", block.Request{Key: "k1"})
	f("Cookie", "theme=dark; PHPSESSID=s1; sid=s2", block.Request{Session: "s1"})
	f("Cookie", `connect.sid="s 1"`, block.Request{Session: "s 1"})
	f("Cookie", "inside=1; sid=; sid", block.Request{})
	// What a client can say of itself is not believed unless somebody says so.
	f("X-Forwarded-User", "alice", block.Request{})
	f("X-Consumer-Username", "alice", block.Request{})
	f("X-Honeymoat-Api", "shop", block.Request{})
}

func TestConfiguredPlaces(t *testing.T) {
	r := rules(t, Options{
		User: []string{"header:x-consumer-username", "cookie:login", "query:user"}, Application: []string{"header:X-Consumer-Custom-Id"},
		Key: []string{"query:api_key"}, Session: []string{"query:sid"}, Fingerprint: []string{"header:X-JA4"}, API: []string{"header:X-Honeymoat-Api"},
	})
	f := func(h http.Header, query string, want block.Request) {
		t.Helper()
		var q block.Request
		r.Fill(&q, h.Get)
		r.FillQuery(&q, query)
		if q != want {
			t.Errorf("%v %s\n got %+v\nwant %+v", h, query, q, want)
		}
	}
	f(http.Header{"X-Consumer-Username": {"alice"}, "Cookie": {"login=bob"}}, "user=carol", block.Request{User: "alice"})
	f(http.Header{"Cookie": {"a=b; login=bob"}}, "user=carol", block.Request{User: "bob", Claimed: true})
	f(nil, "a=1&user=&user=c%61rol+d", block.Request{User: "carol d", Claimed: true})
	f(http.Header{"X-Consumer-Custom-Id": {"app"}, "X-Ja4": {"t13d"}, "X-Honeymoat-Api": {"shop"}}, "",
		block.Request{Application: "app", Fingerprint: "t13d", API: "shop"})
	f(nil, "sid=%zz&api%5fkey=1", block.Request{Session: "%zz", Key: "1"})
}

func TestWhatIsKnownStays(t *testing.T) {
	q := block.Request{User: "from-mtls", Token: "t"}
	rules(t, Defaults()).Fill(&q, http.Header{"Authorization": {basic("alice:x")}}.Get)
	if q.User != "from-mtls" || q.Claimed || q.Token != "t" {
		t.Errorf("%+v", q)
	}
	var none *Rules
	none.Fill(&q, func(string) string { return "x" })
	none.FillQuery(&q, "x=y")
	if q.Key != "" || none.Headers() != nil {
		t.Errorf("%+v", q)
	}
}

func TestHeaders(t *testing.T) {
	want := []string{"Api-Key", "Apikey", "Authorization", "Cookie", "X-Api-Key"}
	if got := rules(t, Defaults()).Headers(); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestMistakes(t *testing.T) {
	f := func(place string) {
		t.Helper()
		_, err := New(Options{Token: []string{"bearer", place}})
		if err == nil || !strings.Contains(err.Error(), "identify token") || CheckPlace(place) == nil {
			t.Errorf("%q: %v", place, err)
		}
	}
	f("")
	f("header:")
	f("header:X Y")
	f("cookie:")
	f("cookie:a;b")
	f("query:")
	f("bearer:x")
	f("X-Api-Key")
}

// What a log calls a principal is what the gateway's request is refused by.
func TestAgreesWithAccessLogs(t *testing.T) {
	f := func(header, value string) {
		t.Helper()
		var q block.Request
		rules(t, Defaults()).Fill(&q, http.Header{http.CanonicalHeaderKey(header): {value}}.Get)
		b := logged(t, header, value)
		if got := b.Text(event.Session, 0); string(got) != q.Session {
			t.Errorf("%s: %s: the log has session %q, the request %q", header, value, got, q.Session)
		}
		kind, principal := string(b.Text(event.PrincipalKind, 0)), string(b.Text(event.Principal, 0))
		if got := map[string]string{"token": q.Token, "key": q.Key}[kind]; got != principal || kind == "" && q.Token+q.Key != "" {
			t.Errorf("%s: %s: the log has %s %q, the request %+v", header, value, kind, principal, q)
		}
	}
	for _, v := range []string{"Bearer abc", "bearer  abc ", "Bearer", "ApiKey abc", "Digest username=\"x\"", "abc", basic("alice:x"), "Basic", " x", "Bearer\tabc"} {
		f("authorization", v)
	}
	for _, v := range []string{"a=1; JSESSIONID=\"x y\"; b=2", "connect.sid=s%3Aabc", "sid=1;session=2", "my_SID=1", "aside=1; sid2=3", "sid=; session=2", ";;=;=="} {
		f("cookie", v)
	}
	var q block.Request
	rules(t, Defaults()).Fill(&q, http.Header{"X-Api-Key": {"k1"}}.Get)
	if q.Key != string(logged(t, "key", "k1").Text(event.Principal, 0)) {
		t.Errorf("%+v", q)
	}
}

// logged is a row of a log that has the header.
func logged(t *testing.T, header, value string) *event.Batch {
	t.Helper()
	mapping := accesslog.Mapping{header: {Path: "/h"}, "method": {Path: "/m"}, "time": {Path: "/t"}}
	reader, err := accesslog.NewReader(accesslog.Options{Format: "json", Mapping: mapping})
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(map[string]any{"m": "GET", "t": 1714557600, "h": value})
	if err != nil {
		t.Fatal(err)
	}
	b := new(event.Batch)
	reader.ReadChunk(append(line, '\n'), event.Position{Line: 1}, b)
	if b.Rows() != 1 {
		t.Fatalf("%s: %d rows", line, b.Rows())
	}
	return b
}

func FuzzFill(f *testing.F) {
	f.Add("Bearer x", "sid=1; a", "user=%41&b")
	r := rules(f, Options{
		User: []string{"basic", "query:user"}, Key: []string{"authorization"}, Token: []string{"bearer"}, Session: []string{"cookies", "cookie:a"},
	})
	f.Fuzz(func(t *testing.T, authorization, cookie, query string) {
		var q block.Request
		r.Fill(&q, http.Header{"Authorization": {authorization}, "Cookie": {cookie}}.Get)
		r.FillQuery(&q, query)
		if q.Key != "" && q.Token != "" {
			t.Errorf("one header is two things: %+v", q)
		}
	})
}
