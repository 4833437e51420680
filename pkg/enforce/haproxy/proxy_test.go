package haproxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const deployed = "../../../deploy/gateways/haproxy/"

// proxy is a real HAProxy, configured as deploy/gateways/haproxy says but for
// places, in front of an application. Nobody answers its questions.
type proxy struct {
	t       testing.TB
	dir     string
	address string
	cmd     *exec.Cmd
	ended   chan struct{}
	flag    string // what the application got last
	out     bytes.Buffer
}

func newProxy(t testing.TB) *proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "hap") // short, for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	p := &proxy{t: t, dir: dir, address: free(t)}
	application := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { p.flag = r.Header.Get("X-Honeymoat-Flag") }))
	t.Cleanup(application.Close)
	config, err := os.ReadFile(deployed + "haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	spoe, err := filepath.Abs(deployed + "honeymoat-spoe.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(config)
	for old, place := range map[string]string{
		"/etc/haproxy/honeymoat/":          p.maps() + "/",
		"/etc/haproxy/honeymoat-spoe.conf": spoe,
		"/run/haproxy/honeymoat.sock":      p.socket(),
		"bind :8080":                       "bind " + p.address,
		"127.0.0.1:8000":                   strings.TrimPrefix(application.URL, "http://"),
		"127.0.0.1:4443":                   free(t),
		"127.0.0.1:4442":                   free(t),
		"127.0.0.1:5514":                   free(t),
		"# http-request set-src req.hdr(x-forwarded-for,-1) if { src 10.0.0.0/8 }": "http-request set-src req.hdr(x-client)",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("haproxy.cfg no longer holds %q", old)
		}
		text = strings.ReplaceAll(text, old, place)
	}
	if err := os.WriteFile(filepath.Join(dir, "haproxy.cfg"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (p *proxy) maps() string   { return filepath.Join(p.dir, "maps") }
func (p *proxy) socket() string { return filepath.Join(p.dir, "run.sock") }

func (p *proxy) start() {
	p.t.Helper()
	p.cmd = exec.Command("haproxy", "-db", "-f", filepath.Join(p.dir, "haproxy.cfg"))
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(p.cmd, p.ended)
	p.t.Cleanup(p.kill)
	p.until("HAProxy listens", func() error {
		select {
		case <-p.ended:
			p.t.Fatalf("HAProxy has ended\n%s", p.out.String())
		default:
		}
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

func (p *proxy) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// until asks until check is content.
func (p *proxy) until(what string, check func() error) {
	p.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			p.kill()
			p.t.Fatalf("%s: %v\n%s", what, err, p.out.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// question is a request to HAProxy; what is empty has a default.
type question struct{ client, path, agent string }

// answer is what came of it: a status, 0 for none.
type answer struct {
	status     int
	kind, body string
}

func (p *proxy) ask(q question) (answer, error) {
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return answer{}, err
	}
	if q.path == "" {
		q.path = "/"
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: shop\r\nUser-Agent: %s\r\nX-Client: %s\r\nX-Honeymoat-Flag: forged\r\nConnection: close\r\n\r\n", q.path, q.agent, q.client); err != nil {
		return answer{}, err
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer{}, nil
	}
	defer func() { _ = r.Body.Close() }()
	var body bytes.Buffer
	_, err = body.ReadFrom(r.Body)
	return answer{r.StatusCode, r.Header.Get("Content-Type"), body.String()}, err
}

// answers waits until HAProxy gives the answer.
func (p *proxy) answers(q question, want answer) {
	p.t.Helper()
	p.until(fmt.Sprintf("%+v is answered %+v", q, want), func() error {
		got, err := p.ask(q)
		if err == nil && (got.status != want.status || want.kind != "" && got != want) {
			err = fmt.Errorf("got %+v", got)
		}
		return err
	})
}

func (p *proxy) passes(q question)  { p.t.Helper(); p.answers(q, answer{status: 200}) }
func (p *proxy) refuses(q question) { p.t.Helper(); p.answers(q, answer{status: 403}) }

// keep runs a keeper until the returned function is called.
func (p *proxy) keep(s *source, metrics prometheus.Registerer) (stop func()) {
	p.t.Helper()
	k, err := New(Options{
		Source: s, Socket: p.socket(), Dir: p.maps(), Now: clock, Time: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: metrics,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Errorf("run: %v", err)
		}
	})
	p.t.Cleanup(stop)
	return stop
}

// measured is the value of a metric.
func measured(r *prometheus.Registry, name string) (float64, error) {
	families, err := r.Gather()
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount()), err
		}
	}
	return 0, errors.Join(err, fmt.Errorf("no metric %s", name))
}
