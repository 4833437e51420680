package bouncer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// feed is a blocklist in memory.
type feed struct {
	mu    sync.Mutex
	held  map[string]*block.Block
	edits []block.Edit
	ended []block.Block
	freed []block.Block // markers of what nobody else remembers
	lost  bool          // the next reader gets everything anew
}

func newFeed() *feed { return &feed{held: map[string]*block.Block{}} }

func (f *feed) put(blocks ...block.Block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range blocks {
		f.edit(&b, b.Key())
	}
}

func (f *feed) remove(b block.Block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = append(f.ended, b)
	f.edit(nil, b.Key())
}

func (f *feed) edit(b *block.Block, key string) {
	f.edits = append(f.edits, block.Edit{Cursor: uint64(len(f.edits) + 1), Block: b, Old: f.held[key]})
	if f.held[key] = b; b == nil {
		delete(f.held, key)
	}
}

// Freed implements Feed.
func (f *feed) Freed() []block.Block {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.freed)
}

// Since implements Feed.
func (f *feed) Since(cursor uint64) ([]block.Edit, uint64, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := uint64(len(f.edits))
	if cursor > 0 && !f.lost {
		return slices.Clone(f.edits[cursor:]), last, false
	}
	f.lost = false
	var all []block.Edit
	for _, b := range f.held {
		all = append(all, block.Edit{Cursor: 1, Block: b})
	}
	return all, last, true
}

// clock is the time in tests.
var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func on(t *testing.T, target string, id block.ID) block.Block {
	t.Helper()
	parsed, err := block.ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	return block.Block{ID: id, Segment: block.All, Target: parsed, LifetimeSeconds: 4 * 3600, CreatedAt: clock.Add(-time.Second), Rule: "decoy.env", By: "rule:decoy.env"}
}

func exempt(t *testing.T, target string, id block.ID) block.Block {
	b := on(t, target, id)
	b.Target, b.Action = b.Target.Exempt(), block.Allow
	return b
}

// service is our API as a bouncer meets it.
type service struct {
	*httptest.Server
	t       *testing.T
	handler *Handler
}

func serve(t *testing.T, f *feed) *service {
	t.Helper()
	h, err := New(Options{
		Feed: f, Now: func() time.Time { return clock }, Log: slog.New(slog.DiscardHandler),
		Ended: func() []block.Block { f.mu.Lock(); defer f.mu.Unlock(); return slices.Clone(f.ended) },
		Authenticate: func(key string, _ netip.Addr) (Bouncer, bool) {
			return Bouncer{Name: "edge", Holds: func(segment string) bool { return segment == block.All || segment == "eu" }}, key == "key"
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Server: httptest.NewUnstartedServer(h), t: t, handler: h}
	s.Config.ConnContext = NameConnections()
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *service) do(method, path, key, body string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(data)
}

// poll gives the values that came and went.
func (s *service) poll(query string) (added, deleted []string) {
	s.t.Helper()
	resp, body := s.do(http.MethodGet, "/v1/decisions/stream"+query, "key", "")
	var stream streamJSON
	if err := json.Unmarshal([]byte(body), &stream); err != nil || resp.StatusCode != 200 || stream.New == nil || stream.Deleted == nil {
		s.t.Fatalf("%d %s: %v", resp.StatusCode, body, err)
	}
	for _, d := range stream.New {
		added = append(added, d.Scope+" "+d.Value)
	}
	for _, d := range stream.Deleted {
		deleted = append(deleted, d.Scope+" "+d.Value)
	}
	return added, deleted
}

func (s *service) polls(query, added, deleted string) {
	s.t.Helper()
	a, d := s.poll(query)
	if got, want := strings.Join(a, ",")+" | "+strings.Join(d, ","), added+" | "+deleted; got != want {
		s.t.Errorf("poll %s: %s, want %s", query, got, want)
	}
}

func TestWhoGetsIn(t *testing.T) {
	s := serve(t, newFeed())
	f := func(method, path, key string, status int, body string) *http.Response {
		t.Helper()
		resp, got := s.do(method, path, key, "")
		if resp.StatusCode != status || got != body {
			t.Errorf("%s %s with key %q: %d %q, want %d %q", method, path, key, resp.StatusCode, got, status, body)
		}
		return resp
	}
	f("GET", "/v1/decisions", "", 403, `{"message":"access forbidden"}`)
	f("GET", "/v1/decisions/stream", "wrong", 403, `{"message":"access forbidden"}`)
	f("GET", "/health", "", 200, `{"status":"up"}`)
	if got := f("GET", "/v1/decisions", "key", 200, "null").Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("type %q", got)
	}
	f("GET", "/v1/decisions/stream?startup=true", "key", 200, `{"new":[],"deleted":[]}`)
	f("HEAD", "/v1/decisions", "key", 200, "")
	f("HEAD", "/v1/decisions/stream", "key", 200, "")
	if got := f("GET", "/v1/decisions/", "key", 301, "<a href=\"/v1/decisions\">Moved Permanently</a>.\n\n").Header.Get("Location"); got != "/v1/decisions" {
		t.Errorf("redirected to %q", got)
	}
	f("GET", "//v1/decisions", "key", 404, "")
	f("GET", "/v1/alerts", "key", 404, "")
	if got := f("DELETE", "/v1/decisions", "key", 405, "").Header.Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow %q", got)
	}
	if list := s.handler.Seen(); len(list) != 1 || list[0].Name != "edge" {
		t.Errorf("seen %+v", list)
	}
}

