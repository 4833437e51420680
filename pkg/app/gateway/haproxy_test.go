package gateway

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy/haproxytest"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// besideHAProxy is a configuration of an agent for a proxy.
func besideHAProxy(t testing.TB, dir string, p *haproxytest.Proxy) config.Agent {
	t.Helper()
	more := fmt.Sprintf("gateways: {haproxy: {runtime: 'unix:%s', maps: %s, listen: '%s'}}\n", p.Runtime(), p.Maps(), p.Agent)
	decoys := strings.ReplaceAll(withResponder(dir), "responder: {listen: '127.0.0.1:0'}", "responder: {listen: '"+p.Decoys+"'}")
	return configure(t, dir, decoys+more)
}

func visitor(client string) haproxytest.Question { return haproxytest.Question{Client: client} }

// with is a request with headers.
func with(client, path, headers string) haproxytest.Question {
	return haproxytest.Question{Client: client, Path: path, Headers: headers + "\r\n"}
}

func TestHAProxyEveryActionByEachWay(t *testing.T) {
	dir, service, p := shortDir(t), agenttest.New(), haproxytest.New(t, "")
	r := start(t, service, dir, besideHAProxy(t, dir, p))
	p.Start()
	terms := &block.Terms{Status: 451, Body: "see `{\"legal\": true}`"}
	for _, way := range []struct{ name, criteria, headers string }{
		{"maps", "", "X-None: 0"},
		{"SPOE", " & key:s3cret", "X-Api-Key: s3cret"},
	} {
		target := func(n int) string { return fmt.Sprintf("192.0.2.%d%s", n, way.criteria) }
		r.put(target(1), block.Deny, nil)
		r.put(target(2), block.Deny, terms)
		r.put(target(3), block.Drop, nil)
		r.put(target(4), block.Flag, &block.Terms{Value: "very; much"})
		r.put(target(5), block.Divert, nil)
		r.put(target(6), block.Throttle, &block.Terms{Rate: 0.001, Burst: 2}) // by SPOE either way
		ask := func(n int, path string) haproxytest.Question {
			return with(fmt.Sprintf("192.0.2.%d", n), path, way.headers)
		}
		if way.criteria == "" {
			p.Holds("flag-address", 1)
		}
		p.Refuses(ask(1, "/"))
		p.Answers(ask(2, "/"), haproxytest.Answer{Status: 451, Type: "text/plain; charset=utf-8", Body: terms.Body})
		p.Answers(ask(3, "/"), haproxytest.Answer{})
		p.Until(way.name+": the application is told of the flag", func() error {
			if _, err := p.Ask(ask(4, "/")); err != nil || p.Got("X-Honeymoat-Flag") != "very; much" {
				return fmt.Errorf("flagged %q, %w", p.Got("X-Honeymoat-Flag"), err)
			}
			return nil
		})
		p.Answers(ask(5, "/"), haproxytest.Answer{Status: 404})
		p.Answers(ask(6, "/"), haproxytest.Answer{Status: 429})
		if a, err := p.Ask(ask(6, "/")); err != nil || a.RetryAfter == "" {
			t.Errorf("%s: %+v, %v", way.name, a, err)
		}
		for n := range 6 {
			r.service.Change(block.All, block.Delta{Target: r.service.Target(block.All, target(n+1)), Removed: true})
		}
		for n := range 6 {
			p.Passes(ask(n+1, "/"))
		}
	}
}

func TestHAProxyExemptions(t *testing.T) {
	dir, service, p := shortDir(t), agenttest.New(), haproxytest.New(t, "")
	r := start(t, service, dir, besideHAProxy(t, dir, p))
	p.Start()
	r.put("192.0.2.0/24", block.Deny, nil)
	r.put("192.0.2.7", block.Allow, nil)
	p.Holds("allow-address", 1)
	p.Refuses(visitor("192.0.2.1"))
	p.Passes(visitor("192.0.2.7"))
	friend := with("192.0.2.1", "/", "X-Api-Key: friend")
	p.Holds("deny-address", 1)
	p.Refuses(friend)
	r.put("key:friend", block.Allow, nil) // which no map can hold
	p.Passes(friend)
	p.Refuses(with("192.0.2.1", "/", "X-Api-Key: another"))
	p.Refuses(visitor("192.0.2.1"))
}

// What the agent's own configuration allows, HAProxy's maps allow.
func TestHAProxyAllowsWhatTheAgentDoes(t *testing.T) {
	dir, service, p := shortDir(t), agenttest.New(), haproxytest.New(t, "")
	c := besideHAProxy(t, dir, p)
	c.Allow = configure(t, dir, "allow: [192.0.2.7, 'key:friend']").Allow
	r := start(t, service, dir, c)
	p.Start()
	r.put("192.0.2.0/24", block.Deny, nil)
	p.Holds("deny-address", 1)
	p.Holds("allow-address", 1)
	p.Refuses(visitor("192.0.2.1"))
	p.Passes(visitor("192.0.2.7"))
	p.Passes(with("192.0.2.1", "/", "X-Api-Key: friend"))
	c.Allow = nil
	if _, err := r.Reload(c); err != nil {
		t.Fatal(err)
	}
	p.Holds("allow-address", 0)
	p.Refuses(visitor("192.0.2.7"))
}

