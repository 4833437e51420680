package bouncer

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestRepeatsAreSentToWhoAsksForThem(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	long, short := on(t, "192.0.2.7", 1), on(t, "192.0.2.7", 2)
	short.Segment, short.LifetimeSeconds = "eu", 60
	f.put(long, short)
	s.polls("?startup=true&dedup=false", "Ip 192.0.2.7,Ip 192.0.2.7", "")
	f.remove(long)
	_, body := s.do(http.MethodGet, "/v1/decisions/stream?dedup=false", "key", "")
	var stream streamJSON
	if err := json.Unmarshal([]byte(body), &stream); err != nil || len(stream.New) != 1 || stream.New[0].ID != 2 || len(stream.Deleted) != 1 || stream.Deleted[0].ID != 1 {
		t.Errorf("%v: %s", err, body)
	}
	f.remove(short)
	s.polls("?dedup=false", "", "Ip 192.0.2.7")
}

// TestAKeyForOtherSegments: what a bouncer has got of some segments says
// nothing about others.
func TestAKeyForOtherSegments(t *testing.T) {
	f := newFeed()
	eu, us := on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2)
	eu.Segment, us.Segment = "eu", "us"
	f.put(eu, us)
	segment := "eu"
	h, err := New(Options{
		Feed: f, Now: func() time.Time { return clock }, Log: slog.New(slog.DiscardHandler), Ended: func() []block.Block { return nil },
		Authenticate: func(string, netip.Addr) (Bouncer, bool) {
			holds := segment
			return Bouncer{Name: "edge", Segments: segment, Holds: func(s string) bool { return s == holds }}, true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s := &service{Server: server, t: t, handler: h}
	s.polls("?startup=true", "Ip 192.0.2.7", "")
	segment = "us"
	s.polls("", "Ip 192.0.2.8", "")
}

// TestWhatNobodyRemembers: a block that came and went just before a crash is in
// no checkpoint; where it was, the bucket's markers tell.
func TestWhatNobodyRemembers(t *testing.T) {
	f := newFeed()
	back, flag, user := on(t, "192.0.2.9", 1), on(t, "192.0.2.10", 2), on(t, "user:m00000001:AAAAAAAAAAAAAAAAAAAA", 3)
	f.put(back)
	for _, b := range []block.Block{on(t, "192.0.2.7", 0), on(t, "198.51.100.0/24", 0), on(t, "country:DE", 0), back, flag, user, exempt(t, "192.0.2.11", 0)} {
		f.freed = append(f.freed, block.Block{Segment: b.Segment, Target: b.Target})
	}
	f.freed = append(f.freed, block.Block{Segment: "us", Target: on(t, "192.0.2.12", 0).Target})
	f.ended = append(f.ended, on(t, "192.0.2.7", 4)) // this one is remembered
	s := serve(t, f)
	s.polls("?startup=true", "Ip 192.0.2.9", "")
	const gone = "Ip 192.0.2.10,Ip 192.0.2.7,Range 198.51.100.0/24"
	serve(t, f).polls("", "Ip 192.0.2.9", gone)
	serve(t, f).polls("?origins=crowdsec", "Ip 192.0.2.9", gone)
	serve(t, f).polls("?dedup=false", "Ip 192.0.2.9", gone)
	serve(t, f).polls("?scopes=country", "", "Country DE")
}

// TestAnExemptionThatCameBeforeACrash: a bouncer may hold what it cuts as it was.
func TestAnExemptionThatCameBeforeACrash(t *testing.T) {
	f := newFeed()
	whole, over := on(t, "192.0.2.8/30", 1), on(t, "192.0.2.1", 2)
	f.put(whole, exempt(t, "192.0.2.8/31", 3), exempt(t, "192.0.2.1", 4))
	f.ended = append(f.ended, over)
	serve(t, f).polls("", "Range 192.0.2.10/31", "Ip 192.0.2.1,Range 192.0.2.8/30")
}

func TestSeen(t *testing.T) {
	known := seen{}
	for i := range mostSeen + 10 {
		known.note(Seen{Name: "edge", Agent: strings.Repeat("x", i), LastSeen: clock.Add(time.Duration(i) * time.Second)})
	}
	agents := []string{}
	for _, b := range known {
		agents = append(agents, b.Agent)
	}
	if len(known) != mostSeen || slices.Contains(agents, "") {
		t.Errorf("%d are remembered", len(known))
	}
	known.note(Seen{Name: "late", LastSeen: clock.Add(48 * time.Hour)})
	if len(known) != 1 {
		t.Errorf("%d are remembered after days", len(known))
	}
}
