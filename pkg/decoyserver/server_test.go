package decoyserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/decoy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const catalogueYAML = `
version: 1
responses:
  secret: {status: 200, headers: {Content-Type: text/plain, Server: Apache}, body: "KEY=1\n"}
decoys:
  - {id: env, title: an env file, path: /.env, response: secret}
  - {id: slow, title: a slow one, path: /slow, response: {status: 503, delay: 10s}}
  - {id: empty, title: nothing, path: /empty, response: {status: 204}}
  - {id: api, title: a whole API, hosts: [api.example], path: /*, response: {status: 401, body: "{}"}}
`

func newHandler(t testing.TB, file *LogFile) *Handler {
	t.Helper()
	catalogue, err := decoy.Parse(decoy.Source{Name: "test.yml", Data: []byte(catalogueYAML)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{
		Catalogue: catalogue, LogFile: file, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Trusted: func(a netip.Addr) bool { return a == netip.MustParseAddr("198.51.100.1") },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func openLog(t testing.TB, o LogOptions) *LogFile {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "decoy.log")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l, err := OpenLog(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// logged gives the lines of a decoy log.
func logged(t testing.TB, path string) []map[string]any {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var lines []map[string]any
	for s := bufio.NewScanner(file); s.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", s.Bytes(), err)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestAnswers(t *testing.T) {
	file := openLog(t, LogOptions{})
	h := newHandler(t, file)
	f := func(method, host, uri string, status int, body, id string) {
		t.Helper()
		r := httptest.NewRequest(method, uri, strings.NewReader("<script>"))
		r.Host = host
		r.RemoteAddr = "203.0.113.9:4711"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		lines := logged(t, file.options.Path)
		last := lines[len(lines)-1]
		if w.Code != status || w.Body.String() != body || last["decoy"] != id || last["status"] != float64(status) {
			t.Errorf("%s %s%s: %d %q, logged %v", method, host, uri, w.Code, w.Body, last)
		}
	}
	f("GET", "a.example", "/.env?x=1", 200, "KEY=1\n", "env")
	f("HEAD", "a.example", "/.env", 200, "", "env")
	f("POST", "a.example", "/%2eenv", 200, "KEY=1\n", "env")
	f("GET", "a.example", "/empty", 204, "", "empty")
	f("DELETE", "api.example:8443", "/v1/<b>users</b>", 401, "{}", "api")
	f("GET", "a.example", "/v1/users", 404, "", "unlisted")
}

func TestWhoIsBelieved(t *testing.T) {
	file := openLog(t, LogOptions{})
	h := newHandler(t, file)
	f := func(peer string, believed bool) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/anything", nil)
		r.RemoteAddr = peer
		for name, value := range map[string]string{
			clientHeader: "::ffff:192.0.2.7", methodHeader: "PUT", uriHeader: "/.env?a=b", hostHeader: "shop.example",
			requestIDHeader: "0011223344556677", "X-Forwarded-For": "192.0.2.99", "User-Agent": "probe/1",
		} {
			r.Header.Set(name, value)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		lines := logged(t, file.options.Path)
		got := lines[len(lines)-1]
		want := map[string]any{"decoy": "env", "client": "192.0.2.7", "method": "PUT", "uri": "/.env?a=b", "host": "shop.example", "request_id": "0011223344556677"}
		if !believed {
			host, _, _ := net.SplitHostPort(peer)
			want = map[string]any{"decoy": "unlisted", "client": host, "method": "GET", "uri": "/anything", "host": "example.com"}
			if got["request_id"] != nil {
				t.Errorf("peer %s: a request id of a client's own making: %v", peer, got)
			}
		}
		want["forwarded_for"], want["user_agent"], want["protocol"] = "192.0.2.99", "probe/1", "HTTP/1.1"
		for key, value := range want {
			if got[key] != value {
				t.Errorf("peer %s: %s is %v, want %v", peer, key, got[key], value)
			}
		}
	}
	f("127.0.0.1:1", true)
	f("@", true)
	f("198.51.100.1:1", true)
	f("203.0.113.9:1", false)
}

func TestHostileTextIsBoundedAndEscaped(t *testing.T) {
	file := openLog(t, LogOptions{})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RequestURI = "/.env?" + strings.Repeat("x", 1<<20)
	r.Header.Set("User-Agent", "a\"b\\c\n{\"decoy\":\"forged\"}\xff")
	r.Header.Set("Referer", strings.Repeat("é", 1<<16))
	newHandler(t, file).ServeHTTP(httptest.NewRecorder(), r)
	lines := logged(t, file.options.Path)
	if len(lines) != 1 || lines[0]["decoy"] != "env" || len(lines[0]["uri"].(string)) != maxLogged {
		t.Errorf("logged %.300v", lines)
	}
	if info, err := os.Stat(file.options.Path); err != nil || info.Size() > 32<<10 {
		t.Errorf("a line of %d bytes, %v", info.Size(), err)
	}
}

func TestServe(t *testing.T) {
	file := openLog(t, LogOptions{})
	h := newHandler(t, file)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, l, h) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + l.Addr().String() + "/.env")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "KEY=1\n" || resp.Header.Get("Server") != "Apache" || resp.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("%q %v %v", body, resp.Header, err)
	}
	_ = resp.Body.Close()
	slow := make(chan error, 1)
	go func() {
		resp, err := client.Get("http://" + l.Addr().String() + "/slow")
		if err == nil {
			err = resp.Body.Close()
		}
		slow <- err
	}()
	await(t, func() bool { return len(logged(t, file.options.Path)) == 2 })
	cancel() // long before the slow answer is due
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-slow
	if lines := logged(t, file.options.Path); lines[1]["decoy"] != "slow" {
		t.Errorf("logged %v", lines)
	}
}

func await(t *testing.T, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass within a minute")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestCatalogueIsReplaced(t *testing.T) {
	h := newHandler(t, openLog(t, LogOptions{}))
	h.SetCatalogue(nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.env", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d", w.Code)
	}
}

func BenchmarkTouch(b *testing.B) {
	h := newHandler(b, openLog(b, LogOptions{MaxBytes: 1 << 40}))
	r := httptest.NewRequest(http.MethodGet, "/.env", nil)
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "touches/s")
}

func FuzzRequest(f *testing.F) {
	f.Add("/.env", "a.example", "probe/1", "127.0.0.1:1")
	f.Add("//..%2f", "[::1]:80", "\x00", "@")
	file := openLog(f, LogOptions{MaxBytes: 1 << 20})
	h := newHandler(f, file)
	f.Fuzz(func(t *testing.T, uri, host, agent, peer string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RequestURI, r.Host, r.RemoteAddr = uri, host, peer
		r.Header.Set("User-Agent", agent)
		q := read(r, h.trusted)
		line, err := q.line(r, h.find(&q), time.Unix(0, 0))
		if err != nil || bytes.Count(line, []byte("\n")) != 1 || !json.Valid(line) {
			t.Fatal(fmt.Sprintf("%q", line), err)
		}
	})
}
