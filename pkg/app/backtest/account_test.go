package backtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestBuckets(t *testing.T) {
	f := func(spread, width time.Duration) {
		t.Helper()
		b := newBuckets()
		for i := range 1000 {
			b.add(noon.Add(time.Duration(i*7919%1000) * spread / 1000))
		}
		sum := int64(0)
		list := b.list()
		for i, bucket := range list {
			sum += bucket.Matches
			if bucket.At.UnixNano()%int64(width) != 0 || i > 0 && !bucket.At.After(list[i-1].At) {
				t.Errorf("%s: a bucket begins at %s", spread, bucket.At)
			}
		}
		if b.width != width || sum != 1000 || len(list) > maxBuckets {
			t.Errorf("%s: %d buckets of %s with %d matches, want a width of %s", spread, len(list), b.width, sum, width)
		}
	}
	f(0, time.Second)
	f(time.Minute, time.Second)
	f(time.Hour, time.Minute)
	f(24*time.Hour, 15*time.Minute)
	f(7*24*time.Hour, time.Hour)
	f(30*24*time.Hour, 6*time.Hour)
	f(365*24*time.Hour, 48*time.Hour)
}

func address(i int) finding.Actor {
	return finding.Actor{Kind: finding.Address, Value: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}
}

func TestAccountsAreBounded(t *testing.T) {
	s := newAccounts()
	for i := range maxAccounts + 1 {
		a := s.of(address(i), place{})
		a.matches = int64(i)
		if i < 2 {
			a.blocked = &wire.BacktestedHit{Blocks: 1, Requests: 5, Successful: 3}
		}
		if i == 0 {
			a.terms = []term{{until: 1}} // under way
		}
	}
	s.trim()
	if n := len(s.byActor); n != maxAccounts*9/10 || len(s.byAddress) != n || !s.full {
		t.Errorf("%d accounts, %d by address are left", n, len(s.byAddress))
	}
	if s.byActor[address(0)] == nil || s.byActor[address(1)] != nil || s.byActor[address(maxAccounts)] == nil {
		t.Error("who is blocked, or matched most, went instead of others")
	}
	if s.gone.Actors != 1 || s.gone.Blocks != 1 || s.gone.Requests != 5 || s.gone.Successful != 3 {
		t.Errorf("those who went leave %+v", s.gone)
	}
}

func TestExamplesAreOfDifferentActorsAndPaths(t *testing.T) {
	h := newHistory()
	// A scanner: many matches, nothing else.
	for i := range 30 {
		h.ask(time.Duration(i)*time.Second, "203.0.113.1", fmt.Sprintf("/probe/%d", i), 404)
	}
	// A customer who once followed a bad link.
	h.ask(time.Minute, "198.51.100.1", "/probe/link", 404)
	for i := range 50 {
		h.ask(2*time.Minute+time.Duration(i), "198.51.100.1", "/cart", 200)
	}
	// One who was answered, and many who asked for the same.
	h.ask(time.Hour, "198.51.100.2", "/probe/served", 200)
	for i := range 40 {
		h.ask(2*time.Hour, fmt.Sprintf("198.51.100.%d", 100+i), "/probe/same", 404)
	}
	b := run(t, h, request(parse(t, probing)))
	if len(b.Examples) != mostExamples {
		t.Fatalf("%d examples", len(b.Examples))
	}
	f := func(i int, actor, why string) {
		t.Helper()
		if e := b.Examples[i]; e.Actor.Value != actor || e.Why != why || e.Event == "" || e.Reason == "" {
			t.Errorf("example %d is %+v", i, e)
		}
	}
	f(0, "198.51.100.2", "answered with 200: a false positive, or an attack that worked")
	f(1, "198.51.100.1", "of 50 requests since then 50 succeeded: a customer, perhaps")
	f(3, "203.0.113.1", "the first of 30 matches of its actor")
	actors, same := map[finding.Actor]bool{}, 0
	for i, e := range b.Examples {
		if actors[e.Actor] {
			t.Errorf("%s is shown twice", e.Actor)
		}
		if actors[e.Actor] = true; strings.Contains(e.Why, "of 1 matches") {
			t.Errorf("%s is shown as %s", e.Actor, e.Why)
		}
		if e.Path == "/probe/same" && i < 4 {
			same++
		}
	}
	if same != 1 {
		t.Errorf("%d of the first examples are of the same path", same)
	}
}
