package haproxy

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func from(client string) question { return question{client: client} }

func TestEveryActionBothWays(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)
	p.start()
	blocks := []block.Delta{
		delta(t, "192.0.2.1", 1, block.Deny, nil),
		delta(t, "192.0.2.2", 2, block.Deny, &block.Terms{Status: 451, Body: "{\"no\": \"%[src]é\",\n \"x\":1}"}),
		delta(t, "192.0.2.3", 3, block.Deny, &block.Terms{Status: 418, Body: "gone; \"away\""}),
		delta(t, "192.0.2.4", 4, block.Drop, nil),
		delta(t, "192.0.2.5", 5, block.Divert, nil),
		delta(t, "198.51.100.0/24", 6, block.Deny, nil),
		delta(t, "2001:db8::/64", 7, block.Deny, nil),
		delta(t, "user_agent:curl/8 (a; b) c=d", 8, block.Deny, nil),
		delta(t, "route:/login;x", 9, block.Deny, nil),
	}
	s.change(blocks...)
	decisions := map[question]answer{
		from("192.0.2.1"):     {status: 403},
		from("192.0.2.2"):     {451, "application/json", "{\"no\": \"%[src]é\",  \"x\":1}"},
		from("192.0.2.3"):     {403, "text/plain; charset=utf-8", "gone; \"away\""},
		from("192.0.2.4"):     {},
		from("192.0.2.5"):     {status: 503}, // there is no decoy responder
		from("198.51.100.77"): {status: 403},
		from("2001:db8::77"):  {status: 403},
		{client: "192.0.2.9", agent: "curl/8 (a; b) c=d"}: {status: 403},
		{client: "192.0.2.9", path: "/login;x?a=b"}:       {status: 403},
	}
	for q, want := range decisions {
		p.answers(q, want)
	}
	for _, q := range []question{from("192.0.2.9"), {client: "192.0.2.9", agent: "curl/8 (a; b) c=d "}, {client: "2001:db8:0:1::1", path: "/login"}} {
		if q.agent == "" { // spaces at the end of a header are none
			p.passes(q)
		}
	}
	for i := range blocks {
		blocks[i] = gone(blocks[i])
	}
	s.change(blocks...)
	for q := range decisions {
		p.passes(q)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)
	p.start()
	flag := func(want string) {
		t.Helper()
		p.until("the application is told "+want, func() error {
			a, err := p.ask(from("192.0.2.1"))
			if err == nil && (a.status != 200 || p.flag != want) {
				err = fmt.Errorf("got %q with %d", p.flag, a.status)
			}
			return err
		})
	}
	flag("")
	s.change(delta(t, "192.0.2.0/24", 0xabc, block.Flag, nil))
	flag("0000000000000abc")
	s.change(delta(t, "192.0.2.0/24", 0xabc, block.Flag, &block.Terms{Value: `very "odd"; indeed`}))
	flag(`very "odd"; indeed`)
	s.change(delta(t, "192.0.2.0/24", 0xabc, block.Deny, nil))
	p.refuses(from("192.0.2.1"))
	s.change(gone(delta(t, "192.0.2.0/24", 0xabc, block.Deny, nil)))
	flag("")
}

func TestStrongerActionsStand(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)
	p.start()
	s.change(
		delta(t, "192.0.2.0/24", 1, block.Deny, nil),
		delta(t, "192.0.2.1", 2, block.Flag, nil),
		delta(t, "192.0.2.2", 3, block.Divert, nil),
		delta(t, "192.0.2.7", 4, block.Allow, nil),
		delta(t, "user_agent:monitor/1", 5, block.Allow, nil),
		delta(t, "192.0.2.7", 6, block.Drop, nil),
	)
	p.refuses(from("192.0.2.1"))
	p.refuses(from("192.0.2.2"))
	p.passes(from("192.0.2.7"))
	p.passes(question{client: "192.0.2.1", agent: "monitor/1"})
	s.change(gone(delta(t, "192.0.2.7", 4, block.Allow, nil)))
	p.answers(from("192.0.2.7"), answer{})
}

func TestBlocksEndOnTime(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	stop := p.keep(s, nil)
	p.start()
	short := delta(t, "192.0.2.1", 1, block.Deny, nil)
	short.Left = 1500 * time.Millisecond
	s.change(short, delta(t, "192.0.2.2", 2, block.Deny, nil))
	p.refuses(from("192.0.2.1"))
	p.passes(from("192.0.2.1"))
	short.Target = target(t, "192.0.2.3")
	s.change(short)
	p.refuses(from("192.0.2.3"))
	stop() // from here on nobody takes anything away
	p.passes(from("192.0.2.3"))
	p.refuses(from("192.0.2.2"))
}

func TestRoutesMayBeClosedWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)
	p.start()
	p.passes(from("192.0.2.1"))
	p.answers(question{client: "192.0.2.1", path: "/admin/users"}, answer{status: 503})
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil))
	p.answers(question{client: "192.0.2.1", path: "/admin/users"}, answer{status: 403})
}