func TestADecisionOnTheWire(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	f.put(on(t, "192.0.2.7", 0x123456789abcdef0))
	_, body := s.do("GET", "/v1/decisions", "key", "")
	want := `[{"duration":"3h59m59s","id":5724575526346480,"origin":"crowdsec","scenario":"honeymoat/decoy.env","scope":"Ip","type":"ban","value":"192.0.2.7"}]`
	if body != want {
		t.Errorf("%s\nwant %s", body, want)
	}
	_, body = s.do("GET", "/v1/decisions/stream?startup=true", "key", "")
	if !strings.Contains(body, `"type":"ban","uuid":"12345678-9abc-8ef0-8000-56789abcdef0","value":"192.0.2.7"}],"deleted":[]}`) {
		t.Error(body)
	}
}

func TestWhatIsSent(t *testing.T) {
	f := newFeed()
	shadow, flag, other := on(t, "192.0.2.1", 1), on(t, "192.0.2.2", 2), on(t, "192.0.2.3", 3)
	shadow.Mode, flag.Action, other.Segment = block.Shadow, block.Flag, "us"
	f.put(shadow, flag, other, on(t, "192.0.2.4", 4), on(t, "198.51.100.0/24", 5), on(t, "country:AQ", 6), on(t, "network:AS64500", 7),
		on(t, "user_agent:curl/8", 8), on(t, "192.0.2.9 & route:/x", 9), on(t, "2001:db8::/64", 10))
	s := serve(t, f)
	s.polls("?startup=true", "Ip 192.0.2.4,Range 198.51.100.0/24,Range 2001:db8::/64", "")
	s.polls("?startup=true&scopes=country,AS", "AS 64500,Country AQ", "")
	s.polls("?startup=true&origins=cscli", "", "")
	s.polls("?startup=true&scenarios_containing=decoy&scopes=ip", "Ip 192.0.2.4", "")
	s.polls("?startup=true&scenarios_not_containing=decoy", "", "")
}

func TestTheStreamTellsChanges(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	a, b := on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2)
	f.put(a)
	s.polls("?startup=true", "Ip 192.0.2.7", "")
	s.polls("", "", "")
	f.put(b)
	f.remove(a)
	s.polls("", "Ip 192.0.2.8", "Ip 192.0.2.7")
	s.polls("", "", "")
	f.put(a)
	f.remove(a)
	f.put(a)
	s.polls("?startup=1", "Ip 192.0.2.7", "") // 1 is not true: a delta
}

func TestOnlyTheLongestIsSent(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	long, short := on(t, "192.0.2.7", 1), on(t, "192.0.2.7", 2)
	short.Segment, short.LifetimeSeconds = "eu", 60
	f.put(long, short)
	s.polls("?startup=true", "Ip 192.0.2.7", "")
	_, body := s.do("GET", "/v1/decisions/stream?startup=true", "key", "")
	if !strings.Contains(body, `"duration":"3h59m59s"`) {
		t.Error(body)
	}
	f.remove(long)
	s.polls("", "Ip 192.0.2.7", "") // the other one lives
	f.remove(short)
	s.polls("", "", "Ip 192.0.2.7")
}

func TestRangesAreCutAroundExemptions(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	inside, whole := exempt(t, "192.0.2.2", 3), exempt(t, "192.0.2.0/24", 4)
	f.put(on(t, "192.0.2.0/30", 1), on(t, "192.0.2.77", 2))
	s.polls("?startup=true", "Ip 192.0.2.77,Range 192.0.2.0/30", "")
	f.put(inside)
	s.polls("", "Ip 192.0.2.3,Range 192.0.2.0/31", "Range 192.0.2.0/30")
	f.put(whole)
	s.polls("", "", "Ip 192.0.2.3,Ip 192.0.2.77,Range 192.0.2.0/31")
	f.remove(whole)
	f.remove(inside)
	s.polls("", "Ip 192.0.2.77,Range 192.0.2.0/30", "Ip 192.0.2.3,Range 192.0.2.0/31") // what was there for a moment
}

