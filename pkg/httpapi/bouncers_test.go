package httpapi

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func (w *world) asBouncer(path, key string) (status int, body string) {
	w.t.Helper()
	answer := w.do(call{method: http.MethodGet, path: path, header: map[string]string{"X-Api-Key": key}})
	return answer.Code, answer.Body.String()
}

func TestBouncersAskWithTheirTokens(t *testing.T) {
	w := newWorld(t)
	f := func(path, key string, status int, part string) {
		t.Helper()
		if got, body := w.asBouncer(path, key); got != status || !strings.Contains(body, part) {
			t.Errorf("%s with key %q: %d %s, want %d and %s", path, key, got, body, status, part)
		}
	}
	f("/health", "", 200, `"up"`)
	for _, key := range []string{"", "hm_wrong", adminToken, viewerToken, oldToken, pushToken} {
		f("/v1/decisions", key, 403, "access forbidden")
	}
	f("/v1/decisions/stream?startup=true", bouncerToken, 200, `"deleted":[]`)
	f("/v1/nothing", bouncerToken, 404, "")
	if got := w.do(call{method: http.MethodGet, path: "/v1/decisions", token: bouncerToken}).Code; got != 403 {
		t.Errorf("a bearer token is answered %d", got)
	}
	list := decoded[wire.Page[wire.Bouncer]](t, w.get("/api/v1/bouncers", viewerToken)).Items
	if len(list) != 1 || list[0].Name != "traefik" || list[0].Address != "192.0.2.1" || !list[0].LastSeen.Equal(w.now.now()) {
		t.Errorf("listed are %+v", list)
	}
}

func TestGuessingBouncersHaveToWait(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.FailedPerMinute = 3 })
	for range 3 {
		w.asBouncer("/v1/decisions", "hm_guess")
	}
	if status, _ := w.asBouncer("/v1/decisions", bouncerToken); status != 403 {
		t.Errorf("a right key after wrong ones: %d", status)
	}
	w.problem(w.get("/api/v1/blocks", viewerToken), tooMany) // the same door
}

func TestABouncerBehindAProxyIsItself(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	w.do(call{method: http.MethodGet, path: "/v1/decisions", header: map[string]string{"X-Api-Key": bouncerToken, "X-Forwarded-For": "203.0.113.9"}})
	if list := w.bouncers.Seen(); len(list) != 1 || list[0].Address != "203.0.113.9" {
		t.Errorf("seen are %+v", list)
	}
}

// TestThePlainListenerIsForBouncersAlone: the rest of the API needs TLS.
func TestThePlainListenerIsForBouncersAlone(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(o *Options) { o.PlainListener = plain })
	ask := func(path string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, "http://"+plain.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", bouncerToken)
		r.Header.Set("Authorization", "Bearer "+adminToken)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	status, body := ask("/v1/decisions/stream?startup=true")
	var stream struct{ New, Deleted []any }
	if err := json.Unmarshal([]byte(body), &stream); err != nil || status != 200 {
		t.Errorf("%d %s: %v", status, body, err)
	}
	for _, path := range []string{"/api/v1/status", "/metrics", "/healthz", "/"} {
		if status, body := ask(path); status != 404 || body != "" {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
