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
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// set refuses some clients.
type set map[string]block.ID

func (s set) Decide(client netip.Addr) block.Decision {
	id, ok := s[client.Unmap().String()]
	return block.Decision{ID: id, Found: ok}
}

// decoy is one path, and what touched it.
type decoy struct {
	path    string
	touches []Request
}

func (d *decoy) Touch(r Request) (block.ID, bool) {
	if r.URI != d.path {
		return 0, false
	}
	d.touches = append(d.touches, r)
	return 0xd, true
}

func newHandler(t testing.TB, o Options) *Handler {
	t.Helper()
	if o.Decider == nil {
		o.Decider = set{"192.0.2.7": 7}
	}
	if o.Decoys == nil {
		o.Decoys = &decoy{path: "/.env"}
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
	f := func(client, uri string, status int, mark string) {
		t.Helper()
		w := httptest.NewRecorder()
		newHandler(t, Options{}).ServeHTTP(w, question(client, uri))
		if w.Code != status || w.Header().Get("X-Honeymoat-Decision") != mark || w.Body.Len() != 0 {
			t.Errorf("%s %s: %d, mark %q, body %q", client, uri, w.Code, w.Header().Get("X-Honeymoat-Decision"), w.Body)
		}
	}
	f("192.0.2.1", "/", 204, "")
	f("192.0.2.7", "/", 403, "deny 0000000000000007")
	f("::ffff:192.0.2.7", "/", 403, "deny 0000000000000007")
	f("192.0.2.1", "/.env", 401, "divert 000000000000000d")
	f("192.0.2.7", "/.env", 403, "deny 0000000000000007")
	for _, unknown := range []string{"", "unix:", "192.0.2", "192.0.2.7, 192.0.2.8", "192.0.2.7:80", strings.Repeat("1", 1<<16)} {
		f(unknown, "/.env", 204, "")
	}
}

func TestTouchCarriesTheRequest(t *testing.T) {
	d := &decoy{path: "/a?b=%00"}
	newHandler(t, Options{Decoys: d}).ServeHTTP(httptest.NewRecorder(), question("2001:db8::7", "/a?b=%00"))
	want := Request{
		Method: "POST", URI: "/a?b=%00", Host: "shop.example", Client: netip.MustParseAddr("2001:db8::7"),
		RequestID: "00112233445566778899aabbccddeeff", UserAgent: "probe/1",
	}
	if len(d.touches) != 1 || d.touches[0] != want {
		t.Errorf("%+v", d.touches)
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
	for _, r := range []*http.Request{question("192.0.2.1", "/"), question("192.0.2.7", "/"), question("192.0.2.1", "/.env"), question("", "/")} {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "honeymoat_httpauth_requests_total" {
		t.Fatal(families, err)
	}
	got := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		got[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
	}
	want := map[string]float64{"pass": 1, "deny": 1, "divert": 1, "unknown": 1, "foreign": 0}
	if !maps.Equal(got, want) {
		t.Errorf("counted %v", got)
	}
	if _, err := New(Options{Metrics: registry}); err == nil {
		t.Error("metrics were registered twice")
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
	for uri, want := range map[string]int{"/": 204, "/.env": 401} {
		if got, err := ask(client, question("192.0.2.1", uri)); got != want || err != nil {
			t.Errorf("%s: %d, %v", uri, got, err)
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
