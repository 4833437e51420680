package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestReadyNamesThePartThatIsNot(t *testing.T) {
	w := newWorld(t)
	w.parts = append(w.parts, wire.Part{Name: "alertmanager", Detail: "10.1.2.3 refuses"})
	f := func(token, detail string) {
		t.Helper()
		answer := w.get("/readyz", token)
		if answer.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d", answer.Code)
		}
		if body := answer.Body.String(); !strings.Contains(body, `"name":"alertmanager","ready":false`) || strings.Contains(body, "10.1.2.3") != (detail != "") {
			t.Errorf("token %q: got %s", token, body)
		}
	}
	f("", "")
	f("hm_wrong", "")
	f(viewerToken, "10.1.2.3 refuses")
	if answer := w.get("/healthz", ""); answer.Code != http.StatusOK {
		t.Errorf("healthz: got %d", answer.Code)
	}
	if s := decoded[wire.Status](t, w.get("/api/v1/status", viewerToken)); s.Ready || s.Blocks != 3 || s.Agents != 1 || len(s.Parts) != 3 {
		t.Errorf("got %+v", s)
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/blocks", viewerToken)
	w.get("/api/v1/blocks", "hm_wrong")
	w.do(call{method: "BREW", path: "/"})
	w.get("/no/such/path", "")
	body := w.get("/metrics", viewerToken).Body.String()
	for _, want := range []string{
		`honeymoat_api_requests_total{method="GET",route="/api/v1/blocks",status="200"} 1`,
		`honeymoat_api_requests_total{method="GET",route="none",status="404"} 1`,
		`honeymoat_api_requests_total{method="other",route="none",status="405"} 1`,
		`honeymoat_api_auth_failures_total{problem="wrong-token"} 1`,
		`honeymoat_api_streams 0`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in\n%s", want, body)
		}
	}
	w.problem(w.get("/metrics", ""), noToken)
	open := newWorld(t, func(o *Options) { o.PublicMetrics = true })
	if answer := open.get("/metrics", ""); answer.Code != http.StatusOK {
		t.Errorf("public metrics: got %d", answer.Code)
	}
}

func TestAlertmanagerIsMounted(t *testing.T) {
	var path string
	w := newWorld(t, func(o *Options) {
		o.Alertmanager = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { path = r.URL.Path })
	})
	w.problem(w.get("/alertmanager/api/v2/status", viewerToken), lowRole)
	if answer := w.get("/alertmanager/api/v2/status", analystToken); answer.Code != http.StatusOK || path != "/api/v2/status" {
		t.Errorf("got %d at %q", answer.Code, path)
	}
	none := newWorld(t)
	none.problem(none.get("/alertmanager/api/v2/status", analystToken), notFound)
}

func TestUnknownPathsAndMethods(t *testing.T) {
	w := newWorld(t)
	w.problem(w.get("/api/v1/nothing", ""), notFound)
	w.problem(w.get("/api/v1/events/", viewerToken), notFound)
	w.problem(w.do(call{method: "PUT", path: "/api/v1/blocks", token: adminToken}), badMethod)
}

func TestStoreThatIsAway(t *testing.T) {
	w := newWorld(t)
	w.history.err = errAway
	for _, path := range []string{"events", "events/00c5a0f1e2d3b4a5-1024", "findings", "findings/x", "quarantine", "audit"} {
		p := w.problem(w.get("/api/v1/"+path, viewerToken), unavailable)
		if strings.Contains(p.Detail, "10.1.2.3") {
			t.Errorf("%s: the problem tells strangers of our network: %s", path, p.Detail)
		}
	}
	if !strings.Contains(w.log.String(), "10.1.2.3") {
		t.Error("the log lacks the cause")
	}
	w.history.err, w.history.missing = nil, true
	w.problem(w.get("/api/v1/events/00c5a0f1e2d3b4a5-1024", viewerToken), notFound)
	w.problem(w.get("/api/v1/findings/x", viewerToken), notFound)
}

func TestAnswersAreHardened(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/healthz", "/no/such/path"} {
		h := w.get(path, "").Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: got %v", path, h)
		}
	}
}

func TestPanicIsAProblem(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Parts = func() []wire.Part { panic("broken part") } })
	p := w.problem(w.get("/readyz", ""), internal)
	if strings.Contains(p.Detail, "broken") {
		t.Errorf("the problem tells %q", p.Detail)
	}
	if !strings.Contains(w.log.String(), "broken part") {
		t.Error("the log does not tell")
	}
}

func TestPanicWithinAnAnswerDropsTheConnection(t *testing.T) {
	for _, v := range []any{"broken", http.ErrAbortHandler} {
		w := newWorld(t, func(o *Options) {
			o.Alertmanager = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("half an ans"))
				panic(v)
			})
		})
		func() {
			defer func() {
				if got := recover(); got != http.ErrAbortHandler {
					t.Errorf("%v: got %v", v, got)
				}
			}()
			w.get("/alertmanager/", analystToken)
		}()
	}
}
