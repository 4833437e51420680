package series

import (
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// known is what a table knows for which users read /a for two days, and tokens
// read /b.
func known(t *testing.T) []byte {
	t.Helper()
	g := newGathered(Options{})
	for i := range 2880 {
		at := time.Duration(i) * time.Minute
		g.all(batchOf("shop", line{at: at, user: "u", client: "192.0.2.1", route: "/a"}, line{at: at, user: "t", kind: "token", client: "192.0.2.2", route: "/b"}))
	}
	return snapshot(t, g.Table)
}

// then are the firsts among requests after those two days.
func then(t *testing.T, known []byte, more ...line) (all []First) {
	t.Helper()
	g := restored(t, known)
	for i := range more {
		more[i].at += 48 * time.Hour
	}
	g.all(batchOf("shop", more...))
	g.until(48*time.Hour + 10*time.Minute)
	for _, m := range g.minutes {
		all = append(all, m.firsts...)
	}
	return all
}

func TestFirstSuccessOfAKindOfPrincipal(t *testing.T) {
	all := then(t, known(t),
		line{user: "t9", kind: "token", client: "192.0.2.9", route: "/a", path: "/a", out: 5},
		line{at: second, user: "t9", kind: "token", route: "/a"},
	)
	if len(all) != 1 {
		t.Fatalf("told are %+v", all)
	}
	f := all[0]
	if f.Kind != "token" || f.Method != "GET" || f.Route.Name != "GET /a" || f.Requests != 2880 || f.Refusals != 0 || f.Since != at(0) || f.Bytes != 5 {
		t.Errorf("told is %+v", f)
	}
	if f.Actor() != (finding.Actor{Kind: finding.Token, Value: "t9"}) || f.Address.Value != "192.0.2.9" {
		t.Errorf("it was %v at %v", f.Actor(), f.Address)
	}
	s := f.Sighting
	if s.Record != event.FormatRecordID("00000000000000aa", 0) || s.Path != "/a" || s.Line != 1 || s.Gateway != "gw-shop" || s.File != "/var/log/shop.log" || s.Status != 200 || s.Method != "GET" {
		t.Errorf("seen is %+v", s)
	}
}

func TestWhatIsAFirst(t *testing.T) {
	before := known(t)
	f := func(why string, n int, more ...line) {
		t.Helper()
		if all := then(t, before, more...); len(all) != n {
			t.Errorf("%s: told are %+v", why, all)
		}
	}
	repeat := func(n int, l line) (all []line) {
		for range n {
			all = append(all, l)
		}
		return all
	}
	refused := line{user: "t", kind: "token", route: "/a", status: 403}
	works := line{user: "t", kind: "token", route: "/a"}
	f("a method that was never used", 1, line{user: "u", route: "/a", method: "DELETE"})
	f("a failure", 0, line{user: "u", route: "/a", method: "DELETE", status: 500})
	f("refused for long, then it works", 1, append(repeat(25, refused), works)...)
	f("tried out, then it works", 0, append(repeat(5, refused), works)...)
	f("a preflight", 0, line{route: "/a", method: "OPTIONS", user: "u"})
	f("HEAD is GET", 0, line{route: "/a", method: "HEAD", user: "u"})
	f("a new route", 0, line{user: "u", route: "/new"})
	f("no route", 0, line{user: "u"}, line{user: "u", route: "/{unknown}"})
	f("a kind that the source did not tell of", 0, line{application: "reports", route: "/a"})
	f("refused by us", 0, line{user: "u", route: "/a", method: "DELETE", status: 403})
}

func TestFirstsOfAMinuteAreBounded(t *testing.T) {
	var more []line
	for _, method := range methodNames {
		for _, route := range []string{"/a", "/b"} {
			more = append(more, line{user: "u", route: route, method: method}, line{user: "t", kind: "token", route: route, method: method})
		}
	}
	if all := then(t, known(t), more...); len(all) < 20 || len(all) > maxFirsts {
		t.Errorf("told are %d", len(all))
	}
}
