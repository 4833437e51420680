package intel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// taxiiServer speaks TAXII 2.1 as its specification has it.
type taxiiServer struct {
	*site
	objects []taxiiObject
	perPage int
	marks   bool   // pages have a mark for the next one
	media   string // of its answers
}

type taxiiObject struct {
	added string
	raw   string
}

func stixIP(id, address, more string) string {
	return fmt.Sprintf(`{"type":"indicator","id":"indicator--%s","created":"2000-01-01T00:00:00Z","modified":"2000-01-01T00:00:00Z","pattern_type":"stix","valid_from":"1999-01-01T00:00:00Z","pattern":"[ipv4-addr:value = '%s']"%s}`, id, address, more)
}

func newTAXII(s *site) *taxiiServer {
	t := &taxiiServer{site: s, perPage: 2, marks: true, media: "application/taxii+json;version=2.1"}
	s.set("/taxii2/", t.answer(map[string]any{"title": "Example", "default": "https://intel.example/api1/", "api_roots": []string{"https://intel.example/api1/"}}))
	s.set("/api1/", t.answer(map[string]any{"title": "Root", "versions": []string{"application/taxii+json;version=2.1"}, "max_content_length": 1000}))
	s.set("/api1/collections/", t.answer(map[string]any{"collections": []any{
		map[string]any{"id": "c-1", "title": "Scanners", "alias": "scan", "can_read": true, "can_write": false},
		map[string]any{"id": "c-2", "title": "Others", "can_read": true},
		map[string]any{"id": "c-3", "title": "Closed", "can_read": false},
	}}))
	s.set("/api1/collections/c-1/objects/", t.page)
	return t
}

func (s *taxiiServer) answer(body any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "reader" || password != "word" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if !strings.Contains(r.Header.Get("Accept"), "version=2.1") {
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Type", s.media)
		_ = json.NewEncoder(w).Encode(body)
	}
}

// all gives the objects that there are.
func (s *taxiiServer) all() []taxiiObject {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.objects)
}

// put adds objects to the collection.
func (s *taxiiServer) put(more ...taxiiObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = append(s.objects, more...)
}

// page gives the objects that were added after a time, from a mark on.
func (s *taxiiServer) page(w http.ResponseWriter, r *http.Request) {
	after, next := r.URL.Query().Get("added_after"), 0
	_, _ = fmt.Sscan(r.URL.Query().Get("next"), &next)
	var fit []taxiiObject
	for _, o := range s.all() {
		if o.added > after {
			fit = append(fit, o)
		}
	}
	fit = fit[min(next, len(fit)):]
	envelope := map[string]any{}
	if len(fit) > s.perPage {
		fit = fit[:s.perPage]
		envelope["more"] = true
		if s.marks {
			envelope["next"] = fmt.Sprint(next + s.perPage)
		}
	}
	var raws []json.RawMessage
	for _, o := range fit {
		raws = append(raws, json.RawMessage(o.raw))
		w.Header().Set("X-TAXII-Date-Added-Last", o.added)
	}
	if len(raws) > 0 {
		envelope["objects"] = raws
		w.Header().Set("X-TAXII-Date-Added-First", fit[0].added)
	}
	s.answer(envelope)(w, r)
}

func taxiiFeed(t *testing.T, path string) Feed {
	t.Helper()
	word := filepath.Join(t.TempDir(), "word")
	if err := os.WriteFile(word, []byte("word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Feed{
		Name: "taxii", URL: "https://intel.example" + path, Collection: "scan", User: "reader", PasswordFile: word,
		Read: indicator.Options{Format: TAXII},
	}
}

func added(n int) string { return fmt.Sprintf("2000-01-01T00:00:%02d.000000Z", n) }

func TestTAXII(t *testing.T) {
	f := func(path string, marks bool) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, taxiiFeed(t, path))
			s := newTAXII(b.site)
			s.marks = marks
			for i := range 5 {
				s.put(taxiiObject{added(i), stixIP(fmt.Sprint(i), fmt.Sprintf("192.0.2.%d", i), "")})
			}
			b.has("192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")

			// Nothing new: only what was added later is asked for.
			before := b.site.requests()
			b.pass(90 * time.Minute)
			b.site.mu.Lock()
			asked := b.site.asked[before:]
			b.site.mu.Unlock()
			if !slices.ContainsFunc(asked, func(a string) bool { return strings.Contains(a, "added_after=2000-01-01T00%3A00%3A04") }) {
				t.Errorf("asked for %q", asked)
			}

			// One is added, one is revoked, one gets a later version.
			s.put(
				taxiiObject{added(5), stixIP("5", "192.0.2.5", "")},
				taxiiObject{added(6), strings.Replace(stixIP("1", "192.0.2.1", `,"revoked":true`), `"modified":"2000-01-01`, `"modified":"2000-01-02`, 1)},
				taxiiObject{added(7), strings.Replace(stixIP("2", "192.0.2.12", ""), `"modified":"2000-01-01`, `"modified":"2000-01-02`, 1)})
			b.pass(90 * time.Minute)
			b.has("192.0.2.0", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.12")
			b.stop()
			b.start(taxiiFeed(t, path))
			b.pass(2 * time.Hour)
			if s := b.state(); s.Taken != 5 || s.Problem != "" {
				t.Errorf("after a restart: %+v", s)
			}
			b.stop()
		})
	}
	f("/taxii2/", true)
	f("/taxii2/", false)
	f("/api1/", true)
	f("/api1/collections/c-1/", true)
	f("/api1/collections/c-1/objects/", false)
}

