package nginx

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const shipped = "../../../deploy/gateways/nginx"

// rig is a real nginx with the configuration that we ship, in front of an
// application. It takes the client's address from a header as it would from a
// trusted balancer. No agent answers: what nginx does, it does by itself.
type rig struct {
	t       testing.TB
	dir     string
	cmd     *exec.Cmd
	stop    func() // ends nginx
	client  *http.Client
	applied atomic.Int64 // requests that reached the application
}

const nginxConf = `
%[3]s
daemon off;
worker_processes 2;
user root;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log notice;
events { worker_connections 512; }
http {
    client_body_temp_path %[1]s/tmp;
    proxy_temp_path %[1]s/tmp;
    fastcgi_temp_path %[1]s/tmp;
    uwsgi_temp_path %[1]s/tmp;
    scgi_temp_path %[1]s/tmp;
    include %[1]s/conf.d/*.conf;
    upstream application { server %[2]s; keepalive 16; }
    server {
        listen unix:%[1]s/nginx.sock;
        set_real_ip_from unix:;
        real_ip_header X-Test-Client;
        access_log %[1]s/access.log honeymoat;
        %[4]s
        location / {
            include snippets/honeymoat-flag.conf;
            proxy_set_header Connection "";
            proxy_set_header X-Request-Id $request_id;
            proxy_http_version 1.1;
            proxy_pass http://application;
        }
        location /site/ { alias %[1]s/site/; index index.html; }
    }
}
`

const (
	loadLua  = "load_module /usr/lib/nginx/modules/ndk_http_module.so;\nload_module /usr/lib/nginx/modules/ngx_http_lua_module.so;"
	loadNone = ""
)

// newRig writes a configuration with our files and these snippets in its
// server, and starts nothing.
func newRig(t testing.TB, modules string, files []string, snippets ...string) *rig {
	t.Helper()
	r := &rig{t: t, dir: shortDir(t)}
	application := httptest.NewServer(http.HandlerFunc(r.apply))
	t.Cleanup(application.Close)
	var includes strings.Builder
	for _, s := range snippets {
		fmt.Fprintf(&includes, "include snippets/%s;\n", s)
	}
	r.copy(files...)
	r.write("site/index.html", "a page")
	r.write("nginx.conf", fmt.Sprintf(nginxConf, r.dir, strings.TrimPrefix(application.URL, "http://"), modules, includes.String()))
	r.client = unixClient(t, filepath.Join(r.dir, "nginx.sock"))
	return r
}

// copy takes shipped files with other places in them.
func (r *rig) copy(files ...string) {
	r.t.Helper()
	places := strings.NewReplacer("/run/honeymoat-nginx", r.dir, "/var/lib/honeymoat-nginx", r.dir+"/blocks",
		"/run/honeymoat", r.dir, "127.0.0.1:4442", "127.0.0.1:1", "127.0.0.1:4446", "unix:"+r.dir+"/version.sock", "/etc/nginx/honeymoat", r.absolute(shipped+"/lua"))
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(shipped, name))
		if err != nil {
			r.t.Fatal(err)
		}
		r.write(name, places.Replace(string(text)))
	}
}

func (r *rig) absolute(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		r.t.Fatal(err)
	}
	return absolute
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) command(args ...string) []string {
	return append([]string{"nginx", "-p", r.dir, "-e", filepath.Join(r.dir, "error.log"), "-c", filepath.Join(r.dir, "nginx.conf")}, args...)
}

// start starts nginx and waits until it answers.
func (r *rig) start() {
	r.t.Helper()
	var said bytes.Buffer
	command := r.command()
	r.cmd = exec.Command(command[0], command[1:]...)
	r.cmd.Stderr = &said
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatalf("start nginx (Debian packages nginx-light and libnginx-mod-http-lua, see make setup): %v", err)
	}
	cmd, ended := r.cmd, make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	r.stop = func() { // in order
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}
	r.t.Cleanup(func() {
		r.stop()
		if r.t.Failed() {
			text, _ := os.ReadFile(filepath.Join(r.dir, "error.log"))
			r.t.Logf("nginx: %s%s", said.String(), text)
		}
	})
	r.await("nginx", func() bool {
		select {
		case <-ended:
			r.t.Fatal("nginx has ended")
		default:
		}
		resp, err := r.client.Get("http://shop.example/")
		return err == nil && resp.Body.Close() == nil
	})
}

