package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/nginx"
)

const nginxFiles = "../../../deploy/gateways/nginx"

// nginxFront is a real nginx, with the configuration that we ship, in front of an
// application. It listens on a socket, and takes the client's address from a
// header as it would from a trusted balancer.
type nginxFront struct {
	t       testing.TB
	client  *http.Client
	log     string
	applied atomic.Int64 // requests that reached the application
}

const nginxConf = `
daemon off;
worker_processes 1;
user root;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log warn;
events { worker_connections 512; }
http {
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    include %[1]s/conf.d/*.conf;
    upstream application { server %[2]s; keepalive 16; }
    server {
        listen unix:%[1]s/nginx.sock;
        set_real_ip_from unix:;
        real_ip_header X-Test-Client;
        access_log %[1]s/access.log honeymoat;
        include %[1]s/snippets/honeymoat.conf;
        location / {
            include snippets/honeymoat-flag.conf;
            proxy_set_header Connection "";
            proxy_http_version 1.1;
            proxy_pass http://application;
        }
        location /site/ { alias %[1]s/site/; index index.html; }
        location /own { deny all; }
        location /health { auth_request off; return 200 "well"; }
        location /members { auth_basic "members"; auth_basic_user_file /dev/null; root %[1]s; }
    }
    server {
        listen unix:%[1]s/open.sock;
        location / { proxy_pass http://application; proxy_http_version 1.1; proxy_set_header Connection ""; }
    }
}
`

// shippedFiles are those of the way in which nginx asks.
func shippedFiles() []string {
	return []string{"conf.d/honeymoat.conf", "snippets/honeymoat.conf", "snippets/honeymoat-answers.conf", "snippets/honeymoat-flag.conf"}
}

// startNginx starts nginx with our files, more than those that are always
// there too, after change has been made to them.
func startNginx(t testing.TB, dir string, decoys net.Addr, change func(file, text string) string, more ...string) *nginxFront {
	t.Helper()
	n := &nginxFront{t: t, log: filepath.Join(dir, "access.log")}
	application := httptest.NewServer(http.HandlerFunc(n.apply))
	t.Cleanup(application.Close)
	settle := strings.NewReplacer("/run/honeymoat/agent.sock", filepath.Join(dir, "agent.sock"), "127.0.0.1:4442", fmt.Sprint(decoys),
		"/var/lib/honeymoat-nginx", filepath.Join(dir, "maps"), "/run/honeymoat-nginx", dir, "/etc/nginx/honeymoat", absolute(t, nginxFiles+"/lua"))
	for _, name := range append(more, shippedFiles()...) {
		text, err := os.ReadFile(filepath.Join(nginxFiles, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), change(name, settle.Replace(string(text))))
	}
	write(t, filepath.Join(dir, "site/index.html"), "a page")
	conf := fmt.Sprintf(nginxConf, dir, strings.TrimPrefix(application.URL, "http://"))
	write(t, filepath.Join(dir, "nginx.conf"), change("nginx.conf", conf))
	n.run(dir)
	return n
}

// run starts nginx with the configuration in dir, until the test ends.
func (n *nginxFront) run(dir string) {
	n.t.Helper()
	t := n.t
	var said bytes.Buffer
	cmd := exec.Command("nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("start nginx (Debian package nginx-light, see make setup): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx: %s%s", said.String(), text)
		}
	})
	n.client = unixClient(t, filepath.Join(dir, "nginx.sock"))
	await(t, "nginx", func() bool {
		_, err := fetch(n.client, "http://shop.example/health", nil)
		return err == nil
	})
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func asShipped(_, text string) string { return text }

// apply is the application behind nginx.
func (n *nginxFront) apply(w http.ResponseWriter, r *http.Request) {
	n.applied.Add(1)
	for _, name := range []string{"X-Honeymoat-Flag", "X-Honeymoat-Decision"} {
		if v := r.Header.Get(name); v != "" {
			w.Header().Set("Seen-"+name, v)
		}
	}
	switch r.URL.Path {
	case "/login":
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the application's own 401", http.StatusUnauthorized)
	case "/admin":
		http.Error(w, "the application's own 403", http.StatusForbidden)
	case "/broken":
		http.Error(w, "the application's own 500", http.StatusInternalServerError)
	default:
		_, _ = w.Write([]byte("application"))
	}
}

// get asks as a client; it gives status 0 when the connection was closed
// without an answer.
func (n *nginxFront) get(client, uri string, header ...string) answer {
	n.t.Helper()
	all := map[string]string{
		"X-Test-Client": client, "User-Agent": "probe/1",
		// What a client tries, so as to be somebody else or to be believed.
		"X-Client-Address": "198.51.100.99", "X-Original-URI": "/harmless", "X-Honeymoat-Decision": "deny 00000000000000ff", "X-Request-Id": "chosen-by-the-client",
		"X-Honeymoat-Flag": "forged", "X-Honeymoat-Answer": "503 0 ",
	}
	for i := 0; i+1 < len(header); i += 2 {
		all[header[i]] = header[i+1]
	}
	a, err := fetch(n.client, "http://shop.example"+uri, all)
	if errors.Is(err, io.EOF) {
		return answer{}
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

func (n *nginxFront) want(client, uri string, status int, body string, header ...string) answer {
	n.t.Helper()
	a := n.get(client, uri, header...)
	if a.status != status || !strings.Contains(a.body, body) {
		n.t.Errorf("%s %s: %d %q, want %d %q", client, uri, a.status, a.body, status, body)
	}
	return a
}

// logged waits for a line of the access log about a path, the last one of n.
func (n *nginxFront) logged(uri string, count int) map[string]string {
	n.t.Helper()
	var last map[string]string
	await(n.t, fmt.Sprintf("%d lines about %s", count, uri), func() bool {
		data, err := os.ReadFile(n.log)
		if err != nil {
			n.t.Fatal(err)
		}
		seen := 0
		for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
			var line map[string]string
			if err := json.Unmarshal(s.Bytes(), &line); err != nil {
				n.t.Fatalf("%s: %v", s.Bytes(), err)
			}
			if line["uri"] == uri {
				seen++
				last = line
			}
		}
		return seen >= count
	})
	return last
}

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
