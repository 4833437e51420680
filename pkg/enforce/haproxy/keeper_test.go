package haproxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy/haproxytest"
)

func from(client string) haproxytest.Question { return haproxytest.Question{Client: client} }

// keep runs a keeper until the returned function is called.
func keep(t testing.TB, p *haproxytest.Proxy, s *source, metrics prometheus.Registerer) (stop func()) {
	t.Helper()
	k, err := New(Options{
		Source: s, Socket: p.Runtime(), Dir: p.Maps(), Now: clock, Time: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: metrics,
	})
	if err != nil {
		t.Fatal(err)
	}
	return runs(t, k)
}

// runs runs a keeper until the returned function is called.
func runs(t testing.TB, k *Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
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

func TestEveryActionBothWays(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	blocks := []block.Delta{
		delta(t, "192.0.2.1", 1, block.Deny, nil),
		delta(t, "192.0.2.2", 2, block.Deny, &block.Terms{Status: 451, Body: "{\"no\": \"%[src]é\",\n \"x\":1}"}),
		delta(t, "192.0.2.3", 3, block.Deny, &block.Terms{Status: 418, Body: "gone; \"away\""}),
		delta(t, "192.0.2.4", 4, block.Drop, nil),
		delta(t, "192.0.2.5", 5, block.Divert, nil),
		delta(t, "198.51.100.0/24", 6, block.Deny, nil),
		delta(t, "2001:db8::/64", 7, block.Deny, nil),
		delta(t, "user_agent:curl/8 (a; b) c=d", 8, block.Deny, nil),
		delta(t, "route:/log in", 9, block.Deny, nil),
	}
	s.change(blocks...)
	decisions := map[haproxytest.Question]haproxytest.Answer{
		from("192.0.2.1"):     {Status: 403},
		from("192.0.2.2"):     {Status: 451, Type: "application/json", Body: "{\"no\": \"%[src]é\",  \"x\":1}"},
		from("192.0.2.3"):     {Status: 403, Type: "text/plain; charset=utf-8", Body: "gone; \"away\""},
		from("192.0.2.4"):     {},
		from("192.0.2.5"):     {Status: 503}, // there is no decoy responder
		from("198.51.100.77"): {Status: 403},
		from("2001:db8::77"):  {Status: 403},
		{Client: "192.0.2.9", Agent: "curl/8 (a; b) c=d"}: {Status: 403},
		{Client: "192.0.2.9", Path: "/log%20in?a=b"}:      {Status: 403},
	}
	for q, want := range decisions {
		p.Answers(q, want)
	}
	for _, q := range []haproxytest.Question{from("192.0.2.9"), {Client: "192.0.2.9", Agent: "curl/8 (a; b) c=d "}, {Client: "2001:db8:0:1::1", Path: "/login"}} {
		if q.Agent == "" { // spaces at the end of a header are none
			p.Passes(q)
		}
	}
	for i := range blocks {
		blocks[i] = gone(blocks[i])
	}
	s.change(blocks...)
	for q := range decisions {
		p.Passes(q)
	}
}

func TestRoutesInAnySpelling(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	s.change(
		delta(t, "route:/", 1, block.Deny, nil),
		delta(t, "route:/a/", 2, block.Allow, nil),
		delta(t, "route:/a", 3, block.Deny, nil),
		delta(t, "route:/log in", 4, block.Deny, nil),
	)
	for _, path := range []string{"/log%20in/?a=b", "/log%20in%2f", "/log%20in;x=y;z/;?a", "/log%20in%3bx", "/;x/log%20in", "/?a", "/a", "/a;x", "/a;x/", "/a//"} {
		p.Refuses(haproxytest.Question{Client: "192.0.2.9", Path: path})
	}
	for _, path := range []string{"/a/", "/a/b;x/", "/b", "/log%20inx;y"} {
		p.Passes(haproxytest.Question{Client: "192.0.2.9", Path: path})
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	flag := func(want string) {
		t.Helper()
		p.Until("the application is told "+want, func() error {
			a, err := p.Ask(from("192.0.2.1"))
			if err == nil && (a.Status != 200 || p.Got("X-Honeymoat-Flag") != want) {
				err = fmt.Errorf("got %q with %d", p.Got("X-Honeymoat-Flag"), a.Status)
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
	p.Refuses(from("192.0.2.1"))
	s.change(gone(delta(t, "192.0.2.0/24", 0xabc, block.Deny, nil)))
	flag("")
}

func TestStrongerActionsStand(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	s.change(
		delta(t, "192.0.2.0/24", 1, block.Deny, nil),
		delta(t, "192.0.2.1", 2, block.Flag, nil),
		delta(t, "192.0.2.2", 3, block.Divert, nil),
		delta(t, "192.0.2.7", 4, block.Allow, nil),
		delta(t, "user_agent:monitor/1", 5, block.Allow, nil),
		delta(t, "192.0.2.7", 6, block.Drop, nil),
	)
	p.Refuses(from("192.0.2.1"))
	p.Refuses(from("192.0.2.2"))
	p.Passes(from("192.0.2.7"))
	p.Passes(haproxytest.Question{Client: "192.0.2.1", Agent: "monitor/1"})
	s.change(gone(delta(t, "192.0.2.7", 4, block.Allow, nil)))
	p.Answers(from("192.0.2.7"), haproxytest.Answer{})
}

func TestBlocksEndOnTime(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	stop := keep(t, p, s, nil)
	p.Start()
	s.change(delta(t, "192.0.2.2", 2, block.Deny, nil))
	p.Refuses(from("192.0.2.2")) // from here on HAProxy is told at once
	brief(t, p, s, "192.0.2.1")
	p.Passes(from("192.0.2.1"))
	brief(t, p, s, "192.0.2.3")
	stop() // from here on nobody takes anything away
	p.Passes(from("192.0.2.3"))
	p.Refuses(from("192.0.2.2"))
}

// A clock that was set ends no block too soon: HAProxy is told all ends anew.
func TestTheClockIsSet(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	var slow atomic.Int64 // so far is the clock behind
	slow.Store(int64(2 * time.Hour))
	k, err := New(Options{
		Source: s, Socket: p.Runtime(), Dir: p.Maps(), Now: clock, Log: slog.New(slog.DiscardHandler),
		Time: func() time.Time { return time.Now().Add(-time.Duration(slow.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	runs(t, k)
	p.Start()
	short, long := delta(t, "192.0.2.1", 1, block.Deny, nil), delta(t, "192.0.2.2", 2, block.Deny, nil)
	short.Left, long.Left = time.Hour, 10*time.Hour
	s.change(short)
	s.change(long)
	p.Refuses(from("192.0.2.2"))
	p.Passes(from("192.0.2.1")) // it is over by HAProxy's clock
	slow.Store(0)
	p.Refuses(from("192.0.2.1"))
	p.Refuses(from("192.0.2.2"))
}

// brief blocks a client for ever longer, until it is refused before the block
// ends: a busy machine may need longer than a short block lasts.
func brief(t *testing.T, p *haproxytest.Proxy, s *source, client string) {
	t.Helper()
	short := delta(t, client, 1, block.Deny, nil)
	for short.Left = 1500 * time.Millisecond; short.Left < 2*time.Minute; short.Left *= 2 {
		ends := time.Now().Add(short.Left)
		s.change(short)
		for time.Now().Before(ends) {
			if a, err := p.Ask(from(client)); err == nil && a.Status == http.StatusForbidden {
				return
			}
		}
	}
	t.Fatalf("no block on %s is seen before it ends", client)
}

func TestRoutesMayBeClosedWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	p.Passes(from("192.0.2.1"))
	p.Answers(haproxytest.Question{Client: "192.0.2.1", Path: "/admin/users"}, haproxytest.Answer{Status: 503})
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil))
	p.Answers(haproxytest.Question{Client: "192.0.2.1", Path: "/admin/users"}, haproxytest.Answer{Status: 403})
}

func TestRestartOfHAProxy(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	metrics := prometheus.NewRegistry()
	stop := keep(t, p, s, metrics)
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil)) // before HAProxy runs
	p.Start()
	p.Refuses(from("192.0.2.1"))
	p.Until("files are written", func() error {
		data, err := os.ReadFile(folder(p.Maps()).file("deny-address"))
		if err == nil && !strings.HasPrefix(string(data), "192.0.2.1 deny:0000000000000001:") {
			err = fmt.Errorf("the file holds %q", data)
		}
		return err
	})
	p.Kill()
	p.Start()
	if a, err := p.Ask(from("192.0.2.1")); err != nil || a.Status != 403 {
		t.Errorf("HAProxy starts without its blocks: %+v, %v", a, err)
	}
	p.Kill()
	s.change(delta(t, "192.0.2.2", 2, block.Deny, nil), gone(delta(t, "192.0.2.1", 1, block.Deny, nil)))
	p.Start()
	p.Refuses(from("192.0.2.2"))
	p.Passes(from("192.0.2.1"))
	stop()
	s.change(delta(t, "192.0.2.3", 3, block.Deny, nil), gone(delta(t, "192.0.2.2", 2, block.Deny, nil)))
	keep(t, p, s, nil) // the agent was restarted
	p.Refuses(from("192.0.2.3"))
	p.Passes(from("192.0.2.2"))
	if n, err := measured(metrics, "honeymoat_haproxy_failures_total"); n == 0 || err != nil {
		t.Errorf("%v failures, %v", n, err)
	}
}

func TestMapsThatOthersChangeAreMended(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	s.change(delta(t, "192.0.2.1", 1, block.Deny, nil))
	p.Refuses(from("192.0.2.1"))
	api := runtime{p.Runtime()}
	for _, name := range []string{"deny-address", stateTable} {
		if err := api.do(t.Context(), "clear map "+folder(p.Maps()).file(name)); err != nil {
			t.Fatal(err)
		}
	}
	p.Refuses(from("192.0.2.1"))
	if err := api.do(t.Context(), "clear map "+folder(p.Maps()).file("deny-address")); err != nil {
		t.Fatal(err)
	}
	s.change(delta(t, "192.0.2.1", 1, block.Deny, &block.Terms{Status: 404})) // there is nothing to set
	p.Answers(from("192.0.2.1"), haproxytest.Answer{Status: 404})
}

func TestCountsAreChecked(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)()
	p.Start()
	k, err := New(Options{Source: s, Socket: p.Runtime(), Dir: p.Maps(), Now: clock, Time: time.Now})
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
	p, s := haproxytest.New(t, ""), newSource()
	metrics := prometheus.NewRegistry()
	keep(t, p, s, metrics)
	p.Start()
	const n = 20_000
	address := func(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) }
	deltas := make([]block.Delta, n)
	for i := range deltas {
		deltas[i] = delta(t, address(i), block.ID(i+1), block.Deny, nil)
	}
	s.change(deltas...)
	p.Refuses(from(address(n - 1)))
	p.Refuses(from(address(0)))
	api, file := runtime{p.Runtime()}, folder(p.Maps()).file("deny-address")
	count := func(want int) {
		t.Helper()
		p.Until(fmt.Sprintf("HAProxy holds %d", want), func() error {
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
	p.Passes(from(address(0)))
	p.Refuses(from(address(n / 2)))
}

func TestExemptionsThatNoMapHolds(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)
	p.Start()
	file := folder(p.Maps()).file(stateTable)
	ask := func(want string) {
		t.Helper()
		p.Until("ask is "+want, func() error {
			got, err := runtime{p.Runtime()}.value(t.Context(), file, askKey)
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

// HAProxy finds a client of IPv4 in a prefix of IPv6 that holds mapped ones.
func TestPrefixesOfIPv6HoldNobodyOfIPv4(t *testing.T) {
	f := func(target string, want bool) {
		t.Helper()
		if got := Holds(delta(t, target, 1, block.Deny, nil).Target, block.Deny); got != want {
			t.Errorf("%s: %v", target, got)
		}
	}
	f("::ffff:0:0/95", false)
	f("::/64", false)
	f("2001:db8::/32", true)
	f("192.0.2.0/24", true)
}

func TestConfigurationWithoutMaps(t *testing.T) {
	t.Parallel()
	p, s := haproxytest.New(t, ""), newSource()
	keep(t, p, s, nil)()
	p.Start()
	k, err := New(Options{Source: s, Socket: p.Runtime(), Dir: t.TempDir(), Now: clock, Time: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.fill(context.Background()); err == nil || !strings.Contains(err.Error(), "allow-address.map") {
		t.Error(err)
	}
}