func TestLookUps(t *testing.T) {
	f := newFeed()
	f.put(on(t, "192.0.2.7", 1), on(t, "192.0.2.0/24", 2), on(t, "198.51.100.0/24", 3), on(t, "country:AQ", 4))
	s := serve(t, f)
	finds := func(query, want string) {
		t.Helper()
		resp, body := s.do("GET", "/v1/decisions?"+query, "key", "")
		var list []decisionJSON
		if err := json.Unmarshal([]byte(body), &list); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %s %v", query, resp.StatusCode, body, err)
		}
		var got []string
		for _, d := range list {
			got = append(got, d.Value)
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	finds("ip=192.0.2.7", "192.0.2.7,192.0.2.0/24")
	finds("ip=192.0.2.7&contains=false", "192.0.2.7")
	finds("ip=203.0.113.1", "")
	finds("range=192.0.2.0/25", "192.0.2.0/24")
	finds("range=192.0.0.0/16&contains=false", "192.0.2.7,192.0.2.0/24")
	finds("scope=COUNTRY&value=AQ", "AQ")
	finds("scopes=ip,range&limit=1&offset=1", "192.0.2.0/24")
	finds("type=captcha", "")
	if resp, _ := s.do("GET", "/v1/decisions?ip=rubbish", "key", ""); resp.StatusCode != 400 {
		t.Errorf("a bad address: %s", resp.Status)
	}
}

func TestUsageMetrics(t *testing.T) {
	s := serve(t, newFeed())
	f := func(body string, status int) {
		t.Helper()
		if resp, got := s.do("POST", "/v1/usage-metrics", "key", body); resp.StatusCode != status {
			t.Errorf("%s: %s %s, want %d", body, resp.Status, got, status)
		}
	}
	f(`{"remediation_components":[{"type":"nginx","version":"1","utc_startup_timestamp":0,"metrics":[{"items":[{"name":"dropped","value":3,"unit":"request"},{"name":"processed","value":-1}]}]}]}`, 201)
	f(`{`, 400)
	f(`{"remediation_components":[]}`, 400)
	f(`{"remediation_components":[{},{}]}`, 400)
	f(`{"remediation_components":[{"type":"nginx"}]}`, 422)
}

func TestAnAnswerThatWasLostIsGivenAgain(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	s.polls("?startup=true", "", "")
	f.put(on(t, "192.0.2.7", 1))
	s.polls("", "Ip 192.0.2.7", "")
	s.Client().CloseIdleConnections() // nothing proves that it came
	f.put(on(t, "192.0.2.8", 2))
	s.polls("", "Ip 192.0.2.7,Ip 192.0.2.8", "")
	s.polls("", "", "")
}

func TestABouncerThatWeForgotLosesNothing(t *testing.T) {
	f := newFeed()
	a, b := on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2)
	f.put(a, b)
	f.remove(a)
	serve(t, f).polls("", "Ip 192.0.2.8", "Ip 192.0.2.7") // it goes on as before a restart of ours
	f.lost = true
	s := serve(t, f)
	s.polls("?startup=true", "Ip 192.0.2.8", "")
	f.put(a)
	f.lost = true // the service's own feed begins anew
	s.polls("", "Ip 192.0.2.7", "")
}

// TestTheFirstAnswerAfterARestartIsLost: the bouncer does not begin anew, and
// hears all of it again.
func TestTheFirstAnswerAfterARestartIsLost(t *testing.T) {
	f := newFeed()
	f.put(on(t, "192.0.2.7", 1))
	s := serve(t, f)
	s.polls("", "Ip 192.0.2.7", "") // it has another service's answers
	s.Client().CloseIdleConnections()
	s.polls("", "Ip 192.0.2.7", "")
	s.polls("", "", "")
}

// TestWhoGaveUpWaiting is told again: nobody has read the answer, though the
// connection is the same.
func TestWhoGaveUpWaiting(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	s.polls("?startup=true", "", "")
	f.put(on(t, "192.0.2.7", 1))
	ask := func(ctx context.Context) string {
		ctx = context.WithValue(ctx, connectionKey{}, "another")
		r := httptest.NewRequest(http.MethodGet, "/v1/decisions/stream", nil).WithContext(ctx)
		r.Header.Set("X-Api-Key", "key")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return w.Body.String()
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	ask(gone)
	if body := ask(t.Context()); !strings.Contains(body, "192.0.2.7") {
		t.Error(body)
	}
	if body := ask(t.Context()); strings.Contains(body, "192.0.2.7") {
		t.Error(body)
	}
}

// TestNothingIsMissedInARace has bouncers poll while others write, and holds
// what they end up with against the blocklist.
func TestNothingIsMissedInARace(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range 5_000 {
				b := on(t, fmt.Sprintf("10.%d.%d.%d", w, i>>8, i&255), block.ID(w<<20|i+1))
				f.put(b)
				if r.IntN(4) == 0 {
					f.remove(b)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	has := map[string]bool{}
	take := func(query string) {
		added, deleted := s.poll(query)
		for _, v := range deleted {
			delete(has, v)
		}
		for _, v := range added {
			has[v] = true
		}
	}
	take("?startup=true")
	for running := true; running; take("") {
		select {
		case <-done:
			running = false
		default:
		}
	}
	if len(has) != len(f.held) {
		t.Fatalf("the bouncer holds %d decisions of %d", len(has), len(f.held))
	}
	for _, b := range f.held {
		if !has["Ip "+b.Target.String()] {
			t.Fatalf("%s is missing", b.Target)
		}
	}
}