func TestRestartOfHAProxy(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	metrics := prometheus.NewRegistry()
	stop := p.keep(s, metrics)
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil)) // before HAProxy runs
	p.start()
	p.refuses(from("192.0.2.1"))
	p.until("files are written", func() error {
		data, err := os.ReadFile(folder(p.maps()).file("deny-address"))
		if err == nil && !strings.HasPrefix(string(data), "192.0.2.1 deny:0000000000000001:") {
			err = fmt.Errorf("the file holds %q", data)
		}
		return err
	})
	p.kill()
	p.start()
	if a, err := p.ask(from("192.0.2.1")); err != nil || a.status != 403 {
		t.Errorf("HAProxy starts without its blocks: %+v, %v", a, err)
	}
	p.kill()
	s.change(delta(t, "192.0.2.2", 2, block.Deny, nil), gone(delta(t, "192.0.2.1", 1, block.Deny, nil)))
	p.start()
	p.refuses(from("192.0.2.2"))
	p.passes(from("192.0.2.1"))
	stop()
	s.change(delta(t, "192.0.2.3", 3, block.Deny, nil), gone(delta(t, "192.0.2.2", 2, block.Deny, nil)))
	p.keep(s, nil) // the agent was restarted
	p.refuses(from("192.0.2.3"))
	p.passes(from("192.0.2.2"))
	if n, err := measured(metrics, "honeymoat_haproxy_failures_total"); n == 0 || err != nil {
		t.Errorf("%v failures, %v", n, err)
	}
}

func TestMapsThatOthersChangeAreMended(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)
	p.start()
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil))
	p.refuses(from("192.0.2.1"))
	api := runtime{p.socket()}
	for _, name := range []string{"deny-address", stateTable} {
		if err := api.do(t.Context(), "clear map "+folder(p.maps()).file(name)); err != nil {
			t.Fatal(err)
		}
	}
	p.refuses(from("192.0.2.1"))
	if err := api.do(t.Context(), "clear map "+folder(p.maps()).file("deny-address")); err != nil {
		t.Fatal(err)
	}
	s.change(delta(t, "192.0.2.1", 1, block.Deny, &block.Terms{Status: 404})) // there is nothing to set
	p.answers(from("192.0.2.1"), answer{status: 404})
}

func TestCountsAreChecked(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)()
	p.start()
	k, err := New(Options{Source: s, Socket: p.socket(), Dir: p.maps(), Now: clock, Time: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil))
	b, err := k.mirror.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k.tables.take(&b, k.end)
	k.tables.state("x-1")
	if err := k.fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.checks = countEvery - 1
	if err := k.check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := k.runtime.do(t.Context(), "add map "+k.folder.file("drop-path")+" a b"); err != nil {
		t.Fatal(err)
	}
	k.checks = countEvery - 1
	if err := k.check(t.Context()); err == nil || !strings.Contains(err.Error(), "map drop-path has 1 entries where 0 are due") {
		t.Error(err)
	}
}

func TestManyEntries(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	metrics := prometheus.NewRegistry()
	p.keep(s, metrics)
	p.start()
	const n = 20_000
	address := func(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) }
	deltas := make([]block.Delta, n)
	for i := range deltas {
		deltas[i] = delta(t, address(i), block.ID(i+1), block.Deny, nil)
	}
	s.change(deltas...)
	p.refuses(from(address(n - 1)))
	p.refuses(from(address(0)))
	api, file := runtime{p.socket()}, folder(p.maps()).file("deny-address")
	count := func(want int) {
		t.Helper()
		p.until(fmt.Sprintf("HAProxy holds %d", want), func() error {
			counts, err := api.counts(t.Context())
			if err == nil && counts[file] != want {
				err = fmt.Errorf("it holds %d", counts[file])
			}
			return err
		})
	}
	count(n)
	for i := range deltas {
		deltas[i] = gone(deltas[i])
	}
	s.change(deltas[:n/2]...)
	count(n / 2)
	p.passes(from(address(0)))
	p.refuses(from(address(n / 2)))
}

func TestExemptionsThatNoMapHolds(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)
	p.start()
	file := folder(p.maps()).file(stateTable)
	ask := func(want string) {
		t.Helper()
		p.until("ask is "+want, func() error {
			got, err := runtime{p.socket()}.value(t.Context(), file, askKey)
			if err == nil && got != want {
				err = fmt.Errorf("it is %q", got)
			}
			return err
		})
	}
	ask("0")
	exemption := delta(t, "192.0.2.1 & user_agent:x", 1, block.Allow, nil)
	s.change(exemption)
	ask("1")
	s.change(gone(exemption))
	ask("0")
}

func TestConfigurationWithoutMaps(t *testing.T) {
	t.Parallel()
	p, s := newProxy(t), newSource()
	p.keep(s, nil)()
	p.start()
	k, err := New(Options{Source: s, Socket: p.socket(), Dir: t.TempDir(), Now: clock, Time: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.fill(context.Background()); err == nil || !strings.Contains(err.Error(), "allow-address.map") {
		t.Error(err)
	}
}
