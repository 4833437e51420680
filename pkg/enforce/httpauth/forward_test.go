package httpauth

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// forwarded is a question as Traefik, Caddy and APISIX send it.
func forwarded(client, uri string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("X-Forwarded-For", client)
	r.Header.Set("X-Forwarded-Uri", uri)
	r.Header.Set("X-Forwarded-Method", "POST")
	r.Header.Set("X-Forwarded-Host", "shop.example")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("User-Agent", "probe/1")
	// What a client tries: these mean something elsewhere.
	r.Header.Set(ClientHeader, "198.51.100.99")
	r.Header.Set(URIHeader, "/harmless")
	r.Header.Set(AnswerHeader, "503 0 ")
	r.Header.Set(RequestIDHeader, "chosen-by-the-client")
	return r
}

func forward(t *testing.T, o ForwardOptions, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	if o.Decider == nil {
		o.Decider = newTable()
	}
	f, err := NewForward(o)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestForwardAnswers(t *testing.T) {
	f := func(client string, status int, body string, header ...string) {
		t.Helper()
		w := forward(t, ForwardOptions{}, forwarded(client, "/"))
		if w.Code != status || w.Body.String() != body {
			t.Errorf("%s: %d %q, want %d %q", client, w.Code, w.Body, status, body)
		}
		for i := 0; i+1 < len(header); i += 2 {
			if got := w.Header().Get(header[i]); got != header[i+1] {
				t.Errorf("%s: %s is %q, want %q", client, header[i], got, header[i+1])
			}
		}
	}
	const decision = block.DecisionHeader
	f("192.0.2.1", 200, "", decision, "")
	f("192.0.2.7", 403, "", decision, "deny 0000000000000007")
	f("192.0.2.8", 451, `{"why":"so"}`, "Content-Type", "application/json")
	f("192.0.2.9", 403, "", decision, "drop 0000000000000009", "Connection", "close")
	f("192.0.2.10", 429, "", decision, "throttle 000000000000000a", "Retry-After", "2")
	f("192.0.2.12", 200, "", decision, "flag 000000000000000c", block.FlagHeader, "yes", "X-Suspect", "yes")
	f("192.0.2.13", 403, "") // no responder
	f("nobody", 200, "")
	if w := forward(t, ForwardOptions{DenyUnknown: true}, forwarded("", "/")); w.Code != 403 {
		t.Errorf("unknown: %d", w.Code)
	}
}

// TestForwardDiverts: the client gets the decoy's answer, and no sign of it.
func TestForwardDiverts(t *testing.T) {
	decoys := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RemoteAddr != "127.0.0.1:0" || r.Header.Get(ClientHeader) != "192.0.2.13" || r.Header.Get(URIHeader) != "/.env?a=1" ||
			r.Header.Get(MethodHeader) != "POST" || r.Header.Get(HostHeader) != "shop.example" || r.Header.Get(SecretHeader) != "" ||
			r.Header.Get(RequestIDHeader) != "" || r.URL.Path != "/.env" {
			t.Errorf("%+v", r)
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "KEY=1")
	})
	f := func(restores bool, want int, told string) {
		t.Helper()
		o := ForwardOptions{Decoys: decoys, Secret: "s", RestoresStatus: restores}
		w := forward(t, o, forwarded("192.0.2.13", "/.env?a=1"))
		if w.Code != want || w.Body.String() != "KEY=1" || w.Header().Get(block.DecisionHeader) != "" || w.Header().Get(StatusHeader) != told {
			t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
		}
	}
	f(false, 404, "") // 2xx would let the request pass
	f(true, 404, "200")
}

func TestForwardKnowsTheClient(t *testing.T) {
	trusted := func(a netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(a) }
	f := func(client string, header ...string) {
		t.Helper()
		d := newTable()
		r := forwarded("", "/a?b")
		r.Header["X-Forwarded-For"] = header
		forward(t, ForwardOptions{Decider: d, Trusted: trusted}, r)
		if len(d.asked) != 1 || d.asked[0].Client.String() != client {
			t.Errorf("%v: %+v, want %s", header, d.asked, client)
		}
	}
	f("192.0.2.7", "192.0.2.7")
	f("192.0.2.7", "203.0.113.1, 192.0.2.7")
	f("192.0.2.7", "203.0.113.1, 192.0.2.7, 10.0.0.1,10.1.1.1")
	f("192.0.2.7", "203.0.113.1", "192.0.2.7, 10.0.0.1")
	f("10.0.0.1", "10.0.0.1, 10.0.0.2")
	f("192.0.2.7", "junk, ::ffff:192.0.2.7")
	for _, same := range []string{"192.0.2.7:5555", "192.0.2.7:5555, 10.0.0.1", "[::ffff:192.0.2.7]:80"} {
		f("192.0.2.7", same) // as load balancers write it, and logs are read
	}
	f("2001:db8::1", "[2001:db8::1%eth0]:443")
	if w := forward(t, ForwardOptions{DenyUnknown: true, Trusted: trusted}, forwarded("junk, 10.0.0.1", "/")); w.Code != 403 {
		t.Errorf("junk behind a proxy: %d", w.Code)
	}
}

func TestForwardTakesTheGatewaysRequestID(t *testing.T) {
	d := newTable()
	r := forwarded("192.0.2.1", "/")
	r.Header.Set("X-Gateway-Id", "made by the gateway")
	forward(t, ForwardOptions{Decider: d, RequestID: "X-Gateway-Id"}, r)
	forward(t, ForwardOptions{Decider: d}, r)
	if d.asked[0].RequestID != "made by the gateway" || d.asked[1].RequestID != "" {
		t.Errorf("%+v", d.asked)
	}
}

func TestForwardAnswersGatewaysOnly(t *testing.T) {
	f := func(o ForwardOptions, change func(r *http.Request), want int) {
		t.Helper()
		r := forwarded("192.0.2.1", "/")
		r.RemoteAddr = "198.51.100.1:1"
		change(r)
		if w := forward(t, o, r); w.Code != want {
			t.Errorf("%d, want %d", w.Code, want)
		}
	}
	secret := func(s string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(SecretHeader, s) } }
	f(ForwardOptions{}, func(*http.Request) {}, 403)
	f(ForwardOptions{}, secret(""), 403)
	f(ForwardOptions{Secret: "right"}, secret("wrong"), 403)
	f(ForwardOptions{Secret: "right"}, secret("right"), 200)
	f(ForwardOptions{}, func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, 403)
	f(ForwardOptions{}, func(r *http.Request) { r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{}}} }, 200)
}
