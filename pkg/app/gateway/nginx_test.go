package gateway

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/nginx"
)

func TestNginx(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)+"sources: [{name: shop, format: json, paths: ["+dir+"/access.log]}]"))
	n := startNginx(t, dir, r.Address("decoys"), asShipped)

	n.want("192.0.2.1", "/", 200, "application")
	id := service.Put("192.0.2.66", time.Hour)
	await(t, "the block", func() bool { return n.get("192.0.2.66", "/").status == 403 })
	before := n.applied.Load()
	n.want("192.0.2.66", "/blocked", 403, "")
	if n.applied.Load() != before {
		t.Error("a refused request reached the application")
	}
	if line := n.logged("/blocked", 1); line["decision"] != "deny "+id.String() || line["client"] != "192.0.2.66" || line["status"] != "403" {
		t.Errorf("logged %v", line)
	}

	decoyed := n.want("192.0.2.7", "/.env?x=1", 200, "KEY=1")
	if decoyed.header.Get("Content-Type") != "text/plain" || decoyed.header.Get("X-Honeymoat-Decision") != "" {
		t.Errorf("the decoy's headers: %v", decoyed.header)
	}
	n.want("192.0.2.7", "/", 403, "")
	n.want("192.0.2.1", "/", 200, "application")
	line := n.logged("/.env?x=1", 1)
	if !strings.HasPrefix(line["decision"], "divert ") || line["method"] != "GET" || line["user_agent"] != "probe/1" || line["host"] != "shop.example" {
		t.Errorf("logged %v", line)
	}
	await(t, "the touch", func() bool { return len(service.Touches()) == 1 })
	if f := service.Touches()[0]; f.Sighting.RequestID != line["request_id"] || len(line["request_id"]) != 32 || f.Actor.Value != "192.0.2.7" {
		t.Errorf("finding %+v, logged %v", f, line)
	}
	if n.applied.Load() != before+1 {
		t.Errorf("%d requests reached the application, want %d", n.applied.Load(), before+1)
	}

	t.Run("the application's own answers", func(t *testing.T) {
		n := &nginxFront{t: t, client: n.client, log: n.log}
		n.want("192.0.2.1", "/login", 401, "the application's own 401")
		n.want("192.0.2.1", "/admin", 403, "the application's own 403")
		n.want("192.0.2.1", "/broken", 500, "the application's own 500")
		if a := n.want("192.0.2.1", "/members", 401, ""); !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic") {
			t.Errorf("nobody can log in: %v", a.header)
		}
		n.want("192.0.2.66", "/health", 200, "well")
		n.want("192.0.2.1", "/.honeymoat/auth", 404, "")
		if line := n.logged("/login", 1); line["decision"] != "" {
			t.Errorf("logged %v", line)
		}
	})
	lines, err := os.ReadFile(n.log)
	if err != nil {
		t.Fatal(err)
	}
	// The decoy log has a line about the touch too.
	await(t, "the log at the service", func() bool { return service.Rows() >= bytes.Count(lines, []byte("\n"))+1 })
}

func TestNginxWithoutItsAgent(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	c := configure(t, dir, withResponder(dir))
	r := start(t, service, dir, c)
	n := startNginx(t, dir, r.Address("decoys"), asShipped)
	service.Put("192.0.2.66", time.Hour)
	await(t, "the block", func() bool { return n.get("192.0.2.66", "/").status == 403 })

	r.stop()
	n.want("192.0.2.66", "/gone", 200, "application")
	if line := n.logged("/gone", 1); line["decision"] != "" {
		t.Errorf("logged %v", line)
	}

	stuck, err := net.Listen("unix", r.socket) // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	n.want("192.0.2.66", "/stuck", 200, "application")
	t.Logf("a stuck agent costs a request %v", time.Since(begun))
	if err := stuck.Close(); err != nil {
		t.Fatal(err)
	}

	start(t, service, dir, c)
	n.want("192.0.2.66", "/back", 403, "")
	n.want("192.0.2.1", "/back", 200, "application")
}

// put has a target, in which users and keys stand as they are, blocked.
func (r *rig) put(text string, a block.Action, terms *block.Terms) block.ID {
	r.t.Helper()
	target := r.service.Target(block.All, text)
	if a == block.Allow {
		target = target.Exempt()
	}
	id := block.NewID(a.String(), text)
	r.service.Change(block.All, block.Delta{Target: target, ID: id, Left: time.Hour, Action: a, Terms: terms})
	return id
}

// inStep waits until the agent has all that the service has.
func (r *rig) inStep() {
	r.t.Helper()
	await(r.t, "the agent to be in step", func() bool {
		return r.agent.Versions()[block.All] == r.service.Version(block.All)
	})
}

