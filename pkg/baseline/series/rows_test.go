package series

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestLargestRecords(t *testing.T) {
	g := closed(t, nil,
		line{client: "192.0.2.1", user: "alice", route: "/export", path: "/export", host: "shop.example", out: 100, in: 7, agent: "curl"},
		line{at: second, client: "192.0.2.2", route: "/export", path: "/export\x01", out: 9000, in: 1},
		line{at: 2 * second, client: "192.0.2.1", user: "alice", route: "/export", path: "/export?all", out: 9000, in: 500, status: 201},
		line{at: 3 * second, client: "192.0.2.3", route: "/small", out: 1},
	)
	m := g.of(t, 0)
	for _, name := range []string{"route GET /export", "whole all traffic"} {
		one := m.row(t, name).Largest
		if one.Bytes != 9000 || one.Actor() != finding.ActorOf(batchOf("x", line{client: "192.0.2.2"}).Addr(event.ClientAddress, 0)) || one.Sighting.Line != 2 || one.Time != at(second) {
			t.Errorf("%s: the largest is %+v", name, one)
		}
	}
	if path := m.row(t, "route GET /export").Largest.Sighting.Path; path != "/export\uFFFD" {
		t.Errorf("the path is %q", path)
	}
	one := m.row(t, "route GET /export").LargestRequest
	if one.Bytes != 500 || one.Actor() != (finding.Actor{Kind: finding.User, Value: "alice"}) || one.Sighting.Status != 201 || one.Route.Name != "GET /export" {
		t.Errorf("the largest request is %+v", one)
	}
	if m.row(t, "whole all traffic").LargestRequest != nil || m.row(t, "principal user:alice").Largest != nil {
		t.Error("a largest record of what has none")
	}
	if one := g.of(t, time.Minute).row(t, "route GET /export").Largest; one != nil {
		t.Errorf("of nothing the largest is %+v", one)
	}
}

func TestTopsSayWhoCarriesAPlace(t *testing.T) {
	var lines []line
	for i := range 200 {
		l := line{client: fmt.Sprintf("198.51.100.%d", i), agent: "Mozilla/5.0", route: "/a", network: "AS64501", out: 10}
		if i%2 == 0 {
			l = line{client: "192.0.2.1", user: "eve", agent: "curl/8", route: "/b", api: "x", network: "AS64500", status: 403, out: 90}
		}
		if i == 199 {
			l.status = 503
		}
		lines = append(lines, l)
	}
	m := closed(t, nil, lines...).of(t, 0)
	var got []string
	for _, top := range m.row(t, "whole all traffic").Top {
		got = append(got, fmt.Sprintf("%s %s %d %d %d %d", top.Carrier, top.Value, top.Requests, top.ClientErrors, top.ServerErrors, top.Bytes))
	}
	want := []string{
		"address 192.0.2.1 100 100 0 9000", "address 198.51.100.199 1 0 1 10",
		"principal user:eve 100 100 0 9000",
		"network AS64500 100 100 0 9000", "network AS64501 100 0 1 1000",
		"user agent curl/8 100 100 0 9000", "user agent Mozilla/5.0 100 0 1 1000",
		"route GET /b 100 100 0 9000", "route GET /a 100 0 1 1000",
		"status 2xx 99 0 0 0", "status 4xx 100 100 0 0", "status 5xx 1 0 1 0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told are\n%s", strings.Join(got, "\n"))
	}
	for _, top := range m.row(t, "route x GET /b").Top {
		if a := top.Actor(); top.Carrier == ByPrincipal && a != (finding.Actor{Kind: finding.User, Value: "eve"}) || top.Carrier == ByStatus && a != (finding.Actor{}) {
			t.Errorf("%s is %v", top.Value, a)
		}
	}
	if m.row(t, "source shop").Top != nil {
		t.Error("a source has carriers")
	}
}

func TestWhoCarriesErrorsAndBytesIsKnownAmongMany(t *testing.T) {
	var lines []line
	for i := range 3000 {
		l := line{client: fmt.Sprintf("10.0.%d.%d", i/200, i%200), route: "/a", out: 10}
		switch i % 100 {
		case 7:
			l.client, l.status = "192.0.2.5", 500
		case 9:
			l.client, l.out = "192.0.2.9", 5000
		}
		lines = append(lines, l)
	}
	found := map[string]Top{}
	for _, top := range closed(t, nil, lines...).of(t, 0).row(t, "route GET /a").Top {
		found[top.Value] = top
	}
	if n := found["192.0.2.5"].ServerErrors; n < 28 {
		t.Errorf("of 30 errors of one %d are told", n)
	}
	if n := found["192.0.2.9"].Bytes; n < 28*5000 {
		t.Errorf("of 150,000 bytes of one %d are told", n)
	}
}

func TestEveryMeasureIsDescribed(t *testing.T) {
	for m := range Measure(Measures) {
		if m.String() == "" || m.Unit() == "" || m.Family() == "" || m.Kind() == baseline.Gauge {
			t.Errorf("measure %d is %+v", m, natures[m])
		}
	}
	for d := range Dimension(Dimensions) {
		if d.String() == "" || !MeasuresOf(d).Has(Requests) || d.Steady() != (MeasuresOf(d) == all) {
			t.Errorf("dimension %d is %q", d, d)
		}
	}
}
