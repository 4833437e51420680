package store

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// lived is one request of a test, its fields by column.
type lived struct {
	after  time.Duration
	client string
	status int64
	bytes  int64
	texts  map[event.TextField]string
}

// livedBatch has some requests after a time, received on the day of another.
func livedBatch(start, received time.Time, file int, requests ...lived) *event.Batch {
	b := emptyBatch(file)
	b.Received = received.UnixNano()
	for i, r := range requests {
		b.SetNumber(event.Time, start.Add(r.after).UnixNano())
		b.SetNumber(event.Offset, int64(i)*100)
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(r.client))
		b.SetString(event.Method, "GET")
		b.SetNumber(event.Status, r.status)
		b.SetNumber(event.ResponseBytes, r.bytes)
		for f, v := range r.texts {
			b.SetString(f, v)
		}
		b.EndRow()
	}
	return b
}

type texts = map[event.TextField]string

const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"

func TestActorDays(t *testing.T) {
	s, _ := migrated(t)
	start := today.Add(time.Minute)
	order := func(id string) texts {
		return texts{event.User: "k1:alice", event.Path: "/users/7/orders/" + id, event.Route: "/users/{u}/orders/{id}", event.API: "shop",
			event.Tags: "internal,owner:orders", event.Country: "NL", event.Network: "AS64500", event.UserAgent: browser}
	}
	item := func(id, query string) texts {
		return texts{event.Path: "/items/" + id, event.Route: "/items/{id}", event.Query: query, event.UserAgent: browser}
	}
	login := texts{event.Method: "POST", event.Path: "/api/login"}
	stored(t, s, livedBatch(start, today.Add(time.Hour), 0,
		lived{0, "192.0.2.7", 200, 500, order("a")},
		lived{time.Minute, "192.0.2.7", 404, 40, order("b")},
		lived{2 * time.Minute, "2001:db8:1:2::5", 200, 500, order("a")},
		lived{3 * time.Minute, "192.0.2.9", 200, 100, item("12", "sort=up&page=3")},
		lived{4 * time.Minute, "192.0.2.9", 403, 100, item("11", "page=2")},
		lived{5 * time.Minute, "192.0.2.9", 403, 100, texts{event.Path: "/items/13", event.Route: "/items/{id}", event.DecisionAction: "deny"}},
		lived{5 * time.Minute, "192.0.2.9", 403, 100, texts{event.Path: "/items/13", event.Route: "/items/{id}", event.DecisionAction: "drop"}},
		lived{5 * time.Minute, "192.0.2.9", 403, 100, texts{event.Path: "/items/13", event.Route: "/items/{id}", event.DecisionAction: "throttle"}},
		lived{5 * time.Minute, "192.0.2.9", 403, 100, texts{event.Path: "/items/13", event.Route: "/items/{id}", event.DecisionAction: "divert"}},
		lived{6 * time.Minute, "2001:db8:1:2::5", 401, 10, login},
		lived{7 * time.Minute, "2001:db8:1:2::6", 302, 10, login},
	), livedBatch(start.Add(24*time.Hour), today.Add(25*time.Hour), 1, lived{0, "192.0.2.9", 200, 1, nil}))
	day := int32(today.Unix() / 86400)
	got, err := s.ActorDays(t.Context(), day, 100)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]slow.ActorDay{}
	for _, d := range got {
		by[d.Actor.String()] = d
	}
	at := func(minutes int) int64 { return start.Add(time.Duration(minutes) * time.Minute).UnixNano() }
	want := map[string]slow.ActorDay{
		"user:k1:alice": {
			Day: day, First: at(0), Last: at(2), Requests: 3, Acts: 3, Browsers: 3, Answered: 2, Missing: 1, Bytes: 1000, Minutes: []uint16{721, 722, 723},
			Places: []slow.Place{{Country: "NL", Network: "AS64500", First: at(0), Last: at(2), Requests: 3}},
			Routes: []slow.RouteDay{{Route: "GET /users/{u}/orders/{id}", API: "shop", Owner: "orders", Requests: 3, Missed: 1, Bytes: 1000, Distinct: 2, Pages: []uint32{}}},
		},
		"address:192.0.2.9": {
			Day: day, First: at(3), Last: at(5), Requests: 2, Acts: 2, Browsers: 2, Denied: 4, Answered: 1, Refused: 1, Bytes: 100, Minutes: []uint16{724, 725},
			Routes: []slow.RouteDay{{Route: "GET /items/{id}", Requests: 2, Missed: 1, Bytes: 100, Distinct: 2, Objects: []uint64{12, 11}, Pages: []uint32{2, 3}}},
		},
		"prefix:2001:db8:1:2::/64": {
			Day: day, First: at(2), Last: at(7), Requests: 3, Acts: 2, Answered: 1, Refused: 1, Bytes: 10, Minutes: []uint16{723, 727, 728},
			Logins: 2, FailedLogins: 1, FailedFrom: 1,
			Routes: []slow.RouteDay{{Requests: 2, Missed: 1, Bytes: 10, Distinct: 1, Pages: []uint32{}}},
		},
		"address:192.0.2.7": {Day: day, First: at(0), Last: at(1), Requests: 2, Minutes: []uint16{721, 722}},
	}
	for name, d := range want {
		g := by[name]
		d.Actor = g.Actor
		for i := range g.Routes {
			for _, o := range g.Routes[i].Objects {
				if o>>63 == 1 { // a hash
					g.Routes[i].Objects = nil
				}
			}
		}
		if !reflect.DeepEqual(g, d) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, g, d)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d actors, want %d: %+v", len(got), len(want), got)
	}
	if few, err := s.ActorDays(t.Context(), day, 1); err != nil || len(few) != 1 || few[0].Actor.Kind != finding.Prefix {
		t.Errorf("whose posts are refused: %+v, %v", few, err)
	}
	volumes, err := s.ReceivedDays(t.Context(), day-3, day+1)
	if err != nil || fmt.Sprint(volumes) != fmt.Sprintf("[{%d 11} {%d 1}]", day, day+1) {
		t.Errorf("received %v, %v", volumes, err)
	}
}