func TestNginxEveryAction(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)))
	n := startNginx(t, dir, r.Address("decoys"), asShipped)
	long := strings.Repeat("ä", block.MaxBody/2)
	ids := map[string]block.ID{
		"deny":     r.put("192.0.2.1", block.Deny, nil),
		"own":      r.put("192.0.2.2", block.Deny, &block.Terms{Status: 451, Body: long}),
		"plain":    r.put("192.0.2.3", block.Deny, &block.Terms{Status: 404}),
		"drop":     r.put("192.0.2.4", block.Drop, nil),
		"flag":     r.put("192.0.2.5", block.Flag, &block.Terms{Value: "very; much"}),
		"throttle": r.put("192.0.2.6", block.Throttle, &block.Terms{Rate: 0.001, Burst: 2, Body: `{"slow": "down"}`}),
		"key":      r.put("key:s3cret & route:POST /orders/{id}", block.Deny, nil),
		"exempt":   r.put("key:friend", block.Allow, nil),
	}
	r.inStep()
	n.want("192.0.2.1", "/deny", 403, "")
	if a := n.want("192.0.2.2", "/terms", 451, long); a.header.Get("Content-Type") != "text/plain; charset=utf-8" || a.header.Get("X-Honeymoat-Answer") != "" {
		t.Errorf("%v", a.header)
	}
	n.want("192.0.2.3", "/plain", 404, "")
	n.want("192.0.2.4", "/drop", 0, "")
	if a := n.want("192.0.2.5", "/flag", 200, ""); a.header.Get("Seen-X-Honeymoat-Flag") != "very; much" {
		t.Errorf("the backend saw %v", a.header)
	}
	if a := n.want("192.0.2.9", "/other", 200, ""); a.header.Get("Seen-X-Honeymoat-Flag") != "" {
		t.Errorf("the backend saw %v", a.header)
	}
	n.want("192.0.2.6", "/site/", 200, "a page") // index.html inside: one token
	n.want("192.0.2.6", "/two", 200, "application")
	if a := n.want("192.0.2.6", "/three", 429, `"slow"`); a.header.Get("Retry-After") == "" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", a.header)
	}
	n.want("192.0.2.9", "/orders/7", 200, "", "X-Api-Key", "s3cret")
	n.want("192.0.2.1", "/friend", 200, "", "X-Api-Key", "friend")
	if a := n.get("192.0.2.5", "/own"); a.status != 403 { // nginx's own refusal of a flagged request
		t.Errorf("nginx's own 403: %d", a.status)
	}
	for uri, want := range map[string]string{
		"/deny": "deny " + ids["deny"].String(), "/plain": "deny " + ids["plain"].String(), "/drop": "drop " + ids["drop"].String(),
		"/flag": "flag " + ids["flag"].String(), "/three": "throttle " + ids["throttle"].String(), "/two": "", "/friend": "",
	} {
		if line := n.logged(uri, 1); line["decision"] != want {
			t.Errorf("%s: logged %q, want %q", uri, line["decision"], want)
		}
	}
}

// TestNginxFailsByRoute: what the agent's configuration lists as closed is
// refused when the agent is gone.
func TestNginxFailsByRoute(t *testing.T) {
	dir := shortDir(t)
	write(t, filepath.Join(dir, "maps/current/fail.map"), string(nginx.FailMap([]nginx.FailRoute{
		{Route: "/payments/open"}, {Route: "/payments/**", Closed: true},
	})))
	n := startNginx(t, dir, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, asShipped)
	n.want("192.0.2.1", "/", 200, "application")
	n.want("192.0.2.1", "/payments/7", 503, "")
	n.want("192.0.2.1", "/x/../payments/%37", 503, "")
	n.want("192.0.2.1", "/payments/open", 200, "application")
	n.want("192.0.2.1", "/payment", 200, "application")
	if n.applied.Load() != 3 {
		t.Errorf("%d requests reached the application, want 3", n.applied.Load())
	}
}

func absolute(t testing.TB, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

func TestNginxKeepsItsConnections(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)))
	front, back := filepath.Join(dir, "front.sock"), r.socket
	var opened atomic.Int64
	proxy(t, front, back, &opened)
	n := startNginx(t, dir, r.Address("decoys"), func(_, text string) string { return strings.ReplaceAll(text, back, front) })
	for range 100 {
		n.want("192.0.2.1", "/", 200, "application")
	}
	if got := opened.Load(); got != 1 {
		t.Errorf("%d connections for 100 requests, one after the other", got)
	}
}

// BenchmarkNginx compares a server with the agent's protection and one without.
func BenchmarkNginx(b *testing.B) {
	dir, service := shortDir(b), agenttest.New()
	r := start(b, service, dir, configure(b, dir, withResponder(dir)))
	n := startNginx(b, dir, r.Address("decoys"), asShipped)
	for name, client := range map[string]*http.Client{"protected": n.client, "open": unixClient(b, filepath.Join(dir, "open.sock"))} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if a, err := fetch(client, "http://shop.example/", map[string]string{"X-Test-Client": "192.0.2.1"}); err != nil || a.status != 200 {
						b.Error(a.status, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}
