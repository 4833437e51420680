package store

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// stored writes batches and waits until they are there.
func stored(t testing.TB, s *Store, batches ...*event.Batch) {
	t.Helper()
	r := newRig()
	finish(t, s, r, r.lines.publish(batches...))
}

// fullRow sets every field of a row, in a way that no two are alike.
func fullRow(b *event.Batch, offset int64) {
	for i, f := range event.TextFields() {
		b.SetString(f, fmt.Sprintf("%s-%d", f, i))
	}
	for i, f := range event.NumberFields() {
		b.SetNumber(f, int64(100+i))
	}
	b.SetNumber(event.Time, today.Add(123456789*time.Nanosecond).UnixNano())
	b.SetNumber(event.Offset, offset)
	b.SetNumber(event.Quality, int64(event.NoBytes|event.BadRequest))
	b.SetAddr(event.PeerAddress, netip.MustParseAddr("10.0.0.9"))
	b.SetAddr(event.ClientAddress, netip.MustParseAddr("2001:db8::7"))
	b.EndRow()
}

func emptyBatch(file int) *event.Batch {
	b := makeBatch(file, 0, 0)
	b.Received = today.UnixNano()
	return b
}

func TestEveryFieldComesBack(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	b.Shipper, b.Kind, b.Direction = "edge-1", event.Decoy, event.Egress
	fullRow(b, 4096)
	stored(t, s, b)
	got, err := s.Event(t.Context(), event.FormatRecordID(b.File, 4096))
	if err != nil {
		t.Fatal(err)
	}
	ptr := func(n int64) *int64 { return &n }
	want := wire.Event{
		ID: "0000000000000001-4096", Time: today.Add(123456789), Received: today, Agent: "edge-1", Source: "nginx",
		Gateway: "gw0", Kind: "decoy", Direction: "egress", Format: "combined", FilePath: "/var/log/nginx/access.log", Line: 102,
		PeerAddress: "10.0.0.9", ClientAddress: "2001:db8::7", ForwardedFor: "forwarded_for-9",
		Method: "method-0", Host: "host-1", Path: "path-2", Query: "query-3", Protocol: "protocol-4", Route: "route-5",
		RouteOrigin: "route_origin-6", Status: ptr(104), RequestBytes: ptr(105), ResponseBytes: ptr(106), Duration: ptr(107),
		UpstreamDuration: ptr(108), UserAgent: "user_agent-7", Referer: "referer-8", ContentType: "content_type-21",
		RequestID: "request_id-17", HeaderSignature: "header_signature-22", QuerySignature: "query_signature-23",
		TLSFingerprint: "tls_fingerprint-15", TLSVersion: "tls_version-16", PrincipalKind: "principal_kind-10",
		Principal: "principal-11", Application: "application-12", User: "user-13", Session: "session-14",
		Tenant: "tenant-20", API: "api-18", Tags: "tags-19", Country: "country-24", Network: "network-25",
		Sensitive: "sensitive-26", DecisionAction: "decision_action-28", DecisionID: "decision_id-27",
		Quality: []string{"no_bytes", "bad_request"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	for i := range 3 {
		b.SetNumber(event.Offset, int64(i))
		switch i {
		case 1:
			b.SetNumber(event.ResponseBytes, 0)
			b.SetNumber(event.Status, 0)
		case 2:
			b.SetString(event.Path, "/last")
		}
		b.EndRow()
	}
	stored(t, s, b)
	for i := range 3 {
		e, err := s.Event(t.Context(), event.FormatRecordID(b.File, int64(i)))
		if err != nil {
			t.Fatal(err)
		}
		if known := e.ResponseBytes != nil && e.Status != nil; known != (i == 1) {
			t.Errorf("row %d: bytes %v, status %v", i, e.ResponseBytes, e.Status)
		}
		if i == 1 && (*e.ResponseBytes != 0 || *e.Status != 0) {
			t.Errorf("row 1: bytes %d, status %d, want 0", *e.ResponseBytes, *e.Status)
		}
		if e.Duration != nil || e.ClientAddress != "" || !e.Time.Equal(today) {
			t.Errorf("row %d: duration %v, client %q, time %v", i, e.Duration, e.ClientAddress, e.Time)
		}
		if (e.Path == "/last") != (i == 2) {
			t.Errorf("row %d: path %q", i, e.Path)
		}
	}
}

func TestUnusualBytes(t *testing.T) {
	s, _ := migrated(t)
	texts := []string{"/a\nb", "/\x00", "/\xff\xfe", "/'; DROP TABLE events; --", `/\N`, `/{x:String}`, "/\t\\t", "/ü€😀", "/" + strings.Repeat("x", 300)}
	b := emptyBatch(0)
	for i, text := range texts {
		b.SetNumber(event.Offset, int64(i))
		b.SetString(event.Path, text)
		b.SetString(event.UserAgent, text)
		b.EndRow()
	}
	stored(t, s, b)
	for i, text := range texts {
		e, err := s.Event(t.Context(), event.FormatRecordID(b.File, int64(i)))
		if err != nil {
			t.Fatal(err)
		}
		if e.Path != text || e.UserAgent != text {
			t.Errorf("%q came back as %q and %q", text, e.Path, e.UserAgent)
		}
		page, err := s.Events(t.Context(), wire.EventQuery{PathPrefix: text})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("looking for %q: %d events, error %v", text, len(page.Items), err)
		}
	}
}

func TestEventPages(t *testing.T) {
	s, _ := migrated(t)
	stored(t, s, makeBatch(0, 0, 150), makeBatch(1, 0, 150), makeBatch(0, 150, 50))
	seen := map[string]bool{}
	q := wire.EventQuery{Slice: wire.Slice{Limit: 40}}
	var last wire.Event
	for pages := 0; ; pages++ {
		page, err := s.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if seen[e.ID] {
				t.Fatalf("%s comes twice", e.ID)
			}
			if !last.Received.IsZero() && e.Received.After(last.Received) {
				t.Fatalf("%s is newer than the one before", e.ID)
			}
			seen[e.ID], last = true, e
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(seen) != 350 {
		t.Errorf("all pages have %d events, want 350", len(seen))
	}
}

func TestEventFilters(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	fullRow(b, 1)
	stored(t, s, makeBatch(1, 0, 100), b)
	f := func(want int, q wire.EventQuery) {
		t.Helper()
		page, err := s.Events(t.Context(), q)
		if err != nil || len(page.Items) != want {
			t.Errorf("%+v: %d events, want %d; error %v", q, len(page.Items), want, err)
		}
	}
	prefix := netip.MustParsePrefix
	f(100, wire.EventQuery{Client: prefix("198.51.0.0/16")})
	f(16, wire.EventQuery{Client: prefix("198.51.0.16/28")})
	f(1, wire.EventQuery{Client: prefix("198.51.0.7/32")})
	f(1, wire.EventQuery{Client: prefix("2001:db8::/64")})
	f(1, wire.EventQuery{Client: prefix("2001:db8::7/128")})
	f(0, wire.EventQuery{Client: prefix("192.0.2.0/24")})
	f(100, wire.EventQuery{Gateway: "gw1"})
	f(101, wire.EventQuery{Slice: wire.Slice{Limit: 1000}, Source: "nginx", Kind: "access"})
	f(0, wire.EventQuery{Kind: "decoy"})
	f(1, wire.EventQuery{Host: "host-1", Method: "method-0", RequestID: "request_id-17"})
	f(1, wire.EventQuery{DecisionAction: "decision_action-28", DecisionID: "decision_id-27"})
	f(11, wire.EventQuery{PathPrefix: "/products/9"})
	f(25, wire.EventQuery{StatusFrom: 400, StatusTo: 499})
	f(50, wire.EventQuery{StatusFrom: 300, StatusTo: 499})
	f(0, wire.EventQuery{Period: wire.Period{Since: today.Add(time.Hour)}})
	f(101, wire.EventQuery{Slice: wire.Slice{Limit: 1000}, Period: wire.Period{Since: today, Until: today.Add(1)}})
	f(0, wire.EventQuery{Period: wire.Period{Until: today}})
}

func TestEventNotFoundAndBadCursor(t *testing.T) {
	s, _ := migrated(t)
	for _, id := range []string{"0000000000000009-1", "nonsense", ""} {
		if _, err := s.Event(t.Context(), id); !errors.Is(err, respond.ErrNotFound) {
			t.Errorf("%q: error %v, want ErrNotFound", id, err)
		}
	}
	other := cursor{List: "audit", At: 1}.String()
	for _, c := range []string{"?", "e30", other} {
		if _, err := s.Events(t.Context(), wire.EventQuery{Slice: wire.Slice{Cursor: c}}); !errors.Is(err, wire.ErrCursor) {
			t.Errorf("cursor %q: error %v, want ErrCursor", c, err)
		}
	}
}

func TestPreview(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	fullRow(b, 1)
	stored(t, s, makeBatch(1, 0, 100), b)
	day := wire.Period{Since: today.Add(-time.Hour), Until: today.Add(time.Hour)}
	f := func(target string, want wire.Preview) {
		t.Helper()
		criteria, err := wire.ParseCriteria(target)
		if err != nil {
			t.Fatal(err)
		}
		want.Target, want.Since, want.Until = criteria.Hidden(), day.Since, day.Until
		got, err := s.Preview(t.Context(), criteria, nil, day)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, error %v\nwant %+v", target, got, err, want)
		}
	}
	f("198.51.0.0/24", wire.Preview{Requests: 100, Successful: 50, Clients: 100,
		Routes: []wire.PreviewRoute{{Host: "shop.example.com", Route: "/products", Requests: 100, Successful: 50}}})
	f("198.51.0.1", wire.Preview{Requests: 1, Successful: 1, Clients: 1,
		Routes: []wire.PreviewRoute{{Host: "shop.example.com", Route: "/products", Requests: 1, Successful: 1}}})
	f("2001:db8::/64", wire.Preview{Requests: 1, Clients: 1, Principals: 1,
		Routes: []wire.PreviewRoute{{Host: "host-1", Route: "route-5", Requests: 1}}})
	f("192.0.2.1", wire.Preview{})
}

func TestFiltersUseTheIndexes(t *testing.T) {
	s, _ := migrated(t)
	stored(t, s, makeBatch(0, 0, 100))
	args := func(client, request string) []any {
		list := []any{
			named("since", int64(0)), named("until", today.Add(time.Hour).UnixNano()), named("limit", uint32(10)),
			named("after", false), named("at", int64(0)), named("file", ""), named("offset", uint64(0)),
			named("client", client), named("request_id", request), named("status_from", int32(0)), named("status_to", int32(0)),
		}
		for _, name := range []string{"client_prefix", "source", "gateway", "kind", "host", "method", "path_prefix", "decision_action", "decision_id"} {
			list = append(list, named(name, ""))
		}
		return list
	}
	f := func(index, client, request string) {
		t.Helper()
		rows, err := s.conn.Query(t.Context(), "EXPLAIN indexes = 1 "+s.queries["events"], args(client, request)...)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := collect(rows, func(scan scanner, line *string) error { return scan(line) })
		if err != nil || !strings.Contains(strings.Join(plan, "\n"), index) {
			t.Errorf("client %q, request %q: error %v, the plan does not use %s:\n%s", client, request, err, index, strings.Join(plan, "\n"))
		}
	}
	f("client_address_bloom", "198.51.0.7", "")
	f("request_id_bloom", "", "r1")
	f("PrimaryKey", "", "")
}
