package erase

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func address(s string) Subject { return Subject{Address: netip.MustParseAddr(s)} }

func TestInTextFindsWholeWordsOnly(t *testing.T) {
	f := func(s Subject, text string, want bool) {
		t.Helper()
		if got := s.InText([]byte(text)); got != want {
			t.Errorf("%s in %q: %v", s.Text(), text, got)
		}
	}
	four := address("192.0.2.1")
	f(four, "192.0.2.1", true)
	f(four, "198.51.100.7, 192.0.2.1", true)
	f(four, `for="192.0.2.1:4711"`, true)
	f(four, "seen 192.0.2.1.", true)
	f(four, "192.0.2.11", false)
	f(four, "1192.0.2.1", false)
	f(four, "192.0.2.1.5", false)
	f(four, "192.0.2.11, 192.0.2.1", true)
	f(address("::ffff:192.0.2.1"), "192.0.2.1", true)
	six := address("2001:db8::1")
	f(six, "[2001:db8::1]:80", true)
	f(six, "for=\"[2001:DB8::1]\"", true)
	f(six, "2001:DB8::1A", false)
	f(six, "2001:db8::12", false)
	f(six, "2001:db8::1:2", false)
	bob := Subject{Value: "bob@example.org"}
	f(bob, "/users/bob@example.org/orders", true)
	f(bob, "/users/bob@example.organic", false)
	f(Subject{Value: "bob"}, "bobsleigh kebob", false)
}

func TestInCountsRowsAndRejected(t *testing.T) {
	var b event.Batch
	row := func(client, peer, forwarded, user, principal string) {
		if client != "" {
			b.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
		}
		if peer != "" {
			b.SetAddr(event.PeerAddress, netip.MustParseAddr(peer))
		}
		b.SetString(event.ForwardedFor, forwarded)
		b.SetString(event.User, user)
		b.SetString(event.Principal, principal)
		b.EndRow()
	}
	row("192.0.2.1", "", "", "", "")
	row("198.51.100.7", "192.0.2.1", "", "bob", "")
	row("198.51.100.7", "", "192.0.2.1, 203.0.113.9", "", "k1:hash")
	row("192.0.2.11", "", "", "bobby", "")
	b.Reject(event.Position{}, 1, "broken", []byte("192.0.2.1 - bob -"))
	for _, c := range []struct {
		s    Subject
		want int
	}{
		{address("192.0.2.1"), 4}, {address("203.0.113.9"), 1}, {address("203.0.113.1"), 0},
		{Subject{Value: "bob", Hashes: []string{"k1:hash"}}, 2}, {Subject{Value: "bob", Hashes: []string{"k1:hash"}, Mentions: true}, 3},
	} {
		if got := c.s.In(&b); got != c.want {
			t.Errorf("%s is in %d, want %d", c.s.Text(), got, c.want)
		}
	}
}

func TestRunGoesOnAfterAFailure(t *testing.T) {
	place := func(o Outcome, err error) Place {
		return PlaceFunc(func(context.Context, Subject) ([]Outcome, error) { return []Outcome{o}, err })
	}
	run := func(places ...Place) (Report, error) {
		var named []Named
		for _, p := range places {
			named = append(named, Named{"somewhere", p})
		}
		return Run(t.Context(), address("192.0.2.1"), named, time.Now)
	}
	clean := place(Outcome{Place: "a", Found: 3}, nil)
	r, err := run(clean, clean)
	if err != nil || !r.Complete || len(r.Outcomes) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = run(clean, place(Outcome{Place: "b", Found: 3, Left: 1}, nil))
	if err != nil || r.Complete {
		t.Errorf("something is left: %+v, %v", r, err)
	}
	away := errors.New("away")
	r, err = run(place(Outcome{Place: "a"}, away), clean)
	if !errors.Is(err, away) || r.Complete || len(r.Outcomes) != 2 || len(r.Failures) != 1 {
		t.Errorf("a place is away: %+v, %v", r, err)
	}
	for _, nobody := range []Subject{{}, {Value: "x"}, {Value: "bob", Address: netip.MustParseAddr("192.0.2.1")}} {
		if _, err := Run(t.Context(), nobody, nil, time.Now); err == nil {
			t.Errorf("%+v was erased", nobody)
		}
	}
}
