package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// The credentials of a world.
const (
	viewerToken  = "hm_viewer"
	analystToken = "hm_analyst"
	adminToken   = "hm_admin"
	oldToken     = "hm_old"
	pushToken    = "hm_push"
	otherToken   = "hm_other" // pushes to another source
	bouncerToken = "hm_bouncer"
	agentSecret  = "agent-secret"
)

// world is a server with fakes around it.
type world struct {
	*Server
	t         *testing.T
	history   *fakeHistory
	operator  *fakeOperator
	blocks    *fakeBlocks
	agents    *fakeAgents
	feed      *fakeFeed
	retries   *fakeRetries
	subjects  *fakeSubjects
	rules     *fakeRules
	publisher *fakePublisher
	parts     []wire.Part
	inbox     *ingest.Inbox
	pushed    *ingesttest.Bus
	authority *auth.Authority
	log       *syncBuffer
	now       *fakeClock
}

func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{
		t: t, history: &fakeHistory{}, feed: &fakeFeed{}, retries: &fakeRetries{}, subjects: &fakeSubjects{}, rules: newFakeRules(), publisher: &fakePublisher{}, log: &syncBuffer{},
		operator: &fakeOperator{
			actors:    []respond.Actor{exampleActor("192.0.2.1"), exampleActor("192.0.2.2")},
			discards:  []respond.Discard{exampleDiscard("d1"), exampleDiscard("d2")},
			feedback:  exampleOpinions(),
			tiers:     evidence.DefaultRules(),
			approvals: []respond.Approval{exampleApproval("00000000000000a1"), exampleApproval("00000000000000a2")},
			rollouts:  []rollout.Logic{exampleRollout("decoy.env-file", "1"), exampleRollout("rule-1", "1")},
		},
		blocks: &fakeBlocks{blocks: []block.Block{exampleBlock(1), exampleBlock(2), exampleBlock(3)}},
		agents: &fakeAgents{
			agents: []block.Agent{exampleAgent()}, tokens: map[auth.Digest]Enrolment{},
			secrets: map[string]auth.Digest{"gw-1": auth.DigestOf(agentSecret)},
		},
		parts: []wire.Part{{Name: "bus", Ready: true, Detail: "embedded"}, {Name: "store", Ready: true}},
		now:   &fakeClock{at: time.Now()},
	}
	w.openInbox()
	options := w.newOptions()
	for _, f := range change {
		f(&options)
	}
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	w.Server = s
	return w
}

func (w *world) newOptions() Options {
	w.t.Helper()
	cert, key := w.certificate(w.t.TempDir())
	reg := prometheus.NewRegistry()
	tokens := testTokens(w.t, w.now.now())
	catalogue := testCatalogue()
	return Options{
		Address: "127.0.0.1:0", CertFile: cert, KeyFile: key,
		Tokens: func() *auth.Tokens { return tokens }, FailedPerMinute: 1000,
		CAPEM: w.authority.CertPEM(), CA: w.authority.Fingerprint(), BusURLs: []string{"tls://bus.example:4440"},
		Baselines: func() wire.Baselines {
			return wire.Baselines{Enabled: true, Series: []wire.Learning{{Dimension: "route", Series: 3, Learning: 1}}}
		},
		Version: "test", Parts: func() []wire.Part { return append([]wire.Part(nil), w.parts...) },
		Catalogue: func() *decoy.Catalogue { return catalogue },
		History:   w.history, Operator: w.operator, Blocklist: w.blocks, Agents: w.agents, Feed: w.feed, Retries: w.retries, Subjects: w.subjects, Rules: w.rules,
		Lines: func(string) ingest.Publisher { return w.publisher },
		Inbox: w.inbox, Pushed: []string{"edge"},
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: w.now.now, Registerer: reg, Gatherer: reg,
	}
}

func testTokens(t *testing.T, now time.Time) *auth.Tokens {
	t.Helper()
	tokens, err := auth.NewTokens([]auth.Token{
		{Name: "vic", Role: auth.Viewer, Digest: auth.DigestOf(viewerToken)},
		{Name: "ana", Role: auth.Analyst, Digest: auth.DigestOf(analystToken)},
		{Name: "root", Role: auth.Admin, Digest: auth.DigestOf(adminToken)},
		{Name: "kong", Role: auth.Ingest, Digest: auth.DigestOf(pushToken)},
		{Name: "other", Role: auth.Ingest, Digest: auth.DigestOf(otherToken), Sources: []string{"other"}},
		{Name: "traefik", Role: auth.Bouncer, Digest: auth.DigestOf(bouncerToken), Segments: []string{"shop"}},
		{Name: "old", Role: auth.Admin, Digest: auth.DigestOf(oldToken), ExpiresAt: now.Add(-time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func testCatalogue() *decoy.Catalogue {
	return decoy.New([]decoy.Decoy{
		{ID: "git-config", Title: "Git configuration", Context: decoy.Out, Paths: []string{"/.git/config"}, Tier: finding.Log, Lifetime: time.Hour, Response: decoy.Response{Status: 404}},
		{ID: "env-file", Title: "Environment", Context: decoy.In, Hosts: []string{"shop.example"}, Methods: []string{"GET"}, Paths: []string{"/.env"}, Tier: finding.Notify, Lifetime: time.Hour, Response: decoy.Response{Status: 200}},
	})
}

// certificate writes the world's server certificate; the first call makes its
// authority.
func (w *world) certificate(dir string) (certFile, keyFile string) {
	w.t.Helper()
	var err error
	if w.authority == nil {
		if w.authority, err = auth.NewAuthority("test", time.Now(), 24*time.Hour); err != nil {
			w.t.Fatal(err)
		}
	}
	p, err := w.authority.Server([]string{"127.0.0.1", "localhost"}, time.Now(), time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, data := range map[string][]byte{certFile: p.Cert, keyFile: p.Key} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// call is one request to a world's handler.
type call struct {
	method, path, token string
	body                string
	header              map[string]string
	ctx                 context.Context // ends when the caller leaves; nil = never
}

func (w *world) do(c call) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if c.ctx != nil {
		r = r.WithContext(c.ctx)
	}
	answer := httptest.NewRecorder()
	w.engine.ServeHTTP(answer, r)
	return answer
}

func (w *world) get(path, token string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.do(call{method: http.MethodGet, path: path, token: token})
}

// problem checks that an answer is a problem of a kind, and gives it.
func (w *world) problem(answer *httptest.ResponseRecorder, want kind) wire.Problem {
	w.t.Helper()
	var p wire.Problem
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil {
		w.t.Fatalf("status %d, no problem in %q: %v", answer.Code, answer.Body, err)
	}
	if answer.Code != want.status || p.Status != want.status || p.Name() != want.name {
		w.t.Errorf("got %d %s, want %d %s", answer.Code, p.Name(), want.status, want.name)
	}
	if got := answer.Header().Get("Content-Type"); got != wire.ProblemType {
		w.t.Errorf("a problem has the type %q", got)
	}
	if want := "urn:honeymoat:request:" + answer.Header().Get("X-Request-Id"); p.Instance != want {
		w.t.Errorf("a problem has the instance %q, want %q", p.Instance, want)
	}
	return p
}

func decoded[T any](t *testing.T, answer *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(answer.Body.Bytes(), &v); err != nil || answer.Code >= 300 {
		t.Fatalf("status %d: %s: %v", answer.Code, answer.Body, err)
	}
	return v
}

// fakeClock stands still until it is moved.
type fakeClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// syncBuffer is a log that a test reads while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
