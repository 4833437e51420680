package httpapi

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
)

func TestBearer(t *testing.T) {
	f := func(header, text string, ok bool) {
		t.Helper()
		if got, gotOK := bearer(header); gotOK != ok || ok && got != text {
			t.Errorf("%q: got %q, %v", header, got, gotOK)
		}
	}
	f("Bearer hm_x", "hm_x", true)
	f("bearer  hm_x ", "hm_x", true)
	f("Basic aG06eA==", "", false)
	f("Bearer ", "", false)
	f("Bearer", "", false)
	f("", "", false)
}

func TestWrongTokensAreThrottled(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.FailedPerMinute = 3 })
	for range 3 {
		w.problem(w.get("/api/v1/blocks", "hm_wrong"), wrongToken)
	}
	answer := w.get("/api/v1/blocks", viewerToken)
	w.problem(answer, tooMany)
	wait, err := strconv.Atoi(answer.Header().Get("Retry-After"))
	if err != nil || wait < 1 {
		t.Fatalf("Retry-After is %q", answer.Header().Get("Retry-After"))
	}
	w.problem(w.get("/api/v1/blocks", ""), noToken) // costs nothing, and tells nothing
	w.now.advance(time.Duration(wait) * time.Second)
	if answer := w.get("/api/v1/blocks", viewerToken); answer.Code != http.StatusOK {
		t.Errorf("got %d after the wait", answer.Code)
	}
}

func TestWrongEnrolmentTokensAreThrottled(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.FailedPerMinute = 2 })
	unknown := auth.Enrolment{CA: w.Server.options.CA, Secret: "x"}.String()
	for _, token := range []string{unknown, "nonsense"} {
		c := call{method: "POST", path: "/api/v1/agents/enroll", body: `{"token":"` + token + `"}`}
		w.problem(w.do(c), wrongToken)
	}
	w.problem(w.do(call{method: "POST", path: "/api/v1/agents/enroll", body: `{"token":"x"}`}), tooMany)
}

func TestForwardedForIsBelievedOfProxiesOnly(t *testing.T) {
	f := func(proxies []netip.Prefix, want string) {
		t.Helper()
		w := newWorld(t, func(o *Options) { o.Proxies = proxies })
		w.do(call{
			method: "POST", path: "/api/v1/blocks", token: analystToken, header: map[string]string{"X-Forwarded-For": "198.51.100.7, 203.0.113.9"},
			body: `{"target":"192.0.2.7","lifetime_seconds":60,"reason":"probe"}`,
		})
		if got := w.operator.caller.Address.String(); got != want {
			t.Errorf("proxies %v: the caller is at %s, want %s", proxies, got, want)
		}
	}
	f(nil, "192.0.2.1") // httptest's peer
	f([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, "203.0.113.9")
	f([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "192.0.2.1")
}

func TestRevokedAgentIsRefused(t *testing.T) {
	w := newWorld(t)
	credential := auth.AgentBearer("gw-1", agentSecret)
	if answer := w.get("/api/v1/agent/mark?source=web&file=00c5a0f1e2d3b4a5", credential); answer.Code != http.StatusOK {
		t.Fatalf("got %d: %s", answer.Code, answer.Body)
	}
	w.do(call{method: "DELETE", path: "/api/v1/agents/gw-1", token: adminToken})
	w.problem(w.get("/api/v1/agent/mark?source=web&file=00c5a0f1e2d3b4a5", credential), wrongToken)
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/blocks?by=query-secret", viewerToken)
	w.get("/api/v1/blocks", "hm_wrong-token")
	w.get("/api/v1/agent/mark", auth.AgentBearer("gw-1", agentSecret))
	log := w.log.String()
	for _, secret := range []string{viewerToken, "hm_wrong-token", agentSecret, "query-secret"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	for _, want := range []string{"token=vic", "agent=gw-1", "route=/api/v1/blocks", "status=401"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
}
