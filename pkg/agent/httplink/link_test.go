package httplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// front is the service's side: what it answers is set by each test.
type front struct {
	*httptest.Server
	mux *http.ServeMux
}

func newFront(t *testing.T, change ...func(*httptest.Server)) *front {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer agent.edge.secret" {
			problemAnswer(w, http.StatusUnauthorized, "no such agent")
			return
		}
		mux.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	for _, c := range change {
		c(s)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return &front{s, mux}
}

func problemAnswer(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"title": %q, "detail": %q, "hint": "look closer"}`, http.StatusText(status), detail)
}

func (s *front) link(t *testing.T, secret string) *Link {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	l, err := New(Options{
		URL: s.URL, Name: "edge", Secret: secret, Log: slog.New(slog.DiscardHandler),
		TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// follower is a replica that tells what happened to it.
type follower struct {
	*block.Replica
	mu     sync.Mutex
	events []string
	wake   chan struct{}
}

func newFollower() *follower {
	return &follower{Replica: block.NewReplica(), wake: make(chan struct{}, 1)}
}

func (f *follower) note(format string, args ...any) {
	f.mu.Lock()
	f.events = append(f.events, fmt.Sprintf(format, args...))
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *follower) Linked(segments []string) { f.note("linked %v", segments) }
func (f *follower) Lost(reason error)        { f.note("lost %v", reason) }
func (f *follower) Withdraw(id block.ID)     { f.note("withdraw %s", id) }
func (f *follower) Keys(segment string, keys []block.MatchKey) {
	f.SetKeys(segment, keys)
	f.note("keys %s %v", segment, keys)
}
func (f *follower) Load(segment string, snapshot []byte) error {
	set, err := block.ReadSnapshot(snapshot, 0, 0)
	if err != nil {
		return err
	}
	f.Replica.Load(segment, set, 0)
	f.note("load %s %d", segment, set.Version().Count)
	return nil
}
func (f *follower) Apply(segment string, d block.Delta) {
	f.Replica.Apply(segment, d, 0)
	f.note("apply %s %d", segment, d.Revision)
}

// await waits until an event that begins with want has happened n times.
func (f *follower) await(t *testing.T, want string, n int) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		f.mu.Lock()
		seen := 0
		for _, e := range f.events {
			if strings.HasPrefix(e, want) {
				seen++
			}
		}
		all := strings.Join(f.events, "; ")
		f.mu.Unlock()
		if seen >= n {
			return
		}
		select {
		case <-f.wake:
		case <-deadline:
			t.Fatalf("%q happened %d times, want %d: %s", want, seen, n, all)
		}
	}
}

// sse writes one event.
func sse(w http.ResponseWriter, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
	_ = http.NewResponseController(w).Flush()
}

func put(revision uint64, target string) block.Delta {
	t, err := block.ParseTarget(target)
	if err != nil {
		panic(err)
	}
	return block.Delta{Revision: revision, Target: t, ID: block.ID(revision), Left: time.Hour}
}

func setOf(deltas ...block.Delta) *block.Set {
	set := new(block.Builder).Set(0)
	for _, d := range deltas {
		set = set.Apply(d, 0)
	}
	return set
}

// follow runs Follow until the test ends or stop is called, and gives its
// error to the returned channel.
func follow(t *testing.T, l *Link, f block.Follower) <-chan error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	result, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		result <- l.Follow(ctx, f)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return result
}

func TestStreamResumes(t *testing.T) {
	s := newFront(t)
	first := setOf(put(1, "192.0.2.1"), put(2, "192.0.2.2"))
	asked := make(chan string, 10)
	s.mux.HandleFunc("GET /api/v1/agent/stream", func(w http.ResponseWriter, r *http.Request) {
		have := r.URL.Query().Get("have")
		asked <- have
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": welcome\nretry: 5\n\nevent: from-the-future\ndata: {}\n\n")
		sse(w, block.EventHello, block.Hello{Segments: []string{block.All}})
		if have == "" {
			sse(w, block.EventKeys, block.SegmentKeys{Segment: block.All, Keys: []block.MatchKey{block.NewMatchKey([32]byte{1})}})
			sse(w, block.EventSnapshot, block.SegmentSnapshot{Segment: block.All, Data: block.AppendSnapshot(nil, first, 0)})
			sse(w, block.EventDelta, block.SegmentDelta{Segment: block.All, Delta: put(3, "192.0.2.3")})
			return // the connection breaks
		}
		sse(w, block.EventDelta, block.SegmentDelta{Segment: block.All, Delta: put(4, "192.0.2.4")})
		sse(w, block.EventWithdraw, block.Withdrawal{ID: 7})
		<-r.Context().Done()
	})
	l, f := s.link(t, "secret"), newFollower()
	follow(t, l, f)
	f.await(t, "apply all 4", 1)
	f.await(t, "withdraw 0000000000000007", 1)
	f.await(t, "lost", 1)
	if keys := f.MatchKeys()[block.All]; len(keys) != 1 || keys[0] != block.NewMatchKey([32]byte{1}) {
		t.Errorf("keys %v", keys)
	}
	if first, second := <-asked, <-asked; first != "" || !strings.HasPrefix(second, "all:3:") {
		t.Errorf("asked with %q, then with %q", first, second)
	}
	if want := setOf(put(1, "192.0.2.1"), put(2, "192.0.2.2"), put(3, "192.0.2.3"), put(4, "192.0.2.4")).Version(); f.Versions()[block.All] != want {
		t.Errorf("holds %+v, want %+v", f.Versions(), want)
	}
}

func TestStaleOrDamagedStartsOver(t *testing.T) {
	good := setOf(put(1, "192.0.2.1"))
	f := func(name, wantHave string, spoil func(w http.ResponseWriter)) {
		t.Run(name, func(t *testing.T) {
			s := newFront(t)
			var calls int
			asked := make(chan string, 10)
			s.mux.HandleFunc("GET /api/v1/agent/stream", func(w http.ResponseWriter, r *http.Request) {
				calls++
				asked <- r.URL.Query().Get("have")
				sse(w, block.EventHello, block.Hello{Segments: []string{block.All}})
				if calls == 1 {
					spoil(w)
					<-r.Context().Done()
					return
				}
				sse(w, block.EventSnapshot, block.SegmentSnapshot{Segment: block.All, Data: block.AppendSnapshot(nil, good, 0)})
				<-r.Context().Done()
			})
			f := newFollower()
			follow(t, s.link(t, "secret"), f)
			f.await(t, "load all 1", 1)
			<-asked
			if got := <-asked; !strings.HasPrefix(got, wantHave) || wantHave == "" && got != "" {
				t.Errorf("asked with %q", got)
			}
			if !f.Decide(&block.Request{Client: netip.MustParseAddr("192.0.2.1")}, 0).Denied() {
				t.Error("the good snapshot is not in force")
			}
		})
	}
	f("stale", "all:0", func(w http.ResponseWriter) {
		sse(w, block.EventSnapshot, block.SegmentSnapshot{Segment: block.All, Data: block.AppendSnapshot(nil, setOf(), 0)})
		for range 3 {
			sse(w, block.EventHeartbeat, block.SegmentHeartbeat{Segment: block.All, Version: good.Version()})
		}
	})
	f("damaged snapshot", "", func(w http.ResponseWriter) {
		sse(w, block.EventSnapshot, block.SegmentSnapshot{Segment: block.All, Data: []byte("hms")})
	})
	f("no JSON", "", func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, "event: delta\ndata: {\n\n")
	})
}

func TestRefusedCredentialIsFinal(t *testing.T) {
	s := newFront(t)
	err := <-follow(t, s.link(t, "wrong"), newFollower())
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no such agent") || !strings.Contains(err.Error(), "look closer") {
		t.Error(err)
	}
	if strings.Contains(err.Error(), "wrong") {
		t.Errorf("the secret is in the error: %v", err)
	}
}

func TestServiceThatIsAwayIsRetried(t *testing.T) {
	s := newFront(t)
	l, f := s.link(t, "secret"), newFollower()
	s.Close()
	follow(t, l, f)
	f.await(t, "lost", 3)
}

func TestUnknownAuthorityIsNotTrusted(t *testing.T) {
	s := newFront(t)
	l, err := New(Options{URL: s.URL, Name: "edge", Secret: "secret", TLS: &tls.Config{RootCAs: x509.NewCertPool()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	if err := l.Report(t.Context(), block.Report{}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, bad := range []string{"", "http://example.net", "https://", "example.net:8440", ":"} {
		if _, err := New(Options{URL: bad}); err == nil || !strings.Contains(err.Error(), "want https") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestReportAndTouch(t *testing.T) {
	s := newFront(t)
	var report block.Report
	var touch finding.Finding
	take := func(into any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(into); err != nil {
				problemAnswer(w, http.StatusBadRequest, err.Error())
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}
	s.mux.HandleFunc("POST /api/v1/agent/report", take(&report))
	s.mux.HandleFunc("POST /api/v1/agent/touch", take(&touch))
	l := s.link(t, "secret")
	wantReport := block.Report{Software: "1", Enforcing: map[string]block.Version{block.All: {Revision: 1, Count: 2, Hash: 1 << 63}}, Denied: 3}
	wantTouch := finding.Finding{ID: "f", Family: finding.Decoy, Tier: finding.Log, Actor: finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}}
	if err := errors.Join(l.Report(t.Context(), wantReport), l.Touch(t.Context(), wantTouch)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantReport, report) + cmp.Diff(wantTouch, touch); diff != "" {
		t.Error(diff)
	}
}

func TestPublish(t *testing.T) {
	s := newFront(t)
	codec, err := event.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(codec.Close)
	var got event.Batch
	s.mux.HandleFunc("POST /api/v1/agent/lines", func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err == nil {
			err = codec.Decode(data, &got)
		}
		if err != nil || r.Header.Get(block.AfterHeader) != "6" {
			problemAnswer(w, http.StatusBadRequest, fmt.Sprint(err, r.Header))
			return
		}
		_ = json.NewEncoder(w).Encode(block.LinesStored{Sequence: 7})
	})
	s.mux.HandleFunc("GET /api/v1/agent/mark", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("source") != "s" || r.URL.Query().Get("file") != "f" {
			problemAnswer(w, http.StatusBadRequest, r.URL.RawQuery)
			return
		}
		_ = json.NewEncoder(w).Encode(ingest.Mark{Sequence: 7, End: event.Position{Offset: 100, Line: 3}})
	})
	l := s.link(t, "secret")
	b := event.Batch{Header: event.Header{Source: "s", File: "f", End: 100, NextLine: 3}}
	b.SetString(event.Path, "/")
	b.EndRow()
	sequence, err := l.Publish(t.Context(), &b, 6)
	if err != nil || sequence != 7 || got.Rows() != 1 || got.End != 100 {
		t.Errorf("%d, %v; arrived %+v", sequence, err, got.Header)
	}
	mark, err := l.Last(t.Context(), "s", "f")
	if want := (ingest.Mark{Sequence: 7, End: event.Position{Offset: 100, Line: 3}}); err != nil || mark != want {
		t.Errorf("%+v, %v", mark, err)
	}
}

func TestPublishFailures(t *testing.T) {
	s := newFront(t)
	status := http.StatusOK
	s.mux.HandleFunc("POST /api/v1/agent/lines", func(w http.ResponseWriter, _ *http.Request) {
		problemAnswer(w, status, "details")
	})
	l := s.link(t, "secret")
	for code, want := range map[int]error{
		http.StatusConflict: ingest.ErrFenced, http.StatusInsufficientStorage: ingest.ErrFull,
		http.StatusRequestEntityTooLarge: ingest.ErrTooLarge, http.StatusForbidden: ErrRefused, http.StatusBadGateway: nil,
	} {
		status = code
		_, err := l.Publish(t.Context(), new(event.Batch), 0)
		if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), "details") {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestEventsOverManyLinesAndBuffers(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		r := newEventReader(strings.NewReader(in))
		for _, w := range want {
			name, data, err := r.next()
			if got := name + "=" + string(data); err != nil || got != w {
				t.Errorf("%.60q, %v, want %.60q", got, err, w)
			}
		}
		if _, _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v", err)
		}
	}
	f("")
	f("event: a\ndata: 1\n\n", "a=1")
	f("data:1\r\ndata: 2\r\n\r\n", "=1\n2")
	f("event: dropped\n\ndata: x\n\n", "=x")
	f(":comment\n\nevent: a\ndata: cut")
	long := strings.Repeat("x", 200<<10)
	f("event: a\ndata: "+long+"\n\n", "a="+long)
}

func FuzzEvents(f *testing.F) {
	f.Add("event: hello\ndata: {\"segments\":[\"all\"]}\n\n")
	f.Add("event: delta\ndata: {\"segment\":\"all\",\"delta\":{\"revision\":1}}\n\n")
	f.Fuzz(func(_ *testing.T, in string) {
		r, follower := newEventReader(strings.NewReader(in)), newFollower()
		for {
			name, data, err := r.next()
			if err != nil || deliver(follower, name, data) != nil {
				return
			}
		}
	})
}