// BenchmarkActorDays counts a day of a million events of 150,000 addresses and
// 100,000 users.
func BenchmarkActorDays(b *testing.B) {
	s, _ := migrated(b)
	fillDay(b, s, 1_000_000)
	day := int32(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	for b.Loop() {
		list, err := s.ActorDays(b.Context(), day, 14_000)
		if err != nil || len(list) != 14_000 {
			b.Fatal(len(list), err)
		}
	}
}

// fillDay stores so many events of the first day of 2026.
func fillDay(b *testing.B, s *Store, rows int) {
	b.Helper()
	fill := fmt.Sprintf(`INSERT INTO events (time, received, file, offset, client_address, method, host, path, query, route, status, response_bytes, user_agent, user, country)
		SELECT toDateTime64('2026-01-01', 9, 'UTC') + toIntervalMillisecond(intDiv(number * 86400000, %d)) AS at, at, 'f', number,
			concat('10.', toString(rand(1) %% 16), '.', toString(rand(2) %% 256), '.', toString(rand(3) %% 100)),
			if(number %% 5 = 0, 'POST', 'GET'), 'shop.example.com', concat('/', toString(rand(4) %% 40), '/items/', toString(rand(5) %% 1000000)), 'page=2&sort=newest',
			concat('/', toString(rand(4) %% 40), '/items/{id}'), 200 + 100 * (number %% 4), rand(8) %% 10000, concat('Mozilla/5.0 (X) Gecko/', toString(rand(6) %% 500)),
			if(number %% 3 = 0, lower(hex(sipHash128(rand(7) %% 100000))), ''), 'NL'
		FROM numbers(%d)`, rows, rows)
	for _, sql := range []string{fill, "OPTIMIZE TABLE events FINAL"} {
		if err := s.conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
}
