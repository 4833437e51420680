package gateway

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestTouchIsDivertedThenRefused(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)))
	if a := r.ask("192.0.2.7", "/"); a.status != 204 {
		t.Errorf("before: %d", a.status)
	}
	first := r.ask("192.0.2.7", "/.env?x=1")
	mark := first.header.Get(block.DecisionHeader)
	if first.status != 401 || !strings.HasPrefix(mark, "divert ") {
		t.Errorf("the touch: %d %q", first.status, mark)
	}
	second := r.ask("192.0.2.7", "/")
	if want := strings.Replace(mark, "divert", "deny", 1); second.status != 403 || second.header.Get(block.DecisionHeader) != want {
		t.Errorf("after: %d %q, want %q", second.status, second.header.Get(block.DecisionHeader), want)
	}
	await(t, "the touch at the service", func() bool { return len(service.Touches()) == 1 })
	f := service.Touches()[0]
	if f.Rule != "decoy.env" || f.Sighting.Via != finding.ViaAgent || f.Sighting.Path != "/.env" || f.Sighting.Gateway != "edge" ||
		f.Actor.Value != "192.0.2.7" || mark != "divert "+decoy.ProvisionalID("edge", f.ID).String() {
		t.Errorf("finding %+v", f)
	}
}

func TestShadowAndMissingResponderDivertNothing(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, "decoys: {catalogue: "+dir+"/decoys.yml}"))
	if a := r.ask("192.0.2.7", "/quiet"); a.status != 204 {
		t.Errorf("a decoy in shadow: %d", a.status)
	}
	if a := r.ask("192.0.2.7", "/"); a.status != 204 {
		t.Errorf("after a decoy in shadow: %d", a.status)
	}
	if a := r.ask("192.0.2.7", "/.env"); a.status != 204 {
		t.Errorf("nobody answers decoys: %d", a.status)
	}
	if a := r.ask("192.0.2.7", "/"); a.status != 403 {
		t.Errorf("after the touch: %d", a.status)
	}
	await(t, "both touches", func() bool { return len(service.Touches()) == 2 })
}