func (r *rig) apply(w http.ResponseWriter, q *http.Request) {
	r.applied.Add(1)
	for _, name := range []string{"X-Honeymoat-Flag", "X-Suspect"} {
		if v := q.Header.Get(name); v != "" {
			w.Header().Set("Seen-"+name, v)
		}
	}
	_, _ = io.WriteString(w, "application")
}

// reply is what came back of a request.
type reply struct {
	status int
	body   string
	header http.Header
}

// ask sends a request from an address; it gives status 0 when the connection
// was closed without an answer.
func (r *rig) ask(client, method, uri string, header ...string) reply {
	r.t.Helper()
	q, err := http.NewRequest(method, "http://shop.example"+uri, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("X-Test-Client", client)
	q.Header.Set("User-Agent", "probe/1")
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	resp, err := r.client.Do(q)
	if errors.Is(err, io.EOF) {
		return reply{}
	}
	if err != nil {
		r.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		r.t.Fatal(err)
	}
	return reply{resp.StatusCode, string(body), resp.Header}
}

func (r *rig) want(client, uri string, status int, header ...string) reply {
	r.t.Helper()
	a := r.ask(client, http.MethodGet, uri, header...)
	if a.status != status {
		r.t.Errorf("%s %s %v: %d %q, want %d", client, uri, header, a.status, a.body, status)
	}
	return a
}

// turns waits until a client is answered with a status.
func (r *rig) turns(client, uri string, status int, header ...string) {
	r.t.Helper()
	r.await(fmt.Sprintf("%s %s %v: %d", client, uri, header, status), func() bool {
		return r.ask(client, http.MethodGet, uri, header...).status == status
	})
}

// brief blocks targets for ever longer, until a client is refused before the
// blocks end: a busy machine may need longer than short ones last.
func (r *rig) brief(s *source, client, uri string, targets ...string) {
	r.t.Helper()
	for left := 300 * time.Millisecond; left < 2*time.Minute; left *= 2 {
		ends := time.Now().Add(left)
		for _, target := range targets {
			s.putFor(r.t, left, target, block.Deny, nil)
		}
		for ; time.Now().Before(ends); time.Sleep(time.Millisecond) {
			if r.ask(client, http.MethodGet, uri).status == http.StatusForbidden {
				return
			}
		}
	}
	r.t.Fatalf("no block on %v is seen before it ends", targets)
}

// decision waits for the line about a path in the access log, and gives its
// decision.
func (r *rig) decision(uri string) string {
	r.t.Helper()
	var decision string
	r.await("a line about "+uri, func() bool {
		data, err := os.ReadFile(filepath.Join(r.dir, "access.log"))
		if err != nil {
			r.t.Fatal(err)
		}
		found := false
		for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
			var line map[string]string
			if err := json.Unmarshal(s.Bytes(), &line); err != nil {
				r.t.Fatalf("%s: %v", s.Bytes(), err)
			}
			if line["uri"] == uri {
				found, decision = true, line["decision"]
			}
		}
		return found
	})
	return decision
}

func (r *rig) await(what string, condition func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited a minute for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// run runs a part until the test ends.
func (r *rig) run(part func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- part(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			r.t.Errorf("run: %v", err)
		}
	}
	r.t.Cleanup(stop)
	return stop
}

func (r *rig) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(r.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// shortDir is a directory whose path is short enough for sockets in it.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hmn")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func unixClient(t testing.TB, path string) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func (r *rig) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func quantiles(took []time.Duration) (p50, p99 time.Duration) {
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100]
}
