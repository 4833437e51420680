// Package haproxytest runs a real HAProxy for tests, configured as
// deploy/gateways/haproxy says but for places.
package haproxytest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/ports"
)

// Proxy is an HAProxy in front of an application that answers 200.
type Proxy struct {
	Places

	t     testing.TB
	cmd   *exec.Cmd
	ended chan struct{}
	out   bytes.Buffer // valid once it has ended

	mu  sync.Mutex
	got http.Header // what the application got last
}

// New configures a proxy and starts nothing but the application. agent is the
// address at which HAProxy asks; "" is one where nobody answers.
func New(t testing.TB, agent string) *Proxy {
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
	p := &Proxy{t: t}
	application := httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(application.Close)
	if agent == "" {
		agent = ports.Free(t)
	}
	p.Places = Places{
		Dir: dir, Listen: ports.Free(t), Application: strings.TrimPrefix(application.URL, "http://"), Agent: agent, Decoys: ports.Free(t), Log: ports.Free(t),
	}
	if err := p.Configure(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *Proxy) serve(_ http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = r.Header
}

// Got is a header of the last request that the application got.
func (p *Proxy) Got(header string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got.Get(header)
}

// EmptyMaps makes the files of all maps, where there is no keeper to do it.
func (p *Proxy) EmptyMaps() {
	p.t.Helper()
	config, err := os.ReadFile(p.File())
	if err == nil {
		err = os.Mkdir(p.Maps(), 0o700)
	}
	for _, file := range regexp.MustCompile(`[^( ]+\.map`).FindAllString(string(config), -1) {
		if err == nil {
			err = os.WriteFile(file, nil, 0o600)
		}
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// Start starts HAProxy and waits until it listens.
func (p *Proxy) Start() {
	p.t.Helper()
	p.cmd = exec.Command("haproxy", "-db", "-f", p.File())
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
	p.t.Cleanup(p.Kill)
	p.Until("HAProxy listens", func() error {
		select {
		case <-p.ended:
			p.t.Fatalf("HAProxy has ended\n%s", p.out.String())
		default:
		}
		if _, err := os.Stat(p.Runtime()); err != nil {
			return err // it comes last
		}
		conn, err := net.Dial("tcp", p.Listen)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

// Kill ends HAProxy, if it runs.
func (p *Proxy) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// Until asks until check is content.
func (p *Proxy) Until(what string, check func() error) {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			p.Kill()
			p.t.Fatalf("%s: %v\n%s", what, err, p.out.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Holds waits until a map has n entries.
func (p *Proxy) Holds(name string, n int) {
	p.t.Helper()
	p.Until(fmt.Sprintf("%s has %d entries", name, n), func() error {
		got, err := p.Entries(name)
		if err == nil && got != n {
			err = fmt.Errorf("it has %d", got)
		}
		return err
	})
}

// Question is a request to HAProxy. What is empty has a default, or is left out.
type Question struct{ Client, Path, Agent, Headers string }

// Answer is what came of it: status 0 is a connection that was closed.
type Answer struct {
	Status                 int
	Type, Body, RetryAfter string
}

// Ask sends a request.
func (p *Proxy) Ask(q Question) (Answer, error) {
	conn, err := net.Dial("tcp", p.Listen)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return Answer{}, err
	}
	if q.Path == "" {
		q.Path = "/"
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: shop\r\nUser-Agent: %s\r\nX-Client: %s\r\nX-Honeymoat-Flag: forged\r\nConnection: close\r\n%s\r\n",
		q.Path, q.Agent, q.Client, q.Headers); err != nil {
		return Answer{}, err
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return Answer{}, nil
	}
	defer func() { _ = r.Body.Close() }()
	var body bytes.Buffer
	_, err = body.ReadFrom(r.Body)
	return Answer{r.StatusCode, r.Header.Get("Content-Type"), body.String(), r.Header.Get("Retry-After")}, err
}

// Answers waits until HAProxy gives the answer. Its status is all that counts
// unless it has a type.
func (p *Proxy) Answers(q Question, want Answer) {
	p.t.Helper()
	p.Until(fmt.Sprintf("%+v is answered %+v", q, want), func() error {
		got, err := p.Ask(q)
		if err == nil && (got.Status != want.Status || want.Type != "" && got != want) {
			err = fmt.Errorf("got %+v", got)
		}
		return err
	})
}

// Passes waits until a request reaches the application.
func (p *Proxy) Passes(q Question) { p.t.Helper(); p.Answers(q, Answer{Status: http.StatusOK}) }

// Refuses waits until a request is refused as by default.
func (p *Proxy) Refuses(q Question) { p.t.Helper(); p.Answers(q, Answer{Status: http.StatusForbidden}) }
