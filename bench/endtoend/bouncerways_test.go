package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// behindNginx puts a real nginx between bouncers and the service: it keeps its
// connections, uses them for all of its clients, and says so.
func (b *bouncerStage) behindNginx() {
	b.Helper()
	address, err := b.Address()
	b.must(err)
	dir := b.Path("bouncers-proxy")
	b.must(os.MkdirAll(dir, 0o700))
	config := fmt.Sprintf(`daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	scgi_temp_path %[1]s/scgi;
	uwsgi_temp_path %[1]s/uwsgi;
	upstream service { server %[2]s; keepalive 4; }
	server {
		listen %[3]s;
		location / {
			proxy_pass http://service;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
		}
	}
}
`, dir, strings.TrimPrefix(b.url, "http://"), address)
	_, err = b.Server(b.deadline(), "bouncers-nginx", address, config, "/usr/sbin/nginx", "-e", dir+"/error.log", "-c")
	b.must(err)
	b.url = "http://" + address
}

// TestBouncersBehindAProxy: CrowdSec's own clients, which look alike there,
// share connections and miss nothing, also when the service is killed.
func TestBouncersBehindAProxy(t *testing.T) {
	t.Parallel()
	b := newBouncerStage(t)
	b.behindNginx()
	followers := []*follower{b.follow(), b.follow(), b.follow()}
	caddy, v := b.caddy(), b.visitor(attacker)
	b.get(v, caddy, "/shop", http.StatusOK)
	want := b.race(0, 2, nil)
	b.must(b.service.Restart(b.deadline()))
	want = b.race(2, 4, want)
	id := b.block(attacker, time.Hour)
	want["Ip "+attacker] = true
	for n, f := range followers {
		b.eventually(fmt.Sprintf("follower %d holds all", n), func(context.Context) error { return f.holds(want) })
	}
	b.turns(v, caddy, "/shop", http.StatusForbidden)
	_, err := b.service.API.RemoveBlock(b.deadline(), id, "ours")
	b.must(err)
	b.turns(v, caddy, "/shop", http.StatusOK)
}

// polled is what a bouncer is told that asks now, and then no more.
func (b *bouncerStage) polled(startup bool) (added, deleted []decision) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.deadline(), http.MethodGet, fmt.Sprintf("%s/v1/decisions/stream?startup=%t", b.url, startup), nil)
	b.must(err)
	req.Header.Set("X-Api-Key", b.key)
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	b.must(err)
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ New, Deleted []decision }
	b.must(json.NewDecoder(resp.Body).Decode(&answer))
	return answer.New, answer.Deleted
}

// names tells whether a value is among decisions.
func names(list []decision, value string) bool {
	for _, d := range list {
		if d.Value == value {
			return true
		}
	}
	return false
}

// TestWhatAListTookBackBeforeAKill: a bouncer that was told of a block, and
// asks again after the service was killed, is told of its end, although it
// ended in the second in which it was made.
func TestWhatAListTookBackBeforeAKill(t *testing.T) {
	t.Parallel()
	b := newBouncerStage(t)
	file := b.Path("bad.txt")
	says := func(lines ...string) { b.must(os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600)) }
	says("203.0.113.5")
	b.must(b.service.Change(stage.Settings{"blocks.lists": []map[string]any{{"name": "bad", "file": file, "refresh": "1s"}}}))
	b.must(b.service.Reload())
	blocked := func(address string, want bool) {
		b.Helper()
		b.eventually(fmt.Sprintf("%s is blocked: %t", address, want), func(ctx context.Context) error {
			why, err := b.why(ctx, address)
			if is := len(why.Blocks) > 0; err == nil && is != want {
				return fmt.Errorf("it is: %t", is)
			}
			return err
		})
	}
	blocked("203.0.113.5", true)
	says("203.0.113.5", "203.0.113.6")
	blocked("203.0.113.6", true)
	if added, _ := b.polled(true); !names(added, "203.0.113.6") {
		t.Fatalf("a bouncer that begins is told of %+v", added)
	}
	says("203.0.113.5")
	blocked("203.0.113.6", false)
	b.must(b.service.Restart(b.deadline()))
	added, deleted := b.polled(false)
	if !names(added, "203.0.113.5") || names(added, "203.0.113.6") || !names(deleted, "203.0.113.6") {
		t.Errorf("after the kill it is told that %+v came and %+v went", added, deleted)
	}
}
