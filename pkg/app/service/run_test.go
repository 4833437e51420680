package service

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/bench/ports"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/store/embedded"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

// engineArgument makes this binary the store's engine.
const engineArgument = "engine-of-the-service-test"

// TestMain leaves out the two goroutines of the file watcher, which the whole
// process shares and which has no end.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == engineArgument {
		os.Exit(embedded.ChildMain())
	}
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nxadm/tail/watch.(*InotifyTracker).run"),
		goleak.IgnoreAnyFunction("github.com/fsnotify/fsnotify.(*inotify).readEvents"))
}

// embeddedConfig is a whole service in a directory of the test's own.
func embeddedConfig(t *testing.T) config.Service {
	t.Helper()
	cfg, err := config.ParseService("", nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.SetDataDir(filepath.Join(t.TempDir(), "data"))
	cfg.API.Listen, cfg.Store.Engine.Listen = ports.Free(t), ports.Free(t)
	cfg.Store.Engine.Library = enginetest.Library(t)
	cfg.Bus.LeaseTTL = 2 * time.Second
	return cfg
}

// running is a service at work and a client of it.
type running struct {
	*Service
	t    *testing.T
	api  *client.Client
	stop func()
}

func start(t *testing.T, cfg config.Service) *running {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg, Options{Version: "test", EngineCommand: []string{exe, engineArgument}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	token, err := os.ReadFile(s.dir.AdminToken())
	if err != nil {
		t.Fatal(err)
	}
	api, err := client.New(client.Options{
		URL: "https://" + cfg.API.Listen, Token: strings.TrimSpace(string(token)),
		CAPEM: s.identity.authority.CertPEM(), Software: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Service: s, t: t, api: api}
	r.stop = sync.OnceFunc(func() {
		api.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(r.stop)
	r.await("every part to be ready", func() bool { s, err := api.Status(t.Context()); return err == nil && s.Ready })
	return r
}

func (r *running) await(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			status, err := r.api.Status(context.Background())
			r.t.Fatalf("waited three minutes for %s: %+v, %v", what, status, err)
		}
	}
}

// touched awaits that a client is found out, and gives what is known of it.
func (r *running) touched(client string) (actor wire.Actor) {
	r.t.Helper()
	r.await("the touch by "+client, func() bool {
		for a, err := range r.api.Actors(r.t.Context()) {
			if err == nil && a.Value == client && len(a.BlockIDs) > 0 {
				actor = a
				return true
			}
		}
		return false
	})
	return actor
}

// TestStartFindStopTwice reads a log through everything that is embedded,
// stops, and goes on from the same directory.
func TestStartFindStopTwice(t *testing.T) {
	cfg := embeddedConfig(t)
	log := filepath.Join(t.TempDir(), "access.log")
	touch := func(client string) {
		t.Helper()
		f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/.env"} {
			now := time.Now().Format("02/Jan/2006:15:04:05 -0700") // old touches block nobody
			if _, err := fmt.Fprintf(f, "%s - - [%s] \"GET %s HTTP/1.1\" 404 153 \"-\" \"probe/1\"\n", client, now, path); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Rules.Shipped = false // so that a touch is all there is to find
	cfg.AddLogs([]string{log})
	touch("192.0.2.66")
	first := start(t, cfg)
	actor := first.touched("192.0.2.66")
	first.await("two stored rows", func() bool { return first.writer.LinesDone() > 0 })
	first.stop()

	touch("192.0.2.67")
	second := start(t, cfg)
	second.touched("192.0.2.67")
	again := second.touched("192.0.2.66")
	if again.Findings != actor.Findings || len(again.BlockIDs) != len(actor.BlockIDs) || again.BlockIDs[0] != actor.BlockIDs[0] {
		t.Errorf("after a restart %+v became %+v", actor, again)
	}
	metrics(t, second, map[string]float64{
		"honeymoat_ingest_lines_total": 2, "honeymoat_respond_blocks_total": 1, "honeymoat_respond_actors": 2,
		"honeymoat_respond_blocks_live": 2, "honeymoat_detect_findings_total": 1, "honeymoat_store_dropped_batches_total": 0,
	})
	refusedReload(t, second)
	acceptedReload(t, second)
}

func metrics(t *testing.T, r *running, want map[string]float64) {
	t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			got[family.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, value := range want {
		if actual, ok := got[name]; !ok || actual != value {
			t.Errorf("%s is %v (known: %v), want %v", name, actual, ok, value)
		}
	}
}

// refusedReload: one mistake, and nothing of the rest comes into force.
func refusedReload(t *testing.T, r *running) {
	t.Helper()
	next := r.config
	next.Decoys.Catalogue = filepath.Join(t.TempDir(), "decoys.yml")
	write(t, next.Decoys.Catalogue, "version: 1\ndecoys: [{id: x, title: x, path: /x}]")
	next.Alerting.ConfigFile = filepath.Join(t.TempDir(), "am.yml")
	write(t, next.Alerting.ConfigFile, "route: {receiver: nobody}")
	catalogue, tokens := r.catalogue.Load(), r.tokens.Load()
	if err := r.Reload(next); err == nil || !strings.Contains(err.Error(), "am.yml:1") {
		t.Errorf("a mistake in Alertmanager's file: %v", err)
	}
	if r.catalogue.Load() != catalogue || r.tokens.Load() != tokens {
		t.Error("half of a refused configuration is in force")
	}
}

func acceptedReload(t *testing.T, r *running) {
	t.Helper()
	next := r.config
	next.Decoys.Catalogue = filepath.Join(t.TempDir(), "decoys.yml")
	write(t, next.Decoys.Catalogue, "version: 1\ndecoys: [{id: x, title: x, path: /x}]")
	next.Network.Allow = config.Networks{{Prefix: netip.MustParsePrefix("192.0.2.99/32")}}
	next.Tiers = []config.TierRule{{Name: "ours", Tier: "notify", Kinds: 3}}
	if _, err := NewToken(next.API.TokenFile, config.Token{Name: "soc", Role: "none"}); err == nil {
		t.Error("a token without a role was made")
	}
	if err := r.Reload(next); err != nil {
		t.Fatal(err)
	}
	decoys := 0
	for _, err := range r.api.Decoys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		decoys++
	}
	for tier, err := range r.api.Tiers(t.Context()) {
		if err != nil || tier.Name != "ours" {
			t.Errorf("the tiers have %+v, %v", tier, err)
		}
	}
	why, err := r.api.Why(t.Context(), wire.TargetRequest{Target: wire.Criteria{{Scope: "address", Value: "192.0.2.99"}}})
	if err != nil || decoys != 1 || why.Protected == "" {
		t.Errorf("%d decoys; %+v, %v", decoys, why, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
