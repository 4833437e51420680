package httpapi

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// running is a world that listens.
type running struct {
	*world
	base   string
	client *http.Client
	stop   context.CancelFunc
	done   chan error
}

func run(t *testing.T, change ...func(*Options)) *running {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, append(change, func(o *Options) { o.Listener = listener })...)
	ctx, stop := context.WithCancel(t.Context())
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.authority.CertPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	r := &running{
		world: w, base: "https://" + listener.Addr().String(), client: &http.Client{Transport: transport},
		stop: stop, done: make(chan error, 1),
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r.done <- w.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		transport.CloseIdleConnections()
		<-gone
	})
	return r
}

func (r *running) ended() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(time.Minute):
		r.t.Fatal("Run does not return")
		return nil
	}
}

func TestRunServesAndStops(t *testing.T) {
	r := run(t)
	resp, err := r.client.Get(r.base + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		t.Errorf("got %s by HTTP/%d", resp.Status, resp.ProtoMajor)
	}
	r.stop()
	if err := r.ended(); err != nil {
		t.Error(err)
	}
	if resp, err := r.client.Get(r.base + "/healthz"); err == nil {
		_ = resp.Body.Close()
		t.Error("it still answers")
	}
}

func TestStopEndsStreamsAndLetsAnswersFinish(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	r := run(t, func(o *Options) {
		o.Grace = time.Minute
		o.Alertmanager = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-leave
			_, _ = w.Write([]byte("whole"))
		})
	})
	r.feed.set(func(ctx context.Context, _ string, _ map[string]block.Version, f block.Follower) error {
		f.Linked([]string{block.All})
		<-ctx.Done()
		return ctx.Err()
	})
	stream := r.request("/api/v1/agent/stream", auth.AgentBearer("gw-1", agentSecret))
	in := bufio.NewReader(stream.Body)
	if err := (&follower{}).read(in, block.EventHello); err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	go func() {
		resp := r.request("/alertmanager/", analystToken)
		body, err := io.ReadAll(resp.Body)
		answer <- string(body)
		if err != nil {
			t.Error(err)
		}
	}()
	<-entered
	r.stop()
	if _, err := io.ReadAll(in); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
	close(leave)
	if got := <-answer; got != "whole" {
		t.Errorf("the answer under way became %q", got)
	}
	if err := r.ended(); err != nil {
		t.Error(err)
	}
}

func TestStopCutsOffWhatDoesNotFinish(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	defer close(leave)
	r := run(t, func(o *Options) {
		o.Grace = 20 * time.Millisecond
		o.Alertmanager = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(entered)
			<-leave
		})
	})
	go func() {
		req, err := http.NewRequest(http.MethodGet, r.base+"/alertmanager/", nil)
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+analystToken)
		if resp, err := r.client.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-entered
	r.stop()
	if err := r.ended(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(r.log.String(), "cut off") {
		t.Error("the log does not tell")
	}
}

func (r *running) request(path, token string) *http.Response {
	req, err := http.NewRequest(http.MethodGet, r.base+path, nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := r.client.Do(req)
	if err != nil {
		panic(err)
	}
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestQueriesTimeOut(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.QueryTimeout = time.Millisecond
		o.History = slowHistory{o.History}
	})
	w.problem(w.get("/api/v1/events", viewerToken), timedOut)
}

// slowHistory answers when it is too late.
type slowHistory struct{ History }

func (slowHistory) Events(ctx context.Context, _ wire.EventQuery) (wire.Page[wire.Event], error) {
	<-ctx.Done()
	return wire.Page[wire.Event]{}, ctx.Err()
}

func TestAddressInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	w := newWorld(t, func(o *Options) { o.Address = listener.Addr().String() })
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another honeymoat") {
		t.Errorf("got %v", err)
	}
}

func TestClosedListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	w := newWorld(t, func(o *Options) { o.Listener = listener })
	if err := w.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

func TestOptionsThatLackSomething(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(*Options){
		"address": func(o *Options) { o.Address = "" }, "certificate": func(o *Options) { o.CertFile = "" },
		"tokens": func(o *Options) { o.Tokens = nil }, "status": func(o *Options) { o.Parts = nil },
		"history": func(o *Options) { o.History = nil }, "blocks": func(o *Options) { o.Operator = nil },
		"bus": func(o *Options) { o.Feed = nil }, "metrics": func(o *Options) { o.Gatherer = nil },
		"want at least": func(o *Options) { o.FailedPerMinute = -1 },
		"no such file":  func(o *Options) { o.KeyFile += ".gone" },
		"register": func(o *Options) {
			reg := prometheus.NewRegistry()
			if _, err := newMetrics(reg); err != nil {
				t.Error(err)
			}
			o.Registerer = reg
		},
	} {
		o := w.newOptions()
		spoil(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCertificateIsRenewed(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Dir(w.Server.options.CertFile)
	serial := func() string {
		cert, err := w.keyPair.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return cert.Leaf.SerialNumber.String()
	}
	first := serial()
	w.certificate(dir)
	later(t, w.Server.options.CertFile)
	if serial() != first {
		t.Error("the files were looked at again at once")
	}
	w.now.advance(recheck)
	second := serial()
	if second == first {
		t.Error("the new certificate is not used")
	}
	if err := os.WriteFile(w.Server.options.CertFile, []byte("half a cert"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.now.advance(recheck)
	if serial() != second || !strings.Contains(w.log.String(), "cannot be used") {
		t.Error("a broken certificate took the place of the good one, or nobody was told")
	}
	if err := os.Remove(w.Server.options.CertFile); err != nil {
		t.Fatal(err)
	}
	w.now.advance(recheck)
	if serial() != second {
		t.Error("a certificate that is away took the place of the good one")
	}
}

// later makes a file's time differ from before, whatever the file system's
// clock can tell apart.
func later(t *testing.T, file string) {
	t.Helper()
	at := time.Now().Add(time.Minute)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
}
