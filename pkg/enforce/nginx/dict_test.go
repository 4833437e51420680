package nginx

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

var luaFiles = []string{
	"conf.d/honeymoat.conf", "conf.d/honeymoat-lua.conf",
	"snippets/honeymoat-answers.conf", "snippets/honeymoat-lua.conf", "snippets/honeymoat-flag.conf",
}

// luaRig is an nginx with our Lua module, and a Dict that keeps it in step.
func luaRig(t *testing.T) (*rig, *source, *Dict) {
	r := newRig(t, loadLua, luaFiles, "honeymoat-answers.conf", "honeymoat-lua.conf")
	s := newSource()
	d, err := NewDict(DictOptions{
		Source: s, Socket: filepath.Join(r.dir, "push.sock"), Check: 20 * time.Millisecond,
		Scopes: append(DefaultScopes(), block.ScopeAPI), Now: s.now, Time: time.Now, Log: r.log(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, s, d
}

func TestDictEveryAction(t *testing.T) {
	r, s, d := luaRig(t)
	r.start()
	r.run(d.Run)
	deny := s.put(t, "192.0.2.1", block.Deny, nil)
	drop := s.put(t, "192.0.2.2", block.Drop, nil)
	flag := s.put(t, "192.0.2.3", block.Flag, &block.Terms{Header: "X-Suspect", Value: "very; much"})
	s.put(t, "192.0.2.4", block.Throttle, &block.Terms{Rate: 0.001, Burst: 2})
	own := s.put(t, "192.0.2.5", block.Deny, &block.Terms{Status: 451, Body: `{"why": "a\nb"}`})
	s.put(t, "192.0.2.6", block.Divert, nil)
	last := s.put(t, "2001:db8::/32", block.Deny, nil)
	r.turns("2001:db8:1::9", "/last", 403)

	r.want("192.0.2.1", "/deny", 403)
	r.want("192.0.2.2", "/drop", 0)
	r.want("192.0.2.6", "/divert", 502) // to the responder, which is not there
	a := r.want("192.0.2.3", "/flag", 200, "X-Honeymoat-Flag", "forged")
	if a.header.Get("Seen-X-Suspect") != "very; much" || a.header.Get("Seen-X-Honeymoat-Flag") != "very; much" {
		t.Errorf("the backend saw %v", a.header)
	}
	if a := r.want("192.0.2.9", "/", 200, "X-Honeymoat-Flag", "forged"); a.header.Get("Seen-X-Honeymoat-Flag") != "" {
		t.Errorf("the backend saw %v", a.header)
	}
	if a := r.want("192.0.2.5", "/own", 451); a.body != `{"why": "a\nb"}` || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%q %v", a.body, a.header)
	}
	if a := r.ask("192.0.2.5", http.MethodHead, "/own"); a.status != 451 || a.header.Get("Content-Length") != "15" {
		t.Errorf("%d %v", a.status, a.header)
	}
	r.want("192.0.2.4", "/site/", 200) // index.html inside: one token
	r.want("192.0.2.4", "/two", 200)
	if a := r.want("192.0.2.4", "/three", 429); a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	for uri, want := range map[string]string{
		"/deny": "deny " + deny.String(), "/drop": "drop " + drop.String(), "/flag": "flag " + flag.String(), "/own": "deny " + own.String(),
		"/three": "throttle " + block.NewID("throttle", "192.0.2.4").String(), "/two": "", "/last": "deny " + last.String(),
		"/divert": "divert " + block.NewID("divert", "192.0.2.6").String(),
	} {
		if got := r.decision(uri); got != want {
			t.Errorf("%s: logged %q, want %q", uri, got, want)
		}
	}
	if r.applied.Load() == 0 {
		t.Error("nothing reached the application")
	}
}

func TestDictScopes(t *testing.T) {
	r, s, d := luaRig(t)
	r.write("conf.d/api.conf", "# none\n")
	r.start()
	r.run(d.Run)
	s.put(t, "192.0.2.0/24", block.Deny, nil)
	s.put(t, "192.0.2.7", block.Allow, nil)
	s.put(t, "198.51.100.0/25", block.Allow, nil)
	s.put(t, "198.51.100.7", block.Deny, nil) // the exemption around it wins
	s.put(t, "198.51.100.128/29", block.Deny, nil)
	s.put(t, "user_agent:Curl/8.5 (x)", block.Deny, nil)
	s.put(t, "user_agent:monitor", block.Allow, nil)
	s.put(t, "route:POST /orders/{id}", block.Deny, nil)
	s.put(t, "route:/admin/**", block.Deny, nil)
	s.put(t, "192.0.2.8 & user_agent:x", block.Allow, nil) // half known: left to the request path
	s.put(t, "2001:db8::/33", block.Deny, nil)
	r.turns("2001:db8:7fff::1", "/", 403)

	r.want("192.0.2.6", "/", 403)
	r.want("::ffff:192.0.2.6", "/", 403)
	r.want("192.0.2.7", "/", 200)
	r.want("192.0.2.8", "/", 200)
	r.want("198.51.100.7", "/", 200)
	r.want("198.51.100.135", "/", 403)
	r.want("198.51.100.136", "/", 200)
	r.want("2001:db8:8000::1", "/", 200)
	r.want("203.0.113.1", "/", 403, "User-Agent", "Curl/8.5 (x)")
	r.want("203.0.113.1", "/", 200, "User-Agent", "curl/8.5 (x)")
	r.want("192.0.2.6", "/", 200, "User-Agent", "monitor")
	r.want("203.0.113.1", "/admin", 403)
	r.want("203.0.113.1", "/admin/x/y", 403)
	r.want("203.0.113.1", "/x/../%61dmin/", 403)
	r.want("203.0.113.1", "/administrator", 200)
	for _, path := range []string{"/Admin", "/public/a;x"} {
		r.want("203.0.113.1", path, 200)
	}
	s.put(t, "route:/public/**", block.Allow, nil)
	s.put(t, "route:/login", block.Deny, nil)
	r.turns("203.0.113.1", "/login", 403)
	for _, path := range []string{"/admin;x/y", "/x/..;/admin/", "/login/", "/login;x", "/;x/login;y=z/;", "/public/..;/login", "/public/x/..;y/..;/login"} {
		r.want("203.0.113.1", path, 403)
	}
	for _, path := range []string{"/login/x", "/loginx;y", "/public/..;/x", "/public/a;x"} {
		r.want("203.0.113.1", path, 200)
	}
	r.want("203.0.113.1", "/orders/7", 200)
	if a := r.ask("203.0.113.1", http.MethodPost, "/orders/7"); a.status != 403 {
		t.Errorf("POST: %d", a.status)
	}
	if a := r.ask("203.0.113.1", http.MethodPost, "/orders/7/x"); a.status != 200 {
		t.Errorf("POST below: %d", a.status)
	}

	s.remove(t, "route:/admin/**", block.Deny)
	s.remove(t, "192.0.2.0/24", block.Deny)
	s.remove(t, "192.0.2.7", block.Allow)
	r.turns("192.0.2.6", "/", 200)
	r.turns("203.0.113.1", "/admin", 200)
	r.brief(s, "203.0.113.1", "/admin", "192.0.2.6", "route:/admin")
	r.turns("203.0.113.1", "/admin", 200)
	r.turns("192.0.2.6", "/", 200)
}

// TestDictRefills: nginx restarts, the agent restarts with other blocks, nginx
// comes later than the agent.
func TestDictRefills(t *testing.T) {
	r, s, d := luaRig(t)
	stop := r.run(d.Run)
	s.put(t, "192.0.2.1", block.Deny, nil)
	s.put(t, "192.0.2.2", block.Deny, nil)
	r.start()
	r.turns("192.0.2.1", "/", 403)
	r.stop()
	r.client.CloseIdleConnections()
	r.start()
	r.turns("192.0.2.1", "/", 403)
	stop()
	s.remove(t, "192.0.2.1", block.Deny)
	s.put(t, "192.0.2.3", block.Deny, nil)
	r.want("192.0.2.1", "/", 403) // it is enforced while the agent is away
	again, err := NewDict(d.o)
	if err != nil {
		t.Fatal(err)
	}
	r.run(again.Run)
	r.turns("192.0.2.3", "/", 403)
	r.turns("192.0.2.1", "/", 200)
	r.want("192.0.2.2", "/", 403)
}

// TestDictBeforeItIsFilled: routes of which nobody can tell.
func TestDictBeforeItIsFilled(t *testing.T) {
	r, s, d := luaRig(t)
	r.write("blocks/current/fail.map", string(FailMap([]FailRoute{{"/payments/**", true}})))
	r.start()
	r.want("192.0.2.1", "/", 200)
	r.want("192.0.2.1", "/payments/7", 503)
	s.put(t, "192.0.2.1", block.Deny, nil)
	r.run(d.Run)
	r.turns("192.0.2.1", "/", 403)
	r.want("192.0.2.2", "/payments/7", 200)
}

func TestDictThatIsFull(t *testing.T) {
	r, s, d := luaRig(t)
	text := r.read("conf.d/honeymoat-lua.conf")
	r.write("conf.d/honeymoat-lua.conf", strings.Replace(text, "honeymoat_blocks 64m", "honeymoat_blocks 32k", 1))
	r.start()
	for i := range 2000 {
		s.put(t, fmt.Sprintf("10.0.%d.%d", i/256, i%256), block.Deny, nil)
	}
	err := d.session(t.Context(), func() {})
	if err == nil || !strings.Contains(err.Error(), "make it larger") {
		t.Errorf("%v", err)
	}
	r.want("192.0.2.1", "/", 200)
	d.peer.close()
}

// TestDictPropagation prints how long a block takes from the source to its
// enforcement, and that a batch of 10,000 arrives whole.
func TestDictPropagation(t *testing.T) {
	r, s, d := luaRig(t)
	r.start()
	r.run(d.Run)
	var all []block.Delta
	for i := range 10000 {
		target := parse(t, fmt.Sprintf("10.1.%d.%d", i/256, i%256), block.Deny)
		all = append(all, block.Delta{Target: target, ID: block.ID(i + 1), Left: time.Hour})
	}
	begun := time.Now()
	s.change(all...)
	r.turns("10.1.39.15", "/", 403)
	t.Logf("10,000 blocks after %v", time.Since(begun))
	for i := 0; i < 10000; i += 997 {
		r.want(fmt.Sprintf("10.1.%d.%d", i/256, i%256), "/", 403)
	}
	printPropagation(t, r, s, 200)
}

// printPropagation blocks clients one after the other.
func printPropagation(t *testing.T, r *rig, s *source, n int) {
	var took []time.Duration
	for i := range n {
		client := fmt.Sprintf("10.9.%d.%d", i/256, i%256)
		begun := time.Now()
		s.put(t, client, block.Deny, nil)
		r.turns(client, "/", 403)
		took = append(took, time.Since(begun))
	}
	p50, p99 := quantiles(took)
	t.Logf("a block is enforced after %v (median), %v (p99), asking included", p50, p99)
}

// nginx lets what it holds end by the time of day: when that is set, it is
// given all anew.
func TestDictWhenTheClockIsSet(t *testing.T) {
	r, s, d := luaRig(t)
	var ahead atomic.Int64
	registry := prometheus.NewRegistry()
	o := d.o
	o.Metrics, o.Time = registry, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	d, err := NewDict(o)
	if err != nil {
		t.Fatal(err)
	}
	r.start()
	r.run(d.Run)
	s.put(t, "192.0.2.1", block.Deny, nil)
	r.turns("192.0.2.1", "/", 403)
	before := metric(t, registry, "honeymoat_nginx_fills_total")
	ahead.Store(int64(time.Hour))
	r.await("all is given again", func() bool { return metric(t, registry, "honeymoat_nginx_fills_total") > before })
	r.want("192.0.2.1", "/", 403)
}
