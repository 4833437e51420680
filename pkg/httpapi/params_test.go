package httpapi

import (
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestEventFilters(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/events?limit=7&cursor=c&since=2026-03-01T12:00:00Z&until=2026-03-01T14:00:00%2B01:00&client=192.0.2.7"+
		"&kind=decoy&status=400-404&decision_id=0123456789ABCDEF&path_prefix=/a%20b", viewerToken)
	want := wire.EventQuery{
		Slice: wire.Slice{Cursor: "c", Limit: 7}, Period: wire.Period{Since: noon, Until: noon.Add(time.Hour)},
		Client: netip.MustParsePrefix("192.0.2.7/32"), Kind: "decoy", StatusFrom: 400, StatusTo: 404,
		DecisionID: "0123456789abcdef", PathPrefix: "/a b",
	}
	if w.history.asked != want {
		t.Errorf("got %+v\nwant %+v", w.history.asked, want)
	}
	w.get("/api/v1/events", viewerToken)
	if want := (wire.EventQuery{Slice: wire.Slice{Limit: wire.DefaultLimit}}); w.history.asked != want {
		t.Errorf("got %+v\nwant %+v", w.history.asked, want)
	}
}

func TestFindingFilters(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/findings?tier=page&actor=2001:db8::7&discarded=true&family=decoy", viewerToken)
	q, ok := w.history.asked.(wire.FindingQuery)
	want := finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"}
	if !ok || q.Tier != finding.Page || q.Actor != want || q.Discarded == nil || !*q.Discarded || q.Family != finding.Decoy {
		t.Errorf("got %+v", w.history.asked)
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	w := newWorld(t)
	f := func(path string, names ...string) {
		t.Helper()
		p := w.problem(w.get(path, viewerToken), badParameters)
		var got []string
		for _, i := range p.Invalid {
			got = append(got, i.Name)
			if i.Reason == "" {
				t.Errorf("%s: no reason for %s", path, i.Name)
			}
		}
		if len(got) != len(names) {
			t.Fatalf("%s: got %v, want %v", path, got, names)
		}
		for i := range names {
			if got[i] != names[i] {
				t.Errorf("%s: got %v, want %v", path, got, names)
			}
		}
	}
	f("/api/v1/events?limit=0", "limit")
	f("/api/v1/events?limit=1001", "limit")
	f("/api/v1/events?limit=ten", "limit")
	f("/api/v1/events?since=yesterday", "since")
	f("/api/v1/events?since=0001-01-01T00:00:00Z", "since")
	f("/api/v1/events?since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z", "until")
	f("/api/v1/events?client=shop.example", "client")
	f("/api/v1/events?kind=other", "kind")
	for _, status := range []string{"6xx", "4x", "500-400", "-1", "1000", "x"} {
		f("/api/v1/events?status="+status, "status")
	}
	f("/api/v1/events?decision_id=12", "decision_id")
	f("/api/v1/events?source=a&source=b", "source")
	f("/api/v1/events?source=%ff", "source")
	f("/api/v1/events?source=%zz", "query")
	f("/api/v1/events?sorce=a&limit=0&status=6xx", "limit", "sorce", "status")
	f("/api/v1/events/nonsense", "id")
	f("/api/v1/findings?tier=loud&actor=nobody&discarded=perhaps", "actor", "discarded", "tier")
	f("/api/v1/actors?kind=person&tier=none", "kind", "tier")
	f("/api/v1/actors/person/x", "value")
	f("/api/v1/blocks?segment=A&mode=loud&target=x", "mode", "segment", "target")
	f("/api/v1/blocks/xyz", "id")
	f("/api/v1/blocks/why", "target")
	f("/api/v1/blocks/why?target=x", "target")
	f("/api/v1/blocks/preview", "target")
	f("/api/v1/blocks?cursor=!", "cursor")
	f("/api/v1/blocks?cursor=AAAA", "cursor")
}

func TestStoreCursorIsTheStores(t *testing.T) {
	w := newWorld(t)
	w.history.err = wire.ErrCursor
	p := w.problem(w.get("/api/v1/events?cursor=x", viewerToken), badParameters)
	if len(p.Invalid) != 1 || p.Invalid[0].Name != "cursor" {
		t.Errorf("got %v", p.Invalid)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("limit=10&cursor=azE6&target=192.0.2.0/24&status=4xx&since=2026-03-01T12:00:00Z")
	f.Add("limit=&target=::ffff:1.2.3.4/100&actor=user:%00")
	f.Fuzz(func(t *testing.T, query string) {
		p := newParams(&url.URL{RawQuery: query})
		s := p.slice()
		if s.Limit < 1 || s.Limit > wire.MaxLimit {
			t.Errorf("limit %d", s.Limit)
		}
		p.period()
		p.status()
		blockFilter(p)
		wantedTarget(p)
		read(p, "actor", finding.ParseActor)
		read(p, "decision_id", decisionID)
		_ = p.err()
	})
}