func targets(t *testing.T, texts ...string) config.Targets {
	t.Helper()
	list, err := config.ParseTargets(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestReload(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	c := configure(t, dir, withResponder(dir))
	r := start(t, service, dir, c)
	service.Put("192.0.2.0/24", time.Hour)
	await(t, "the block", func() bool { return r.ask("192.0.2.7", "/").status == 403 })

	c.Allow = targets(t, "192.0.2.7")
	if err := os.WriteFile(c.Decoys.Catalogue, []byte("version: 1\ndecoys: [{id: x, title: x, pth: /x}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reload(c); err == nil || !strings.Contains(err.Error(), "decoys.yml:2:") {
		t.Errorf("a catalogue with a mistake: %v", err)
	}
	if a := r.ask("192.0.2.7", "/"); a.status != 403 {
		t.Errorf("half a reload: %d", a.status)
	}
	if err := os.WriteFile(c.Decoys.Catalogue, []byte("version: 1\ndecoys: [{id: new, title: new, path: /new}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if restart, err := r.Reload(c); err != nil || restart {
		t.Errorf("restart %v, %v", restart, err)
	}
	f := func(client, uri string, want int) {
		t.Helper()
		if a := r.ask(client, uri); a.status != want {
			t.Errorf("%s from %s: %d, want %d", uri, client, a.status, want)
		}
	}
	f("192.0.2.7", "/", 204)
	f("192.0.2.7", "/new", 204) // who is exempt is not diverted
	f("192.0.2.7", "/", 204)
	f("198.51.100.7", "/.env", 204)
	f("198.51.100.7", "/new", 401)
	f("198.51.100.7", "/", 403)
	c.Enforce.OnUnknown = "deny"
	if restart, err := r.Reload(c); err != nil || !restart {
		t.Errorf("restart %v, %v", restart, err)
	}
}

func TestLogsAreShipped(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	path := filepath.Join(dir, "access.log")
	line := `192.0.2.7 - - [01/Aug/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "probe/1"` + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, 3)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, service, dir, configure(t, dir, withResponder(dir)+"sources: [{name: edge, paths: ["+path+"]}]"))
	await(t, "three lines", func() bool { return service.Rows() == 3 })
	client := unixClient(t, r.socket) // its dialer is not used for addresses below
	client.Transport = nil
	if _, err := fetch(client, "http://"+r.Address("decoys").String()+"/.env", map[string]string{"Connection": "close"}); err != nil {
		t.Fatal(err)
	}
	await(t, "the touch in the decoy log", func() bool { return service.Rows() == 4 })
	a, err := fetch(client, "http://"+r.Address("metrics").String()+"/metrics", map[string]string{"Connection": "close"})
	if err != nil || !strings.Contains(a.body, `honeymoat_ingest_lines_total{source="edge"} 3`) || !strings.Contains(a.body, "honeymoat_agent_linked 1") {
		t.Errorf("%v: %.2000s", err, a.body)
	}
	health, err := fetch(client, "http://"+r.Address("metrics").String()+"/healthz", map[string]string{"Connection": "close"})
	if err != nil || health.status != 200 || !strings.Contains(health.body, `"in_sync":true`) {
		t.Errorf("%v: %+v", err, health)
	}
}

func TestDamagedPositionsDoNotStopEnforcing(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	c := configure(t, dir, "sources: [{name: edge, paths: ["+dir+"/access.log]}]")
	if err := os.WriteFile(filepath.Join(c.StateDir, PositionsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, service, dir, c)
	service.Put("192.0.2.7", time.Hour)
	await(t, "the block", func() bool { return r.ask("192.0.2.7", "/").status == 403 })
	await(t, "the error", func() bool { return strings.Contains(r.log.String(), "logs are not shipped") })
}

func TestNewRefuses(t *testing.T) {
	dir := shortDir(t)
	service := agenttest.New()
	c := configure(t, dir, withResponder(dir))
	start(t, service, dir, c)
	f := func(c config.Agent, link bool, want string) {
		t.Helper()
		o := Options{Config: c, Credential: credential, Log: slog.New(slog.DiscardHandler)}
		if link {
			o.Link = service
		}
		if _, err := New(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f(c, true, ErrLocked.Error())
	c.StateDir = shortDir(t)
	f(c, true, httpauth.ErrInUse.Error())
	f(c, false, "enrol again")
	c.Decoys.Catalogue = dir + "/none.yml"
	f(c, true, "none.yml")
	c.StateDir += "/none"
	c.Decoys.Catalogue = ""
	f(c, true, "state directory")
}

// The agent runs on gateways: it stays small, and what is not linked cannot be
// attacked.
func TestWhatTheAgentDoesNotLink(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/honeymoat/honeymoat/cmd/honeymoat-agent").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, heavy := range []string{
			"github.com/ClickHouse/clickhouse-go", "github.com/ClickHouse/ch-go", "github.com/prometheus/alertmanager", "github.com/nats-io/nats-server",
			"github.com/gin-gonic/gin", "github.com/honeymoat/honeymoat/pkg/store", "github.com/honeymoat/honeymoat/pkg/alerting",
			"github.com/honeymoat/honeymoat/pkg/httpapi", "github.com/honeymoat/honeymoat/pkg/bus/embedded",
			"github.com/honeymoat/honeymoat/pkg/app/service",
		} {
			if strings.HasPrefix(dep, heavy) {
				t.Errorf("the agent links %s", dep)
			}
		}
	}
}

// The host itself is never refused, by gateways that hold blocks neither.
func TestTouchesOfTheHostItselfRefuseNobody(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)))
	for _, client := range []string{"127.0.0.1", "::1"} {
		if a := r.ask(client, "/.env"); a.status != 204 {
			t.Errorf("%s is sent to a decoy: %d", client, a.status)
		}
	}
	await(t, "the touches at the service", func() bool { return len(service.Touches()) == 2 })
	for h := range r.agent.Held() {
		if h.Entry.Action != block.Allow {
			t.Errorf("%s is held: %s", h.Target, h.Entry.Action)
		}
	}
}
