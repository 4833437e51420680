package alerting

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func containsSecret(s string) bool { return strings.Contains(s, "s3cret") }

// postTo posts one alert to target and gives the error.
func postTo(t *testing.T, target Target) error {
	t.Helper()
	c, err := newAPIClient(target, 10*time.Second)
	if err != nil {
		t.Fatalf("client for %s: %v", target.URL, err)
	}
	defer c.close()
	return c.post(context.Background(), []outgoing{{alert: normalise(named("a"), time.Now())}})
}

func TestErrorsSayWhatToDo(t *testing.T) {
	f := func(target Target, hint string) {
		t.Helper()
		err := postTo(t, target)
		if err == nil || !strings.Contains(err.Error(), hint) || !strings.Contains(err.Error(), target.URL) {
			t.Errorf("error is %v, want one that names %s and says %q", err, target.URL, hint)
		}
	}
	answering := func(status int) Target {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>no</html>"))
		}))
		t.Cleanup(s.Close)
		return Target{URL: s.URL}
	}
	f(answering(http.StatusUnauthorized), "check username and password")
	f(answering(http.StatusForbidden), "check username and password")
	f(answering(http.StatusNotFound), "without /api/v2")
	f(answering(http.StatusRequestEntityTooLarge), "limits the size")

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	f(Target{URL: gone.URL}, "is it running")

	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it reports our refusal
	secure.StartTLS()
	t.Cleanup(secure.Close)
	f(Target{URL: secure.URL}, "name the CA file")
}

func TestTLSWithOwnAuthority(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prefix/api/v2/alerts" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	if err := postTo(t, Target{URL: server.URL + "/prefix/", TLS: &tls.Config{RootCAs: roots}}); err != nil {
		t.Errorf("post: %v", err)
	}
}

func TestRefused(t *testing.T) {
	f := func(status int, want bool) {
		t.Helper()
		err := postTo(t, Target{URL: "http://am", Transport: &fakeServer{status: status}})
		if err == nil || refused(err) != want {
			t.Errorf("status %d: refused is %v of %v, want %v", status, err != nil && refused(err), err, want)
		}
	}
	f(400, true)
	f(422, true)
	f(401, false)
	f(500, false)
	f(503, false)
}
