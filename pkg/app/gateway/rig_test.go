package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
)

// TestMain leaves out the two goroutines of the file watcher, which the whole
// process shares and which has no end.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nxadm/tail/watch.(*InotifyTracker).run"),
		goleak.IgnoreAnyFunction("github.com/fsnotify/fsnotify.(*inotify).readEvents"))
}

var credential = Credential{URL: "https://127.0.0.1:1", Enrolment: block.Enrolment{Name: "edge", Secret: "secret", Gateway: "shop"}}

// shortDir is a directory whose path is short enough for sockets in it.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hm")
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

// rig is a running agent with a service in memory.
type rig struct {
	*Gateway
	t       testing.TB
	dir     string
	socket  string
	service *agenttest.Service
	log     *syncBuffer
	stop    func()
}

// syncBuffer may be written and read at the same time.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

const catalogueYAML = `
version: 1
decoys:
  - {id: env, title: an env file, path: /.env, response: {status: 200, headers: {Content-Type: text/plain}, body: "KEY=1\n"}}
  - {id: quiet, title: a quiet one, path: /quiet, mode: shadow}
`

// configure makes a configuration in dir; more is YAML that is added.
func configure(t testing.TB, dir, more string) config.Agent {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "decoys.yml"), []byte(catalogueYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("state_dir: %[1]s/state\nenforce: {listen: 'unix:%[1]s/agent.sock'}\n%[2]s", dir, more)
	c, err := config.ParseAgent("agent.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(c.StateDir, 0o700); err != nil {
		t.Fatal(err)
	}
	return c
}

// withResponder is the part of a configuration that answers decoys.
func withResponder(dir string) string {
	return fmt.Sprintf("decoys: {catalogue: %s/decoys.yml, responder: {listen: '127.0.0.1:0'}}\nmetrics: {listen: '127.0.0.1:0'}\n", dir)
}

func start(t testing.TB, service *agenttest.Service, dir string, c config.Agent) *rig {
	t.Helper()
	log := new(syncBuffer)
	g, err := New(t.Context(), Options{
		Config: c, Credential: credential, Software: "test", Link: service,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	r := &rig{Gateway: g, t: t, dir: dir, socket: filepath.Join(dir, "agent.sock"), service: service, log: log}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(r.stop)
	await(t, "the agent to be in step", g.agent.InSync)
	return r
}

func await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// unixClient is an HTTP client whose connections all go to one socket.
func unixClient(t testing.TB, path string) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// answer is what came back of a request.
type answer struct {
	status int
	body   string
	header http.Header
}

func fetch(client *http.Client, target string, header map[string]string) (answer, error) {
	r, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		return answer{}, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(body), resp.Header}, errors.Join(err, resp.Body.Close())
}

// ask asks the agent as a gateway does.
func (r *rig) ask(client, uri string) answer {
	r.t.Helper()
	a, err := fetch(unixClient(r.t, r.socket), "http://agent/", map[string]string{
		httpauth.ClientHeader: client, httpauth.URIHeader: uri, httpauth.MethodHeader: "GET", httpauth.HostHeader: "shop.example",
		httpauth.RequestIDHeader: block.NewID(client, uri, time.Now().String()).String(),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}