// A server behind a proxy that ends TLS calls itself http.
func TestTAXIIPasswordTravelsByTLSOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, taxiiFeed(t, "/taxii2/"))
		s := newTAXII(b.site)
		s.set("/taxii2/", s.answer(map[string]any{"title": "Example", "default": "http://intel.example/api1/"}))
		s.put(taxiiObject{added(0), stixIP("0", "192.0.2.0", "")})
		b.site.set("/api1/collections/c-1/objects/", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Scheme != "https" {
				t.Errorf("asked for %s", r.URL)
			}
			s.page(w, r)
		})
		b.has("192.0.2.0")
		b.stop()
	})
}

func TestTAXIIFailures(t *testing.T) {
	f := func(do func(s *taxiiServer, f *Feed), problem string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			feed := taxiiFeed(t, "/taxii2/")
			s := newTAXII(newSite())
			s.objects = []taxiiObject{{added(1), stixIP("1", "192.0.2.1", "")}}
			do(s, &feed)
			b := newBench(t, feed)
			b.site = s.site
			if state := b.state(); !strings.Contains(state.Problem, problem) || state.Taken != 0 {
				t.Errorf("problem %q, want %q", state.Problem, problem)
			}
			b.stop()
		})
	}
	f(func(_ *taxiiServer, f *Feed) { f.Collection = "nothing" }, `set collection to one of those that can be read here: ["Scanners" "Others"]`)
	f(func(_ *taxiiServer, f *Feed) { f.Collection = "" }, "set collection to one of")
	f(func(_ *taxiiServer, f *Feed) { f.User = "" }, "401")
	f(func(s *taxiiServer, _ *Feed) { s.media = "text/html" }, `the server answered with "text/html"`)
	f(func(s *taxiiServer, _ *Feed) { s.media = "application/taxii+json;version=2.0" }, "version=2.0")
	f(func(s *taxiiServer, _ *Feed) { s.objects = nil }, "no indicator")
	f(func(_ *taxiiServer, f *Feed) { f.MaxBytes = 100 }, "bytes")
	f(func(s *taxiiServer, _ *Feed) { s.set("/taxii2/", s.answer(map[string]any{"title": "x"})) }, "neither the discovery nor an API root")
	f(func(s *taxiiServer, _ *Feed) {
		s.set("/taxii2/", s.answer(map[string]any{"api_roots": []string{"https://other.example/api/"}}))
	}, "another host")
	f(func(s *taxiiServer, _ *Feed) {
		s.set("/api1/collections/c-1/objects/", s.answer(map[string]any{"more": true, "objects": []any{}}))
	}, "and not where")
	f(func(s *taxiiServer, _ *Feed) {
		s.set("/api1/collections/c-1/objects/", s.answer(map[string]any{"more": true, "next": "same"}))
	}, "and not where")
	f(func(s *taxiiServer, _ *Feed) {
		s.set("/api1/collections/c-1/objects/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", s.media)
			_, _ = w.Write([]byte(`{"objects": [{"type": "indic`))
		})
	}, "unexpected end of JSON")
}

func TestObjectsWhoseTimeIsOverAreForgotten(t *testing.T) {
	o := newObjects()
	raws := []json.RawMessage{
		json.RawMessage(stixIP("1", "192.0.2.1", `,"valid_until":"2001-01-01T00:00:00Z"`)),
		json.RawMessage(stixIP("2", "192.0.2.2", "")),
		json.RawMessage(`{"type":"malware","id":"malware--1"}`),
		json.RawMessage(`{"type":"indicator","id":7}`),
	}
	if err := o.add(raws); err != nil {
		t.Fatal(err)
	}
	o.dropOver(time.Date(2002, 1, 1, 0, 0, 0, 0, time.UTC))
	body, err := o.bundle()
	if err != nil || strings.Contains(string(body), "192.0.2.1'") || !strings.Contains(string(body), "192.0.2.2") || strings.Contains(string(body), "malware") {
		t.Errorf("%s, %v", body, err)
	}
	again := newObjects()
	if err := again.load(body); err != nil || len(again.order) != 2 || again.added != 0 {
		t.Errorf("%+v, %v", again, err)
	}
}
