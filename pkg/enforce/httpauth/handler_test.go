package httpauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is what is said about clients, and who asked.
type table struct {
	verdicts map[string]block.Verdict
	asked    []block.Request
}

func (d *table) Decide(r *block.Request) block.Verdict {
	d.asked = append(d.asked, *r)
	return d.verdicts[r.Client.Unmap().String()]
}

// says makes a verdict.
func says(id block.ID, a block.Action, terms *block.Terms) block.Verdict {
	v := block.Verdict{Decision: block.Decision{ID: id, Action: a, Terms: terms, Mode: block.Enforce, Found: true}}
	v.Refused = a != block.Flag && a != block.Allow
	switch a {
	case block.Flag:
		v.Flag = block.Mark{ID: id, Terms: terms}
	case block.Throttle:
		v.RetryAfter = 1500 * time.Millisecond
	}
	return v
}

// newTable knows a client for each action.
func newTable() *table {
	return &table{verdicts: map[string]block.Verdict{
		"192.0.2.7":  says(7, block.Deny, nil),
		"192.0.2.8":  says(8, block.Deny, &block.Terms{Status: 451, Body: `{"why":"so"}`}),
		"192.0.2.9":  says(9, block.Drop, nil),
		"192.0.2.10": says(10, block.Throttle, &block.Terms{Rate: 1}),
		"192.0.2.11": says(11, block.Flag, nil),
		"192.0.2.12": says(12, block.Flag, &block.Terms{Header: "X-Suspect", Value: "yes"}),
		"192.0.2.13": says(13, block.Divert, nil),
		"192.0.2.14": says(14, block.Allow, nil),
	}}
}

func newHandler(t testing.TB, o Options) *Handler {
	t.Helper()
	if o.Decider == nil {
		o.Decider = newTable()
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func question(client, uri string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("X-Client-Address", client)
	r.Header.Set("X-Original-URI", uri)
	r.Header.Set("X-Original-Method", "POST")
	r.Header.Set("X-Original-Host", "shop.example")
	r.Header.Set("X-Request-Id", "00112233445566778899aabbccddeeff")
	r.Header.Set("User-Agent", "probe/1")
	return r
}

func TestAnswers(t *testing.T) {
	f := func(client string, status int, header ...string) {
		t.Helper()
		w := httptest.NewRecorder()
		newHandler(t, Options{}).ServeHTTP(w, question(client, "/"))
		want := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			want.Set(header[i], header[i+1])
		}
		got := w.Header().Clone()
		delete(got, "Date") // set to nothing
		if w.Code != status || !maps.EqualFunc(got, want, slices.Equal) || w.Body.Len() != 0 {
			t.Errorf("%s: %d, %v, body %q; want %d, %v", client, w.Code, got, w.Body, status, want)
		}
	}
	const decision = block.DecisionHeader
	f("192.0.2.1", 204)
	f("192.0.2.7", 403, decision, "deny 0000000000000007")
	f("::ffff:192.0.2.7", 403, decision, "deny 0000000000000007")
	f("192.0.2.8", 403, decision, "deny 0000000000000008", AnswerHeader, "451 0 eyJ3aHkiOiJzbyJ9")
	f("192.0.2.9", 403, decision, "drop 0000000000000009")
	f("192.0.2.10", 403, decision, "throttle 000000000000000a", AnswerHeader, "429 2 ")
	f("192.0.2.11", 204, decision, "flag 000000000000000b", block.FlagHeader, "000000000000000b")
	f("192.0.2.12", 204, decision, "flag 000000000000000c", block.FlagHeader, "yes", "X-Suspect", "yes")
	f("192.0.2.13", 401, decision, "divert 000000000000000d")
	f("192.0.2.14", 204)
	for _, unknown := range []string{"", "unix:", "192.0.2", "192.0.2.7, 192.0.2.8", "192.0.2.7:80", strings.Repeat("1", 1<<16)} {
		f(unknown, 204)
	}
}

// TestAnswerIsGivenAgain: what a gateway was told is what it gets, and nothing
// that is no answer of ours.
func TestAnswerIsGivenAgain(t *testing.T) {
	f := func(answer, method string, status int, body string, header ...string) {
		t.Helper()
		d := newTable()
		q := question("192.0.2.7", "/")
		q.Header.Set(AnswerHeader, answer)
		q.Header.Set(MethodHeader, method)
		w := httptest.NewRecorder()
		newHandler(t, Options{Decider: d}).ServeHTTP(w, q)
		if w.Code != status || status < 500 && status != 400 && w.Body.String() != body || len(d.asked) != 0 {
			t.Errorf("%q: %d %q, asked %d times", answer, w.Code, w.Body, len(d.asked))
		}
		for i := 0; i+1 < len(header); i += 2 {
			if got := w.Header().Get(header[i]); got != header[i+1] {
				t.Errorf("%q: %s is %q", answer, header[i], got)
			}
		}
	}
	a := Answer{Status: 451, RetryAfter: 3, Body: "so"}
	f(a.String(), "GET", 451, "so", "Retry-After", "3", "Content-Type", "text/plain; charset=utf-8", "Content-Length", "2")
	f(a.String(), "HEAD", 451, "", "Content-Length", "2")
	f(Answer{Status: 403}.String(), "GET", 403, "")
	for _, bad := range []string{"200 0 ", "403", "403 -1 ", "403 0 !", "x 0 ", "403 0 " + strings.Repeat("YWFh", 2000)} {
		f(bad, "GET", 400, "")
	}
}

func TestAskedWithTheRequest(t *testing.T) {
	d := newTable()
	identify := func(q *block.Request, uri string, header func(string) string) {
		q.Key, q.API = header("x-api-key"), uri
	}
	q := question("2001:db8::7", "/a?b=%00")
	q.Header.Set("X-Api-Key", "secret")
	newHandler(t, Options{Decider: d, Identify: identify}).ServeHTTP(httptest.NewRecorder(), q)
	want := block.Request{
		Method: "POST", Path: "/a", Host: "shop.example", Client: netip.MustParseAddr("2001:db8::7"), Key: "secret", API: "/a?b=%00",
		RequestID: "00112233445566778899aabbccddeeff", UserAgent: "probe/1",
	}
	if len(d.asked) != 1 || d.asked[0] != want {
		t.Errorf("%+v", d.asked)
	}
}

func TestUnknownClientMayBeDenied(t *testing.T) {
	w := httptest.NewRecorder()
	newHandler(t, Options{DenyUnknown: true}).ServeHTTP(w, question("unix:", "/"))
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
}

func TestOnlyLocalPeersAreAnswered(t *testing.T) {
	f := func(peer string, want int) {
		t.Helper()
		r := question("192.0.2.1", "/")
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		newHandler(t, Options{}).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("peer %q: %d, want %d", peer, w.Code, want)
		}
	}
	f("127.0.0.1:1", 204)
	f("[::1]:1", 204)
	f("[::ffff:127.0.0.1]:1", 204)
	f("@", 204)
	f("", 204)
	f("198.51.100.1:1", 400)
	f("[2001:db8::1]:1", 400)
	f("nonsense", 400)
}

func TestAnswersAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := newHandler(t, Options{Metrics: registry})
	for _, client := range []string{"192.0.2.1", "192.0.2.7", "192.0.2.9", "192.0.2.10", "192.0.2.11", "192.0.2.13", ""} {
		h.ServeHTTP(httptest.NewRecorder(), question(client, "/"))
	}
	f, err := NewForward(ForwardOptions{Decider: newTable(), Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	f.ServeHTTP(httptest.NewRecorder(), forwarded("192.0.2.7", "/"))
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "honeymoat_httpauth_requests_total" {
		t.Fatal(families, err)
	}
	got := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		if n := m.GetCounter().GetValue(); n > 0 {
			got[m.GetLabel()[1].GetValue()+" "+m.GetLabel()[0].GetValue()] = n
		}
	}
	want := map[string]float64{"forward_auth deny": 1}
	for _, answer := range []string{"pass", "deny", "drop", "throttle", "flag", "divert", "unknown"} {
		want["auth_request "+answer] = 1
	}
	if !maps.Equal(got, want) {
		t.Errorf("counted %v", got)
	}
}

// serve answers on a unix socket until the test ends.
func serve(t testing.TB, h http.Handler) (path string, client *http.Client) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "agent.sock")
	l, err := Listen(t.Context(), "unix:"+path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the socket is left behind")
		}
	})
	return path, &http.Client{Transport: transport}
}

func ask(client *http.Client, q *http.Request) (int, error) {
	r, err := http.NewRequestWithContext(q.Context(), http.MethodGet, "http://agent/", nil)
	if err != nil {
		return 0, err
	}
	r.Header = q.Header
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

func TestOverASocket(t *testing.T) {
	path, client := serve(t, newHandler(t, Options{}))
	for asked, want := range map[string]int{"192.0.2.1": 204, "192.0.2.13": 401} {
		if got, err := ask(client, question(asked, "/")); got != want || err != nil {
			t.Errorf("%s: %d, %v", asked, got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the socket: %v, %v", info.Mode(), err)
	}
	if _, err := Listen(t.Context(), "unix:"+path, 0o600); !errors.Is(err, ErrInUse) {
		t.Errorf("a second listener: %v", err)
	}
	if got, err := ask(client, question("192.0.2.1", "/")); got != 204 || err != nil {
		t.Errorf("after a second one tried: %d, %v", got, err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.sock")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false) // as when the process was killed
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(t.Context(), "unix:"+path, 0o660)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestListenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(address, want string) {
		t.Helper()
		l, err := Listen(t.Context(), address, 0o600)
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	f("0.0.0.0:0", "loopback")
	f(":0", "loopback")
	f("198.51.100.1:0", "loopback")
	f("127.0.0.1", "loopback")
	f("unix:"+file, "something else than a socket")
	f("unix:"+dir+"/none/agent.sock", "does its directory exist")
	if data, err := os.ReadFile(file); string(data) != "precious" {
		t.Error("a file that is no socket was touched", err)
	}
	taken, err := Listen(t.Context(), "127.0.0.1:0", 0)
	if err != nil {
		t.Fatal(err)
	}
	f(taken.Addr().String(), ErrInUse.Error())
	if err := taken.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkSocket(b *testing.B) {
	_, client := serve(b, newHandler(b, Options{}))
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	q := question("192.0.2.1", "/articles/1")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if status, err := ask(client, q); status != 204 || err != nil {
				b.Error(fmt.Errorf("%d: %w", status, err))
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
