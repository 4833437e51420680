package gateway

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// front is a service that enrols agents.
type front struct {
	url   string
	ca    *auth.Authority
	token string
	asked atomic.Int64
	reply func(w http.ResponseWriter, ask block.EnrolRequest)
}

func newFront(t *testing.T, hosts ...string) *front {
	t.Helper()
	ca, err := auth.NewAuthority("honeymoat", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	token, err := auth.NewEnrolment(rand.Reader, ca.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	f := &front{ca: ca, token: token.String()}
	f.reply = func(w http.ResponseWriter, ask block.EnrolRequest) { f.enrol(w, ask, ca) }
	s := httptest.NewUnstartedServer(f)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	pair, err := ca.Server(hosts, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	var ask block.EnrolRequest
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || r.URL.Path != enrolPath {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	f.reply(w, ask)
}

func (f *front) enrol(w http.ResponseWriter, ask block.EnrolRequest, ca *auth.Authority) {
	if ask.Token != f.token {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"title": "Unauthorized", "detail": "the token was used", "hint": "make another"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(block.Enrolment{
		Name: ask.Name, Secret: "secret", Segments: []string{"eu"}, Gateway: "shop", CAPEM: string(ca.CertPEM()),
	})
}

func (f *front) ask() block.EnrolRequest {
	return block.EnrolRequest{Token: "  " + f.token + "\n", Name: "edge", Software: "test"}
}

func TestEnrol(t *testing.T) {
	f := newFront(t, "127.0.0.1")
	c, err := Enrol(t.Context(), f.url+"/", f.ask())
	if err != nil {
		t.Fatal(err)
	}
	want := Credential{URL: f.url, Enrolment: block.Enrolment{
		Name: "edge", Secret: "secret", Segments: []string{"eu"}, Gateway: "shop", CAPEM: string(f.ca.CertPEM()),
	}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v", c)
	}
	dir := filepath.Join(t.TempDir(), "state")
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	if back, err := LoadCredential(dir); err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("%+v, %v", back, err)
	}
	if info, err := os.Stat(filepath.Join(dir, CredentialFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestEnrolTellsAStrangerNothing(t *testing.T) {
	f, other := newFront(t, "127.0.0.1"), newFront(t, "127.0.0.1")
	ask := f.ask()
	ask.Token = other.token
	if _, err := Enrol(t.Context(), f.url, ask); !errors.Is(err, auth.ErrPin) || f.asked.Load() != 0 {
		t.Errorf("%v; asked %d times", err, f.asked.Load())
	}
	elsewhere := newFront(t, "honeymoat.example")
	if _, err := Enrol(t.Context(), elsewhere.url, elsewhere.ask()); !errors.Is(err, auth.ErrPin) || elsewhere.asked.Load() != 0 {
		t.Errorf("a certificate for another host: %v", err)
	}
}

func TestEnrolRefuses(t *testing.T) {
	f := newFront(t, "127.0.0.1")
	check := func(url string, ask block.EnrolRequest, want string) {
		t.Helper()
		_, err := Enrol(t.Context(), url, ask)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if err != nil && strings.Contains(err.Error(), f.token) {
			t.Errorf("the token is in the error: %v", err)
		}
	}
	check(f.url, block.EnrolRequest{Token: "hm1.short"}, "cut short")
	check(f.url, block.EnrolRequest{}, "copy all")
	check("http://127.0.0.1", f.ask(), "want https")
	check("https://127.0.0.1:1", f.ask(), "refused")
	used := f.ask()
	used.Token = f.token + "x"
	check(f.url, used, "the token was used (make another)")
	stranger := newFront(t, "127.0.0.1")
	f.reply = func(w http.ResponseWriter, ask block.EnrolRequest) { f.enrol(w, ask, stranger.ca) }
	check(f.url, f.ask(), "another authority")
	f.reply = func(w http.ResponseWriter, ask block.EnrolRequest) { ask.Name = "a.b"; f.enrol(w, ask, f.ca) }
	check(f.url, f.ask(), "no name")
	f.reply = func(w http.ResponseWriter, _ block.EnrolRequest) { _, _ = w.Write([]byte("<html>")) }
	check(f.url, f.ask(), "read answer")
}

func TestLoadCredentialRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadCredential(dir); !errors.Is(err, ErrNotEnrolled) {
		t.Error(err)
	}
	for text, want := range map[string]string{"{": "enrol again", "{}": "no name", `{"name": "edge"}`: "no secret"} {
		write(t, filepath.Join(dir, CredentialFile), text)
		if _, err := LoadCredential(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestNewLink(t *testing.T) {
	f := newFront(t, "127.0.0.1")
	c := Credential{URL: f.url, Enrolment: block.Enrolment{Name: "edge", Secret: "s", CAPEM: string(f.ca.CertPEM())}}
	log := slog.New(slog.DiscardHandler)
	kind := func(transport string, urls ...string) string {
		t.Helper()
		c.BusURLs = urls
		link, free, err := newLink(transport, c, log)
		if err != nil {
			return err.Error()
		}
		free()
		return fmt.Sprintf("%T", link)
	}
	const tlsURL = "tls://127.0.0.1:4440"
	for got, want := range map[string]string{
		kind("auto"): "*httplink.Link", kind("auto", tlsURL): "*bus.Agent", kind("http", tlsURL): "*httplink.Link",
		kind("bus", tlsURL): "*bus.Agent", kind("bus"): errNoBus.Error(),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
