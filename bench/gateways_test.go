package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/extauthz"
	"github.com/honeymoat/honeymoat/pkg/enforce/middleware"
)

// TestLoadAsksHTTP: kept connections, and those that the server closes now and
// then, until the time is over.
func TestLoadAsksHTTP(t *testing.T) {
	served, clients := make(chan string, 1<<20), map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case served <- r.Header.Get(clientHeaders[0]):
		default:
		}
		if len(served)%100 == 0 {
			w.Header().Set("Connection", "close")
		}
		_, _ = io.WriteString(w, welcome)
	}))
	defer server.Close()
	o := order{Kind: kindHTTP, Address: strings.TrimPrefix(server.URL, "http://"), Connections: 3, For: 50 * time.Millisecond}
	o, a := carriedOut(t, o, func() { drain(served) })
	if a.Took < o.For || a.P50 <= 0 || a.P99 < a.P50 {
		t.Fatalf("%+v", a)
	}
	n := len(served)
	if n != a.Requests+o.Connections*warmUp {
		t.Errorf("%d requests were counted, %d served", a.Requests, n)
	}
	for range n {
		clients[<-served] = true
	}
	// No connection asks as one client twice before it has been all of them.
	if len(clients) < min(n/o.Connections, passingClients) {
		t.Errorf("only %d clients of %d requests", len(clients), n)
	}
}

// carriedOut carries out an order for ever longer, until something was asked: a
// busy machine may let a short while pass before it asks.
func carriedOut(t *testing.T, o order, begin func()) (order, answered) {
	t.Helper()
	for ; o.For < time.Minute; o.For *= 2 {
		begin()
		a, err := o.carryOut(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", o.Kind, err)
		}
		if a.Requests > 0 {
			return o, a
		}
	}
	t.Fatalf("%s: nothing was asked", o.Kind)
	return o, answered{}
}

func drain(served <-chan string) {
	for range len(served) {
		<-served
	}
}

// TestLoadTakesNoOtherAnswer: an answer that does not come from behind the
// gateway is a mistake, not a fast gateway.
func TestLoadTakesNoOtherAnswer(t *testing.T) {
	f := func(answer, want string) {
		t.Helper()
		_, err := readAnswer(bufio.NewReader(strings.NewReader(answer)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", answer, err, want)
		}
	}
	f("HTTP/1.1 403 Forbidden\r\n\r\n", "403")
	f("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "EOF")
	f("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nsomething that is no", "something")
	f("HTTP/1.1 200 OK\r\n", "EOF")
	if _, err := (order{Kind: "carrier pigeon"}).carryOut(t.Context()); err == nil {
		t.Error("a kind that does not exist was taken")
	}
}

// decider refuses one client.
type decider struct{ client string }

func (d decider) Decide(r *block.Request) (v block.Verdict) {
	if r.Client.String() == d.client {
		v.Refused, v.Decision = true, block.Decision{ID: 1, Action: block.Deny, Found: true}
	}
	return v
}

// TestLoadAsksGRPC as Envoy does, and whether the server is well; a refusal is
// an error.
func TestLoadAsksGRPC(t *testing.T) {
	address := serveEnvoy(t, decider{"192.0.2.1"})
	for _, kind := range []string{kindEnvoy, kindHealth} {
		carriedOut(t, order{Kind: kind, Address: address, Connections: 2, For: 20 * time.Millisecond}, func() {})
	}
	o := order{Kind: kindEnvoy, Address: serveEnvoy(t, decider{passingClient(1).String()}), Connections: 1, For: time.Second}
	if _, err := o.carryOut(t.Context()); err == nil {
		t.Error("a refusal was taken for an answer")
	}
}

func serveEnvoy(t *testing.T, d block.Decider) (address string) {
	t.Helper()
	h, err := extauthz.New(extauthz.Options{Decider: d})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	end := background(context.Background(), func(ctx context.Context) error {
		return extauthz.Serve(ctx, l, h, slog.New(slog.DiscardHandler))
	})
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// TestCostIsThatOfTheSameRound: a machine that gets slower makes nothing
// dearer.
func TestCostIsThatOfTheSameRound(t *testing.T) {
	at := func(slow int, requests int, p50, cpu time.Duration) round {
		s := time.Duration(slow)
		return round{alone: answered{P50: p50 * s}, crowd: answered{Requests: requests / slow, Took: time.Second}, cpu: cpu * s}
	}
	var bare, way []round
	for slow := 1; slow <= 5; slow++ {
		bare = append(bare, at(slow, 12_000, 50*time.Microsecond, 10*time.Microsecond))
		way = append(way, at(slow, 9_000, 60*time.Microsecond, 15*time.Microsecond))
	}
	e := summary(way, bare)
	if e.Rate != 3_000 || e.P50 != 180 || e.CPU != 45 {
		t.Errorf("%+v", e)
	}
	if c := e.Cost; math.Abs(c.Percent-25) > 0.1 || c.Micros != 30 || c.CPU != 15 {
		t.Errorf("%+v", *c)
	}
}

func TestClientsThatPassAreNotBlocked(t *testing.T) {
	blocked := map[string]bool{}
	for i := range held[len(held)-1] {
		blocked[blockedClient(i)] = true
	}
	if len(blocked) != held[len(held)-1] {
		t.Errorf("%d clients are blocked, want %d", len(blocked), held[len(held)-1])
	}
	for i := range passingClients {
		if blocked[passingClient(i).String()] {
			t.Errorf("%s is blocked", passingClient(i))
		}
	}
}

func TestContendersHaveNamesOfTheirOwn(t *testing.T) {
	c := contender{gateway: haproxyName, way: "maps and SPOE", blocks: 10}
	if got := c.name(); got != "haproxy-maps-and-spoe-10" {
		t.Error(got)
	}
	c.gateway, c.way = envoyName, "ext_authz"
	if got := c.name(); !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(got) {
		t.Error(got)
	}
}

func TestMiddlewareIsTimedOnRequestsThatPass(t *testing.T) {
	g := func(refused string) *middleware.Guard {
		guard, err := middleware.New(middleware.Options{Decider: decider{refused}})
		if err != nil {
			t.Fatal(err)
		}
		return guard
	}
	cpu, c, err := timeGuard(g(blockedClient(9)), 10, 50_000)
	if err != nil || cpu <= 0 || c.CPU > cpu {
		t.Errorf("%v, %+v, %v", cpu, c, err)
	}
	if _, _, err := timeGuard(g("192.0.2.1"), 10, 1_000); err == nil {
		t.Error("a guard that refuses nobody was taken")
	}
	if _, _, err := timeGuard(g(passingClient(3).String()), 0, 1_000); err == nil {
		t.Error("a guard that refuses those who have to pass was taken")
	}
}
