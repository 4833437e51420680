package spoa

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy/haproxytest"
)

// serveTCP is serve on loopback, at an address that may be one of before.
func serveTCP(t testing.TB, h *Handler, address string) (stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func verdicts() map[string]block.Verdict {
	throttled := block.Verdict{Refused: true, Decision: block.Decision{ID: 5, Action: block.Throttle}, RetryAfter: 1100 * time.Millisecond}
	return map[string]block.Verdict{
		"192.0.2.1":   deny(1, nil),
		"192.0.2.2":   deny(2, &block.Terms{Status: 451, Body: "{\"no\":\n\"é %[src]\"}"}),
		"192.0.2.3":   {Refused: true, Decision: block.Decision{ID: 3, Action: block.Drop}},
		"192.0.2.4":   {Refused: true, Decision: block.Decision{ID: 4, Action: block.Divert}},
		"192.0.2.5":   throttled,
		"192.0.2.6":   {Decision: block.Decision{Flag: block.Mark{ID: 6}}},
		"192.0.2.7":   {Decision: block.Decision{Flag: block.Mark{ID: 7, Terms: &block.Terms{Header: "x-suspect", Value: "very"}}}},
		"2001:db8::1": deny(8, &block.Terms{Status: 418}),
	}
}

func TestHAProxyDoesWhatItIsTold(t *testing.T) {
	t.Parallel()
	d := &decider{verdicts: verdicts()}
	p := haproxytest.New(t, "")
	serveTCP(t, newHandler(t, Options{Decider: d}), p.Agent)
	p.EmptyMaps()
	p.Start()
	f := func(client string, want haproxytest.Answer) {
		t.Helper()
		p.Answers(haproxytest.Question{Client: client}, want)
	}
	f("192.0.2.1", haproxytest.Answer{Status: 403})
	f("192.0.2.2", haproxytest.Answer{Status: 451, Type: "application/json", Body: `{"no": "é %[src]"}`})
	f("192.0.2.3", haproxytest.Answer{})
	f("192.0.2.4", haproxytest.Answer{Status: 503}) // there is no decoy responder
	if a, err := p.Ask(haproxytest.Question{Client: "192.0.2.5"}); err != nil || a != (haproxytest.Answer{Status: 429, RetryAfter: "2"}) {
		t.Errorf("throttled: %+v, %v", a, err)
	}
	f("192.0.2.6", haproxytest.Answer{Status: 200})
	if got := p.Got("X-Honeymoat-Flag"); got != "0000000000000006" {
		t.Errorf("flagged %q", got)
	}
	f("192.0.2.7", haproxytest.Answer{Status: 200})
	if got := p.Got("X-Suspect"); got != "very" {
		t.Errorf("flagged %q", got)
	}
	f("2001:db8::1", haproxytest.Answer{Status: 403})
	f("192.0.2.9", haproxytest.Answer{Status: 200})
	if got := p.Got("X-Honeymoat-Flag"); got != "" {
		t.Errorf("a client flags itself %q", got)
	}
}

func TestHAProxyTells(t *testing.T) {
	t.Parallel()
	d := &decider{}
	identify := func(q *block.Request, uri string, header func(string) string) {
		q.Key, q.User = header("X-Api-Key"), uri
	}
	p := haproxytest.New(t, "")
	serveTCP(t, newHandler(t, Options{Decider: d, Identify: identify}), p.Agent)
	p.EmptyMaps()
	p.Start()
	uri := "/a%00//b?c=d&" + strings.Repeat("e", 6<<10)
	long := strings.Repeat("x", 6<<10)
	p.Passes(haproxytest.Question{Client: "2001:db8::7", Path: uri, Agent: "probe/1 (" + long + ")", Headers: "X-Api-Key: k\r\n"})
	got := d.last()
	if got.RequestID == "" {
		t.Error("the request has no name")
	}
	got.RequestID = ""
	want := block.Request{Client: got.Client, Method: "GET", Host: "shop", Path: "/a%00//b", UserAgent: "probe/1 (" + long + ")", Key: "k", User: uri}
	if got != want || got.Client.String() != "2001:db8::7" {
		t.Errorf("%+v", got)
	}
}

// The largest requests that HAProxy takes are asked about: nobody passes by
// being too large to ask about.
func TestLargeRequestsDoNotPassUnasked(t *testing.T) {
	t.Parallel()
	p := haproxytest.New(t, "")
	serveTCP(t, newHandler(t, Options{Decider: &decider{verdicts: verdicts()}}), p.Agent)
	p.EmptyMaps()
	p.Start()
	p.Refuses(haproxytest.Question{Client: "192.0.2.1"})
	for size := 100; size < 15<<10; size += 1000 {
		for _, q := range []haproxytest.Question{
			{Client: "192.0.2.1", Path: "/" + strings.Repeat("x", size)},
			{Client: "192.0.2.1", Agent: strings.Repeat("x", size)},
			{Client: "192.0.2.1", Headers: strings.Repeat("a:b\r\n", min(90, size)) + "X: " + strings.Repeat("x", size-99) + "\r\n"},
		} {
			if a, err := p.Ask(q); err != nil || a.Status == 200 {
				t.Fatalf("%d bytes: %+v, %v", size, a, err)
			}
		}
	}
}

func TestHAProxyWithoutAnAgent(t *testing.T) {
	t.Parallel()
	h := newHandler(t, Options{Decider: &decider{verdicts: verdicts()}})
	p := haproxytest.New(t, "")
	stop := serveTCP(t, h, p.Agent)
	p.EmptyMaps()
	p.Start()
	admin := haproxytest.Question{Client: "192.0.2.9", Path: "/admin/users"}
	p.Refuses(haproxytest.Question{Client: "192.0.2.1"})
	p.Passes(admin)
	stop()
	p.Passes(haproxytest.Question{Client: "192.0.2.1"}) // open
	p.Answers(admin, haproxytest.Answer{Status: 503})   // closed
	serveTCP(t, h, p.Agent)
	p.Refuses(haproxytest.Question{Client: "192.0.2.1"})
	p.Passes(admin)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	p := haproxytest.New(t, "")
	serveTCP(t, newHandler(t, Options{Decider: &decider{verdicts: verdicts()}}), p.Agent)
	p.EmptyMaps()
	p.Start()
	p.Refuses(haproxytest.Question{Client: "192.0.2.1"})
	var all sync.WaitGroup
	wrong := make(chan string, 100)
	for i := range 20 {
		all.Go(func() {
			for n := range 20 {
				client, want := fmt.Sprintf("198.51.100.%d", n), 200
				if (i+n)%2 == 0 {
					client, want = "192.0.2.1", 403
				}
				if a, err := p.Ask(haproxytest.Question{Client: client}); err != nil || a.Status != want {
					wrong <- fmt.Sprintf("%s: %+v, %v", client, a, err)
					return
				}
			}
		})
	}
	all.Wait()
	close(wrong)
	for w := range wrong {
		t.Error(w)
	}
}
