package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is a server of our own authority that records what it is asked.
type service struct {
	*httptest.Server
	authority *auth.Authority
	asked     string // method, path and query
	header    http.Header
	body      string
	answer    func(w http.ResponseWriter, r *http.Request)
}

func serve(t *testing.T) *service {
	t.Helper()
	authority, err := auth.NewAuthority("test", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p, err := authority.Server([]string{"127.0.0.1"}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{authority: authority}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.asked, s.header, s.body = r.Method+" "+r.URL.RequestURI(), r.Header, string(body)
		s.answer(w, r)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *service) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Options{URL: s.URL, Token: "hm_x", CAPEM: s.authority.CertPEM(), Software: "honeymoat/test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (s *service) says(v any) {
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

func TestMethodsAskTheRightPaths(t *testing.T) {
	s := serve(t)
	c, ctx := s.client(t), t.Context()
	id := block.NewID("x")
	f := func(want string, ask func() error) {
		t.Helper()
		s.says(struct{}{})
		if err := ask(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if s.asked != want {
			t.Errorf("asked %s, want %s", s.asked, want)
		}
		if s.header.Get("Authorization") != "Bearer hm_x" || s.header.Get("User-Agent") != "honeymoat/test" {
			t.Errorf("%s: got %v", want, s.header)
		}
	}
	alone := wire.OfTarget(block.AddressTarget(parseAddr(t, "192.0.2.7")))
	f("POST /api/v1/blocks?timeout=2s&wait=enforced", func() error {
		_, err := c.AddBlock(ctx, wire.BlockRequest{Target: alone, BlockSpec: wire.BlockSpec{LifetimeSeconds: 60, Reason: "r"}}, Call{Key: "key", Wait: 2 * time.Second})
		return err
	})
	if s.header.Get("Idempotency-Key") != "key" || s.body != `{"target":{"scope":"address","value":"192.0.2.7"},"lifetime_seconds":60,"reason":"r"}` || s.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v, %s", s.header, s.body)
	}
	f("GET /api/v1/findings/00ff", func() error { _, err := c.Finding(ctx, "00ff"); return err })
	f("GET /api/v1/events/00c5a0f1e2d3b4a5-1024", func() error { _, err := c.Event(ctx, "00c5a0f1e2d3b4a5-1024"); return err })
	f("GET /api/v1/blocks/"+id.String(), func() error { _, err := c.Block(ctx, id); return err })
	f("DELETE /api/v1/blocks/"+id.String()+"?reason=our+own", func() error { _, err := c.RemoveBlock(ctx, id, "our own"); return err })
	f("POST /api/v1/blocks/bulk", func() error {
		_, err := c.AddBlocks(ctx, wire.BulkRequest{Items: []wire.BulkItem{{Target: alone}}, BlockSpec: wire.BlockSpec{Reason: "r"}}, Call{Key: "key"})
		return err
	})
	if s.header.Get("Idempotency-Key") != "key" || s.body != `{"reason":"r","items":[{"target":{"scope":"address","value":"192.0.2.7"}}]}` {
		t.Errorf("got %v, %s", s.header, s.body)
	}
	f("POST /api/v1/batches/ba/undo", func() error { _, err := c.UndoBatch(ctx, "ba", "r"); return err })
	f("GET /api/v1/approvals/a1", func() error { _, err := c.Approval(ctx, "a1"); return err })
	f("POST /api/v1/approvals/a1/approve", func() error { _, err := c.Approve(ctx, "a1", wire.Approving{Reason: "r"}, Call{}); return err })
	f("POST /api/v1/approvals/a1/reject", func() error { _, err := c.Reject(ctx, "a1", "r"); return err })
	if s.body != `{"reason":"r"}` {
		t.Errorf("got %s", s.body)
	}
	f("GET /api/v1/breaker", func() error { _, err := c.Breaker(ctx); return err })
	f("POST /api/v1/breaker/resume", func() error { _, err := c.Resume(ctx, "r"); return err })
	f("POST /api/v1/rollouts/a%2Fb/1/hold", func() error { _, err := c.CommandRollout(ctx, "a/b", "1", "hold", "r"); return err })
	f("POST /api/v1/complaints", func() error { _, err := c.Complain(ctx, wire.Complaint{BlockID: "x", Text: "t"}); return err })
	f("POST /api/v1/agents/enrolments", func() error {
		_, err := c.CreateEnrolment(ctx, wire.EnrolmentRequest{Gateway: "edge"})
		return err
	})
	f("DELETE /api/v1/agents/gw-1", func() error { return c.RevokeAgent(ctx, "gw-1") })
	f("GET /api/v1/baselines", func() error { _, err := c.Baselines(ctx); return err })
	f("GET /api/v1/status", func() error { _, err := c.Status(ctx); return err })
	f("GET /api/v1/actors/prefix/2001:db8::%2F64", func() error {
		_, err := c.Actor(ctx, finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"})
		return err
	})
	user := finding.Actor{Kind: finding.User, Value: "k1:x"}
	f("GET /api/v1/actors/user/k1:x/links", func() error { _, err := c.ActorLinks(ctx, user, time.Time{}); return err })
	f("GET /api/v1/actors/user/k1:x/similar?limit=5&since=2026-03-01T12%3A00%3A00Z", func() error {
		_, err := c.SimilarActors(ctx, user, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 5)
		return err
	})
}

func TestTargetsAreReadBack(t *testing.T) {
	s := serve(t)
	c, target := s.client(t), wire.Criteria{{Scope: block.ScopeUser, Value: "alice"}, {Scope: block.ScopeAPI, Value: "shop"}}
	s.says(wire.Why{Target: target})
	if w, err := c.Why(t.Context(), wire.TargetRequest{Target: target}); err != nil || !slices.Equal(w.Target, target) || s.asked != "POST /api/v1/blocks/why" {
		t.Errorf("got %+v, %v after %s", w, err, s.asked)
	}
	s.says(wire.Preview{Target: target, Requests: 5})
	if p, err := c.Preview(t.Context(), wire.TargetRequest{Target: target}); err != nil || p.Requests != 5 || s.asked != "POST /api/v1/blocks/preview" {
		t.Errorf("got %+v, %v after %s", p, err, s.asked)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	var asked []string
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		next := map[string]string{"": "p2", "p2": "p3"}[r.URL.Query().Get("cursor")]
		_, _ = fmt.Fprintf(w, `{"items":[{"name":%q},{"name":"b"}],"next":%q}`, "a"+next, next)
	}
	n := 0
	for a, err := range c.Agents(t.Context()) {
		if err != nil || a.Name == "" {
			t.Fatalf("got %+v, %v", a, err)
		}
		n++
	}
	if n != 6 || len(asked) != 3 || asked[2] != "/api/v1/agents?cursor=p3&limit=1000" {
		t.Errorf("got %d agents by %v", n, asked)
	}
	for range c.Agents(t.Context()) {
		break // who has seen enough asks no more
	}
	if len(asked) != 4 {
		t.Errorf("asked %v", asked[3:])
	}
	s.says(wire.Page[wire.Block]{})
	for range c.Blocks(t.Context(), BlockFilter{Segment: "shop", Target: "192.0.2.0/24", Scope: "api", Action: "drop", Mode: "shadow", Rule: "r", By: "b", Batch: "ba"}) {
		t.Error("got a block")
	}
	if want := "GET /api/v1/blocks?action=drop&batch=ba&by=b&limit=1000&mode=shadow&rule=r&scope=api&segment=shop&target=192.0.2.0%2F24"; s.asked != want {
		t.Errorf("asked %s, want %s", s.asked, want)
	}
	for range c.Rollouts(t.Context(), RolloutFilter{Rule: "r", Stage: "flag", State: "held"}) {
		t.Error("got a rollout")
	}
	if want := "GET /api/v1/rollouts?limit=1000&rule=r&stage=flag&state=held"; s.asked != want {
		t.Errorf("asked %s, want %s", s.asked, want)
	}
	for range c.Approvals(t.Context()) {
		t.Error("got an approval")
	}
	for range c.Decoys(t.Context()) {
		t.Error("got a decoy")
	}
	for range c.Actors(t.Context()) {
		t.Error("got an actor")
	}
}

func TestProblemsAreErrorsWithAHint(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(wire.Problem{
			Type: wire.ProblemPrefix + "insufficient-role", Title: "Not allowed", Status: 403, Detail: "you are a viewer",
			Hint: "ask an analyst", Invalid: []wire.Invalid{{Name: "target", Reason: "too wide"}},
		})
	}
	_, err := c.Status(t.Context())
	var p *wire.Problem
	if !errors.As(err, &p) || p.Name() != "insufficient-role" {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"Not allowed: you are a viewer", "target: too wide", "hint: ask an analyst"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	for _, err := range c.Agents(t.Context()) {
		if !errors.As(err, &p) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAnswersOfSomebodyElse(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	f := func(status int, body, want string) {
		t.Helper()
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
		if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	f(http.StatusOK, "<html>", "is it honeymoat")
	f(http.StatusBadGateway, "bad gateway", "is the URL right")
	f(http.StatusFound, "", "is the URL right") // the token does not follow
}

func TestTheServiceIsChecked(t *testing.T) {
	s, other := serve(t), serve(t)
	s.says(struct{}{})
	f := func(o Options, want string) {
		t.Helper()
		o.URL = s.URL
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Status(t.Context())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(Options{CAPEM: s.authority.CertPEM()}, "")
	f(Options{Pin: s.authority.Fingerprint()}, "")
	f(Options{CAPEM: other.authority.CertPEM()}, "the service's own authority")
	f(Options{Pin: other.authority.Fingerprint()}, "another service")
	f(Options{}, "the service's own authority")
}

func TestServiceThatIsAway(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	s.Close()
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "is honeymoat serve running") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, o := range []Options{
		{URL: "http://127.0.0.1:8440"}, {URL: "127.0.0.1:8440"}, {URL: ""}, {URL: "https://"},
		{URL: "https://127.0.0.1", CAPEM: []byte("no certificate")},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v: want an error", o)
		}
	}
}

func parseAddr(t *testing.T, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
