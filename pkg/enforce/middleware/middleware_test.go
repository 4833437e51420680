package middleware

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// decider answers every request alike and keeps the last one.
type decider struct {
	verdict block.Verdict
	asked   block.Request
}

func (d *decider) Decide(r *block.Request) block.Verdict {
	d.asked = *r
	return d.verdict
}

func refused(a block.Action, terms *block.Terms) block.Verdict {
	return block.Verdict{Refused: true, RetryAfter: 1500 * time.Millisecond, Decision: block.Decision{ID: 7, Action: a, Terms: terms, Found: true}}
}

// serve starts a service behind a guard, whose handler answers with the flag
// that it was given.
func serve(t *testing.T, o Options) *httptest.Server {
	t.Helper()
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "flag="+r.Header.Get(block.FlagHeader)+" decision="+r.Header.Get(block.DecisionHeader))
	})))
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestWhatTheClientGets(t *testing.T) {
	decoys := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, _ := DecisionOf(r.Context())
		_, _ = io.WriteString(w, "a decoy, "+v.Mark())
	})
	f := func(v block.Verdict, status int, body string) *http.Response {
		t.Helper()
		resp, got := get(t, serve(t, Options{Decider: &decider{verdict: v}, Decoys: decoys}).URL)
		if resp.StatusCode != status || got != body {
			t.Errorf("%s: answered %d %q, want %d %q", v.Mark(), resp.StatusCode, got, status, body)
		}
		return resp
	}
	f(block.Verdict{}, 200, "flag= decision=")
	f(block.Verdict{Decision: block.Decision{Flag: block.Mark{ID: 9}}}, 200, "flag=0000000000000009 decision=")
	f(refused(block.Deny, nil), 403, "")
	json := f(refused(block.Deny, &block.Terms{Status: 410, Body: `{"gone":true}`}), 410, `{"gone":true}`)
	if got := json.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("the type of a JSON body is %q", got)
	}
	if got := f(refused(block.Throttle, nil), 429, "").Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
	f(refused(block.Divert, nil), 200, "a decoy, divert 0000000000000007")
}

func TestADroppedClientGetsNothing(t *testing.T) {
	server := serve(t, Options{Decider: &decider{verdict: refused(block.Drop, nil)}})
	resp, err := http.Get(server.URL)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatalf("answered %s", resp.Status)
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("the connection ended with %v, want its end", err)
	}
}

func TestWhatTheDeciderHears(t *testing.T) {
	d := &decider{}
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	server := serve(t, Options{
		Decider: d, Trusted: loopback.Contains, RequestID: func(*http.Request) string { return "id-of-ours" },
		Identify: func(r *block.Request, uri string, header func(string) string) {
			r.Key, r.API = header("X-Api-Key"), uri
		},
	})
	get(t, server.URL+"/a%2Fb?q=1", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-For", "198.51.100.1", "X-Api-Key", "k", "User-Agent", "curl/8")
	want := block.Request{
		Client: netip.MustParseAddr("198.51.100.1"), Method: "GET", Host: "127.0.0.1", Path: "/a%2Fb",
		Key: "k", API: "/a%2Fb?q=1", UserAgent: "curl/8", RequestID: "id-of-ours",
	}
	if d.asked != want {
		t.Errorf("asked about %+v, want %+v", d.asked, want)
	}
	untrusting := serve(t, Options{Decider: d})
	get(t, untrusting.URL, "X-Forwarded-For", "198.51.100.1")
	if d.asked.Client.String() != "127.0.0.1" {
		t.Errorf("a header of a stranger was believed: %s", d.asked.Client)
	}
}

// A header may come in several lines. Handlers read all cookies, and the first
// of anything else.
func TestWhatIsSaidSeveralTimes(t *testing.T) {
	var session, key string
	server := serve(t, Options{Decider: &decider{}, Identify: func(_ *block.Request, _ string, header func(string) string) {
		session, key = header("Cookie"), header("X-Api-Key")
	}})
	get(t, server.URL, "Cookie", "a=b", "Cookie", "sid=1", "X-Api-Key", "k1", "X-Api-Key", "k2")
	if session != "a=b; sid=1" || key != "k1" {
		t.Errorf("cookies %q, key %q", session, key)
	}
}

func TestAClientCannotSpeakInOurName(t *testing.T) {
	server := serve(t, Options{Decider: &decider{}})
	_, body := get(t, server.URL, block.FlagHeader, "clean", block.DecisionHeader, "flag 1")
	if body != "flag= decision=" {
		t.Errorf("the handler saw %s", body)
	}
}

func TestEveryDecisionIsTold(t *testing.T) {
	var told []string
	o := Options{Decided: func(_ *http.Request, v *block.Verdict) { told = append(told, v.Mark()) }}
	for _, v := range []block.Verdict{{}, refused(block.Deny, nil), {Decision: block.Decision{Flag: block.Mark{ID: 9}}}} {
		o.Decider = &decider{verdict: v}
		get(t, serve(t, o).URL)
	}
	if got, want := strings.Join(told, ","), "deny 0000000000000007,flag 0000000000000009"; got != want {
		t.Errorf("told of %q, want %q", got, want)
	}
}

func TestADeciderIsRequired(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a guard without a decider was made")
	}
}

func TestURIs(t *testing.T) {
	f := func(target string, change func(*http.Request)) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, target, nil)
		change(r)
		if got, want := uriOf(r, r.URL.EscapedPath()), r.URL.RequestURI(); got != want {
			t.Errorf("%s, now %s: %q, want %q", target, r.URL, got, want)
		}
	}
	for _, target := range []string{"/", "/a?b=c", "/a%2Fb?q=1", "/a?", "/?a?b", "http://shop.example/a?b", "http://shop.example?b", "/a//b", "/a/b?/a/b"} {
		f(target, func(*http.Request) {})
		f(target, func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/other", "" })
		f(target, func(r *http.Request) { r.URL.RawQuery = "x=y" })
		f(target, func(r *http.Request) { r.URL.RawQuery = "" })
		f(target, func(r *http.Request) { r.RequestURI = "" })
	}
}

// Who asks for a header may write its name in whatever case.
func TestHeadersByTheirNames(t *testing.T) {
	q := newQuestion().(*question)
	q.headers = http.Header{"X-Api-Key": {"k"}}
	for _, name := range []string{"X-Api-Key", "x-api-key", "X-API-KEY", "x-Api-key"} {
		if got := q.header(name); got != "k" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := q.header("X-Api"); got != "" {
		t.Errorf("a header that is not there is %q", got)
	}
}

// A request that passes costs no memory, whatever it is identified by.
func TestPassAllocatesNothing(t *testing.T) {
	rules, err := identify.New(identify.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Options{Decider: &decider{}, Identify: func(q *block.Request, uri string, header func(string) string) {
		rules.Fill(q, header)
		_, query, _ := strings.Cut(uri, "?")
		rules.FillQuery(q, query)
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/orders/17?a=b", nil)
	r.Header.Set("Authorization", "Bearer t")
	w := httptest.NewRecorder()
	got := testing.AllocsPerRun(1_000, func() { _, _ = g.Pass(w, r) })
	if got != 0 && !raceDetector { // it drops what is pooled at random
		t.Errorf("%.2f allocations", got)
	}
}

func BenchmarkPass(b *testing.B) {
	g, err := New(Options{Decider: &decider{}})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/orders/17", nil)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = g.Pass(w, r)
	}
}
