package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// TestServiceScripts runs scripts against a service of their own: the real
// front, guard and bus, and neither store nor gateways.
func TestServiceScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/service", RequireUniqueNames: true, RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fails": fails, "ask-as-bouncer": askAsBouncer},
		Setup: func(e *testscript.Env) error {
			s := newService(t, e.WorkDir)
			e.Defer(s.stop)
			for name := range s.tokens {
				e.Setenv(name, filepath.Join(e.WorkDir, name))
			}
			e.Setenv(urlEnv, "https://"+s.address)
			e.Setenv(caEnv, filepath.Join(e.WorkDir, "ca.pem"))
			e.Setenv(tokenEnv, s.tokens["ana"])
			return nil
		},
	})
}

// fixture is a service without a store.
type fixture struct {
	t         *testing.T
	address   string
	tokens    map[string]string // of people, by name
	responder *respond.Service
	stop      func()
}

func newService(t *testing.T, dir string) *fixture {
	t.Helper()
	server := bustest.Start(t, filepath.Join(dir, "bus"), nil)
	user, password := server.Login()
	ctx, cancel := context.WithCancel(context.Background())
	b, err := bus.Connect(ctx, bus.Options{InProcess: server, User: user, Password: password, Connected: server.Connected, Disconnect: server.Disconnect})
	if err != nil {
		t.Fatal(err)
	}
	s := &fixture{t: t, tokens: map[string]string{"ana": "hm_ana", "bob": "hm_bob", "root": "hm_root", "traefik": "hm_traefik"}, responder: newResponder(t, b)}
	running := []<-chan error{s.run(ctx, func(ctx context.Context) error { return b.Run(ctx, s.responder.Touch) })}
	<-b.Ready()
	if _, err := s.responder.Load(ctx); err != nil {
		t.Fatal(err)
	}
	front := s.newFront(dir, b)
	running = append(running, s.run(ctx, s.responder.Run), s.run(ctx, front.Run))
	s.stop = func() {
		cancel()
		for _, done := range running {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		b.Close()
		server.Stop(t)
	}
	s.storm()
	return s
}

func (s *fixture) run(ctx context.Context, run func(context.Context) error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return done
}

// testKeys are the match keys of every segment.
func testKeys(segment string) []block.MatchKey {
	var secret [32]byte
	copy(secret[:], segment)
	return []block.MatchKey{block.NewMatchKey(secret)}
}

func newResponder(t *testing.T, b *bus.Bus) *respond.Service {
	t.Helper()
	s, err := respond.New(respond.Options{
		Blocks: b.Blocks(), Recorder: b, Checkpoints: b.Checkpoints(), Alerter: noAlerts{}, MatchKeys: testKeys,
		Guard:  respond.NewGuard(respond.GuardOptions{TrustedHops: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}),
		Ledger: respond.LedgerOptions{BreakerPerMinute: 3}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// storm has rules ask for more blocks than the breaker lets through. The first
// rule is in rollout, and the last asks for one that nobody may make.
func (s *fixture) storm() {
	in := respond.Input{}
	for n := range 6 {
		actor := finding.ActorOf(netip.AddrFrom4([4]byte{203, 0, 113, byte(n + 1)}))
		if n == 5 {
			actor = finding.ActorOf(netip.MustParseAddr("10.0.0.9"))
		}
		f := finding.Finding{
			ID: finding.NewID("storm", fmt.Sprint(n)), Time: time.Now(), Rule: "web.probe", RuleVersion: "7", Family: "scanner", Tier: finding.Log, Score: 0.9,
			Actor: actor, Title: "Probe", Reason: "asked for /.env", Sighting: finding.Sighting{Via: finding.ViaAccess, Method: "GET", Path: "/.env"},
			Wanted: finding.Wanted{LifetimeSeconds: 3600, Rollout: n == 0},
		}
		in.Findings = append(in.Findings, f)
	}
	if err := s.responder.Handle(context.Background(), 1, func() respond.Input { return in }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *fixture) newFront(dir string, b *bus.Bus) *httpapi.Server {
	s.t.Helper()
	authority, err := auth.NewAuthority("test", time.Now(), time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	pair, err := authority.Server([]string{"127.0.0.1"}, time.Now(), time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	files := map[string]string{"ca.pem": string(authority.CertPEM()), "cert.pem": string(pair.Cert), "key.pem": string(pair.Key)}
	roles := map[string]auth.Role{"ana": auth.Analyst, "bob": auth.Analyst, "root": auth.Admin, "traefik": auth.Bouncer}
	var list []auth.Token
	for name, text := range s.tokens {
		files[name] = text + "\n"
		list = append(list, auth.Token{Name: name, Role: roles[name], Digest: auth.DigestOf(text)})
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	tokens, err := auth.NewTokens(list)
	if err != nil {
		s.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = listener.Addr().String()
	catalogue, registry := decoy.New(nil), prometheus.NewRegistry()
	front, err := httpapi.New(httpapi.Options{
		Listener: listener, CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"),
		Tokens: func() *auth.Tokens { return tokens }, CAPEM: authority.CertPEM(), CA: authority.Fingerprint(),
		Parts: func() []wire.Part { return nil }, Baselines: func() wire.Baselines { return wire.Baselines{} }, Catalogue: func() *decoy.Catalogue { return catalogue },
		History: noStore{}, Operator: s.responder, Blocklist: b.Blocks(), Agents: oneAgent{b.Agents()}, Feed: b, Retries: b.Retries(),
		Subjects: noSubjects{}, Rules: oneRule{}, Lines: func(agent string) ingest.Publisher { return b.Publisher(agent) },
		Registerer: registry, Gatherer: registry,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return front
}

// oneAgent is a registry whose only agent takes a while in the segment eu.
type oneAgent struct{ *bus.Registry }

func (a oneAgent) CreateEnrolment(ctx context.Context, token auth.Digest, e httpapi.Enrolment) error {
	return a.Registry.CreateEnrolment(ctx, token, bus.Enrolment(e))
}

func (oneAgent) AwaitEnforced(_ context.Context, segment string, _ uint64) []block.Acknowledgement {
	return []block.Acknowledgement{{Agent: "gw-1", Enforced: segment != "eu", Millis: 3.5}}
}

type noAlerts struct{}

func (noAlerts) Post(context.Context, []respond.Alert) error { return nil }

// noStore has a preview, and is away otherwise.
type noStore struct{ httpapi.History }

func (noStore) Preview(_ context.Context, _ []block.Criterion, p wire.Period) (wire.Preview, error) {
	return wire.Preview{Since: p.Since, Until: p.Until, Requests: 7, Successful: 5, Clients: 2, Principals: 1,
		Routes: []wire.PreviewRoute{{Host: "shop.example", Route: "/cart", Requests: 7, Successful: 5}}}, nil
}

func (noStore) QuarantineSize(context.Context) (int64, error) { return 0, errors.New("away") }

type noSubjects struct{ httpapi.Subjects }

func (noSubjects) Hash(string) []string { return nil }

type rulesPort = httpapi.Rules

// oneRule is a set of rules of which one is known.
type oneRule struct{ rulesPort }

func (oneRule) Rule(key string) (wire.RuleDetail, error) {
	if key != "web.probe" {
		return wire.RuleDetail{}, respond.ErrNotFound
	}
	return wire.RuleDetail{Rule: wire.Rule{Key: key, Title: "Somebody probes"}}, nil
}

// askAsBouncer asks the service for decisions, as a bouncer of CrowdSec does.
func askAsBouncer(ts *testscript.TestScript, _ bool, _ []string) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ts.ReadFile(ts.Getenv(caEnv))))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}
	r, err := http.NewRequest(http.MethodGet, ts.Getenv(urlEnv)+"/v1/decisions/stream?startup=true", nil)
	ts.Check(err)
	r.Header.Set("X-Api-Key", "hm_traefik")
	r.Header.Set("User-Agent", "crowdsec-test/1.0")
	resp, err := (&http.Client{Transport: transport}).Do(r)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("a bouncer is answered %s", resp.Status)
	}
}
