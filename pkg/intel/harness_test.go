package intel

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// inMemory does requests without a network.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	m.handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// site is a web server that a test fills.
type site struct {
	mu     sync.Mutex
	pages  map[string]http.HandlerFunc
	asked  []string // path and query of each request
	header []http.Header
}

func newSite() *site { return &site{pages: map[string]http.HandlerFunc{}} }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.RequestURI())
	s.header = append(s.header, r.Header.Clone())
	page := s.pages[r.URL.Path]
	s.mu.Unlock()
	if page == nil {
		http.NotFound(w, r)
		return
	}
	page(w, r)
}

func (s *site) set(path string, page http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = page
}

// text serves a body with an ETag made of it.
func (s *site) text(path, body string) {
	s.set(path, func(w http.ResponseWriter, r *http.Request) {
		tag := `"` + nameOf([]byte(body)) + `"`
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		_, _ = w.Write([]byte(body))
	})
}

func (s *site) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// bench is feeds that run on a site.
type bench struct {
	t     *testing.T
	site  *site
	dir   string
	feeds *Feeds
	stop  func()
	wait  []Feed // to be started at the first look, once the site is filled
	mu    sync.Mutex
	set   *indicator.Set
	told  int
}

func newBench(t *testing.T, feeds ...Feed) *bench {
	t.Helper()
	return &bench{t: t, site: newSite(), dir: filepath.Join(t.TempDir(), "intel"), wait: feeds}
}

// begin starts the feeds that newBench was given, once.
func (b *bench) begin() {
	b.t.Helper()
	if b.wait != nil {
		b.start(b.wait...)
		b.wait = nil
	}
	synctest.Wait()
}

// start runs feeds, until the test ends or halt.
func (b *bench) start(feeds ...Feed) {
	b.t.Helper()
	f, err := New(Options{
		Feeds: feeds, Dir: b.dir, HTTP: &http.Client{Transport: inMemory{b.site}},
		Own: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, Changed: b.changed,
		Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.feeds = f
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f.Run(ctx); err != nil {
			b.t.Errorf("run: %v", err)
		}
	}()
	b.stop = func() { cancel(); <-done }
}

func (b *bench) changed(s *indicator.Set) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set, b.told = s, b.told+1
}

// has wants exactly these addresses of 192.0.2.0/28 in force.
func (b *bench) has(want ...string) {
	b.t.Helper()
	b.begin()
	b.mu.Lock()
	defer b.mu.Unlock()
	got := []string{}
	for a := netip.MustParseAddr("192.0.2.0"); a.Compare(netip.MustParseAddr("192.0.2.16")) < 0; a = a.Next() {
		if _, ok := b.set.Addr(a, time.Now()); ok {
			got = append(got, a.String())
		}
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("in force are %v, want %v; %+v", got, want, b.feeds.States())
	}
}

// state is what is known of the only feed.
func (b *bench) state() State {
	b.t.Helper()
	b.begin()
	states := b.feeds.States()
	if len(states) == 0 {
		b.t.Fatal("there is no feed")
	}
	return states[0]
}

// pass lets time pass.
func (b *bench) pass(d time.Duration) {
	b.begin()
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func plain(name string) Feed {
	return Feed{Name: name, URL: "https://intel.example/" + name, Read: indicator.Options{Confidence: 50}}
}
