package gateway

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/ports"
	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// caddy is a real one with the Caddyfile that we ship, in front of an
// application, behind a balancer that the test plays.
type caddy struct {
	t   testing.TB
	url string
	log string
}

func startCaddy(t testing.TB, dir string, agent net.Addr) *caddy {
	t.Helper()
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Seen-Flag", r.Header.Get("X-Honeymoat-Flag"))
		_, _ = io.WriteString(w, "application")
	}))
	t.Cleanup(application.Close)
	shipped, err := os.ReadFile("../../../deploy/gateways/caddy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	c := &caddy{t: t, url: "http://" + ports.Free(t), log: filepath.Join(dir, "caddy.log")}
	text := strings.NewReplacer("127.0.0.1:4443", agent.String(), "127.0.0.1:8080", strings.TrimPrefix(application.URL, "http://"),
		"\n:8000 {", "\n"+c.url+" {", "/var/log/caddy/access.log", c.log, "rewrite /\n", "rewrite /\ntrusted_proxies 127.0.0.0/8\n").Replace(string(shipped))
	write(t, filepath.Join(dir, "Caddyfile"), "{\nadmin off\nauto_https off\n}\n"+text)
	var said bytes.Buffer
	cmd := exec.Command("caddy", "run", "--config", filepath.Join(dir, "Caddyfile"), "--adapter", "caddyfile")
	cmd.Env, cmd.Stderr = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir), &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Caddy (Debian package caddy, see make setup): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("caddy: %s", said.String())
		}
	})
	await(t, "Caddy", func() bool {
		_, err := fetch(http.DefaultClient, c.url+"/", map[string]string{"Connection": "close"})
		return err == nil
	})
	return c
}

// get asks as a client behind the balancer.
func (c *caddy) get(client, uri string, header ...string) answer {
	c.t.Helper()
	all := map[string]string{
		"X-Forwarded-For": "198.51.100.99, " + client, "User-Agent": "probe/1", "Connection": "close",
		// What a client tries.
		"X-Forwarded-Uri": "/harmless", "X-Forwarded-Method": "PUT", "X-Honeymoat-Flag": "forged", "X-Honeymoat-Decision": "deny 00000000000000ff",
		"X-Honeymoat-Request": "chosen-by-the-client",
	}
	for i := 0; i+1 < len(header); i += 2 {
		all[header[i]] = header[i+1]
	}
	a, err := fetch(http.DefaultClient, c.url+uri, all)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *caddy) want(client, uri string, status int, body string, header ...string) answer {
	c.t.Helper()
	a := c.get(client, uri, header...)
	if a.status != status || !strings.Contains(a.body, body) {
		c.t.Errorf("%s %s: %d %q, want %d %q", client, uri, a.status, a.body, status, body)
	}
	return a
}

// decision is what Caddy's log says was decided about a path.
func (c *caddy) decision(uri string) string {
	c.t.Helper()
	var decision string
	await(c.t, "a line about "+uri, func() bool {
		data, err := os.ReadFile(c.log)
		if err != nil {
			c.t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var v struct {
				Request struct{ URI string }
				Headers http.Header `json:"resp_headers"`
			}
			if err := json.Unmarshal(line, &v); err != nil {
				c.t.Fatalf("%s: %v", line, err)
			}
			if v.Request.URI == uri {
				decision = v.Headers.Get(block.DecisionHeader)
				return true
			}
		}
		return false
	})
	return decision
}

func TestCaddy(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)+
		"gateways: {forward_auth: {listen: '127.0.0.1:0', request_id: X-Honeymoat-Request, restores_status: true}}\ntrusted_hops: [127.0.0.1]\n"+
		"sources: [{name: caddy, format: caddy, paths: ["+dir+"/caddy.log]}]\n"))
	c := startCaddy(t, dir, r.Address("forward-auth"))
	ids := map[string]string{
		"/deny":     "deny " + r.put("192.0.2.1", block.Deny, nil).String(),
		"/own":      "deny " + r.put("192.0.2.2", block.Deny, &block.Terms{Status: 451, Body: "gone"}).String(),
		"/drop":     "drop " + r.put("192.0.2.4", block.Drop, nil).String(),
		"/throttle": "throttle " + r.put("192.0.2.6", block.Throttle, &block.Terms{Rate: 0.001}).String(),
		"/key":      "deny " + r.put("key:s3cret & route:GET /key", block.Deny, nil).String(),
	}
	flag := r.put("192.0.2.5", block.Flag, nil)
	r.inStep()
	c.want("192.0.2.1", "/deny", 403, "")
	c.want("192.0.2.2", "/own", 451, "gone")
	c.want("192.0.2.4", "/drop", 403, "")
	c.want("192.0.2.9", "/key", 403, "", "X-Api-Key", "s3cret")
	if a := c.want("192.0.2.5", "/flag", 200, "application"); a.header.Get("Seen-Flag") != flag.String() {
		t.Errorf("the backend saw the flag %q", a.header.Get("Seen-Flag"))
	}
	if a := c.want("192.0.2.9", "/", 200, "application"); a.header.Get("Seen-Flag") != "" {
		t.Errorf("the backend saw the flag %q", a.header.Get("Seen-Flag"))
	}
	c.want("192.0.2.6", "/first", 200, "application")
	if a := c.want("192.0.2.6", "/throttle", 429, ""); a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	if a := c.want("192.0.2.7", "/.env?x=1", 200, "KEY=1"); a.header.Get(block.DecisionHeader) != "" || a.header.Get("X-Honeymoat-Status") != "" || a.header.Get("Content-Type") != "text/plain" {
		t.Errorf("the decoy's headers: %v", a.header)
	}
	c.want("192.0.2.7", "/", 403, "")
	await(t, "the touch", func() bool { return len(service.Touches()) == 1 })
	if s := service.Touches()[0].Sighting; s.Path != "/.env" || s.Method != "GET" || len(s.RequestID) != 36 {
		t.Errorf("touch: %+v", s)
	}
	for uri, want := range ids {
		if got := c.decision(uri); got != want {
			t.Errorf("%s: logged %q, want %q", uri, got, want)
		}
	}
	c.want("192.0.2.9", "/broken", 502, "")
	r.stop()
	if a := c.want("192.0.2.1", "/gone", 200, "application"); a.header.Get("Seen-Flag") != "" {
		t.Errorf("without the agent the backend saw the flag %q", a.header.Get("Seen-Flag"))
	}
	c.want("192.0.2.1", "/payments/7", 503, "")
	begun := time.Now()
	stuck, err := net.Listen("tcp", r.Address("forward-auth").String()) // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	c.want("192.0.2.1", "/stuck", 200, "application")
	t.Logf("a stuck agent costs a request %v", time.Since(begun))
	if err := stuck.Close(); err != nil {
		t.Error(err)
	}
}
