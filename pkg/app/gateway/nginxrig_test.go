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
		"127.0.0.1:4446", "unix:"+filepath.Join(dir, "version.sock"),
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