func TestHAProxyDecoysAndMarks(t *testing.T) {
	dir, service, p := shortDir(t), agenttest.New(), haproxytest.New(t, "")
	log := collect(t, p.Log)
	r := start(t, service, dir, besideHAProxy(t, dir, p))
	p.Start()
	id := r.put("192.0.2.1", block.Deny, nil)
	key := r.put("key:s3cret", block.Drop, nil)
	p.Refuses(with("192.0.2.1", "/denied?x=%22y", "Referer: \"odd\""))
	p.Answers(with("192.0.2.2", "/dropped", "X-Api-Key: s3cret"), haproxytest.Answer{})
	p.Answers(haproxytest.Question{Client: "192.0.2.3", Path: "/.env", Agent: "probe/1"}, haproxytest.Answer{Status: 200, Type: "text/plain", Body: "KEY=1\n"})
	p.Refuses(visitor("192.0.2.3")) // from its next request on, at once
	p.Passes(haproxytest.Question{Client: "2001:db8::1", Path: "/passes"})
	await(t, "the touch", func() bool { return len(service.Touches()) == 1 })
	touch := service.Touches()[0]

	f := func(path, client, decision string, status int64) {
		t.Helper()
		b := log.find(path)
		mark := strings.TrimSpace(string(b.Text(event.DecisionAction, 0)) + " " + string(b.Text(event.DecisionID, 0)))
		if mark != decision || b.Addr(event.ClientAddress, 0).String() != client || b.Number(event.Status, 0) != status || string(b.Text(event.Host, 0)) != "shop" {
			t.Errorf("%s: logged %q for %s with %d at %q", path, mark, b.Addr(event.ClientAddress, 0), b.Number(event.Status, 0), b.Text(event.Host, 0))
		}
	}
	f("/denied", "192.0.2.1", "deny "+id.String(), 403)
	f("/dropped", "192.0.2.2", "drop "+key.String(), event.Unknown)
	f("/passes", "2001:db8::1", "", 200)
	bait := log.find("/.env")
	if !strings.HasPrefix(string(bait.Text(event.DecisionAction, 0)), "divert") || string(bait.Text(event.UserAgent, 0)) != "probe/1" {
		t.Errorf("the touch is logged as %s by %s", bait.Text(event.DecisionAction, 0), bait.Text(event.UserAgent, 0))
	}
	if got := string(bait.Text(event.RequestID, 0)); got == "" || got != touch.Sighting.RequestID {
		t.Errorf("the touch of %q is logged as %q", touch.Sighting.RequestID, got)
	}
}

func TestHAProxyWithoutItsAgent(t *testing.T) {
	dir, service, p := shortDir(t), agenttest.New(), haproxytest.New(t, "")
	c := besideHAProxy(t, dir, p)
	r := start(t, service, dir, c)
	p.Start()
	r.put("192.0.2.1", block.Deny, nil)
	r.put("key:s3cret", block.Deny, nil)
	key, admin := with("192.0.2.2", "/", "X-Api-Key: s3cret"), haproxytest.Question{Client: "192.0.2.2", Path: "/admin/"}
	p.Refuses(visitor("192.0.2.1"))
	p.Refuses(key)
	p.Passes(admin)
	p.Holds("deny-address", 1)
	r.stop()
	p.Passes(key)
	p.Answers(admin, haproxytest.Answer{Status: 503})
	p.Refuses(visitor("192.0.2.1")) // by the maps
	p.Kill()
	p.Start()
	p.Refuses(visitor("192.0.2.1")) // by the files
	service.Cut()
	startAway(t, service, c) // from its state on disk
	p.Refuses(key)
	p.Passes(admin)
}

// startAway starts an agent whose service is away.
func startAway(t testing.TB, service *agenttest.Service, c config.Agent) {
	t.Helper()
	g, err := New(t.Context(), Options{Config: c, Credential: credential, Software: "test", Link: service, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// collected are the lines that HAProxy logs.
type collected struct {
	t     testing.TB
	lines chan []byte
	seen  [][]byte
}

// collect takes HAProxy's log at an address until the test ends.
func collect(t testing.TB, address string) *collected {
	t.Helper()
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := &collected{t: t, lines: make(chan []byte, 10_000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			packet := make([]byte, 16<<10)
			n, _, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			c.lines <- bytes.TrimRight(packet[:n], "\n")
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return c
}

// find waits for the last line about a path, and reads it as the documented
// agent does.
func (c *collected) find(path string) *event.Batch {
	c.t.Helper()
	documented, err := config.ReadAgent("../../../deploy/gateways/haproxy/agent.yaml")
	if err != nil {
		c.t.Fatal(err)
	}
	format, err := accesslog.Lookup(documented.Sources[0].Format)
	if err != nil {
		c.t.Fatal(err)
	}
	parser, err := format.New(accesslog.Options{Pattern: documented.Sources[0].Pattern})
	if err != nil {
		c.t.Fatal(err)
	}
	for timeout := time.After(time.Minute); ; {
		for _, line := range c.seen {
			b := new(event.Batch)
			if parser.Parse(line, b) == accesslog.Parsed && string(b.Text(event.Path, 0)) == path {
				return b
			}
		}
		select {
		case line := <-c.lines:
			c.seen = append([][]byte{line}, c.seen...)
		case <-timeout:
			c.t.Fatalf("nothing logged about %s: %q", path, c.seen)
		}
	}
}
