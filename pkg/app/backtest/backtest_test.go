package backtest

import (
	"context"
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

func run(t testing.TB, h history, r Request) wire.Backtest {
	t.Helper()
	// However the history comes in portions, the answer is the same.
	small, err := Run(t.Context(), options(memory{[]*event.Batch{h.Batch}, 2}), r)
	if err != nil {
		t.Fatal(err)
	}
	large, err := Run(t.Context(), options(memory{[]*event.Batch{h.Batch}, 0}), r)
	if err != nil {
		t.Fatal(err)
	}
	small.Seconds, small.RowsPerSecond, large.Seconds, large.RowsPerSecond = 0, 0, 0, 0
	if !reflect.DeepEqual(small, large) {
		t.Errorf("in small portions\n%+v\nin large ones\n%+v", small, large)
	}
	return large
}

func TestBlocksCostWhatTheyWouldHaveRefused(t *testing.T) {
	h := newHistory().
		ask(0, "192.0.2.1", "/cart", 200). // before
		ask(time.Minute, "192.0.2.1", "/probe", 404).
		ask(time.Minute, "192.0.2.1", "/cart", 200). // the same second, and after it
		ask(2*time.Minute, "192.0.2.1", "/cart", 302).
		ask(3*time.Minute, "192.0.2.1", "/cart", 500).
		ask(3*time.Minute, "192.0.2.2", "/cart", 200). // somebody else
		ask(4*time.Minute, "192.0.2.1", "/probe/2", 404).
		ask(61*time.Minute, "192.0.2.1", "/cart", 200). // the block is over
		ask(90*time.Minute, "192.0.2.1", "/probe/3", 404).
		ask(91*time.Minute, "192.0.2.1", "/cart", 200)
	b := run(t, h, request(parse(t, probing)))
	if b.Rows != 10 || b.Matches != 3 || b.Actors != 1 || len(b.TopActors) != 1 {
		t.Fatalf("%+v", b)
	}
	if a := b.TopActors[0]; a.Matches != 3 || a.Requests != 7 || a.Successful != 4 || !a.First.Equal(noon.Add(time.Minute)) || !a.Last.Equal(noon.Add(90*time.Minute)) {
		t.Errorf("actor %+v", a)
	}
	block := b.Block
	if !block.Asked || !block.Shadow || block.Actors != 1 || block.Blocks != 2 || block.Requests != 5 || block.Successful != 3 || len(block.Blocked) != 1 {
		t.Fatalf("block %+v", block)
	}
	hit := block.Blocked[0]
	// The second block lasts twice as long as the first.
	if hit.Seconds != 10800 || hit.Line != 2 || hit.File != "access.log" || !hit.First.Equal(noon.Add(time.Minute)) || !hit.Until.Equal(noon.Add(210*time.Minute)) {
		t.Errorf("hit %+v", hit)
	}
}

func TestEvidenceOfIPv6IsItsNetworks(t *testing.T) {
	h := newHistory().
		ask(0, "2001:db8::1", "/probe", 404).
		ask(time.Minute, "2001:db8::2", "/cart", 200).
		ask(time.Minute, "2001:db8:0:1::2", "/cart", 200)
	b := run(t, h, request(parse(t, probing)))
	if b.Block.Successful != 1 || b.TopActors[0].Actor.Value != "2001:db8::/64" {
		t.Errorf("%+v", b)
	}
}

func TestTheGuardHasTheLastWord(t *testing.T) {
	h := newHistory().ask(0, "192.0.2.1", "/probe", 404).ask(time.Minute, "192.0.2.1", "/probe", 404)
	o := options(memory{[]*event.Batch{h.Batch}, 0})
	o.Guard = respond.NewGuard(respond.GuardOptions{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	b, err := Run(t.Context(), o, request(parse(t, probing)))
	if err != nil || b.Block.Actors != 0 || b.Block.Refused != 2 || len(b.Block.Refusals) != 1 || b.Matches != 2 {
		t.Errorf("%+v, %v", b.Block, err)
	}
}

func TestABlockCanBeTried(t *testing.T) {
	h := newHistory().ask(0, "192.0.2.1", "/probe", 404).ask(90*time.Second, "192.0.2.1", "/cart", 200)
	without := strings.Replace(probing, "block: {ttl: 1h}", "tier: log", 1)
	r := request(parse(t, without))
	if b := run(t, h, r); b.Block.Asked || b.Block.Blocks != 0 || b.Rules[0].Block != nil {
		t.Errorf("%+v", b.Block)
	}
	r.BlockFor = time.Minute
	if b := run(t, h, r); !b.Block.Asked || b.Block.Blocks != 1 || b.Block.Successful != 0 {
		t.Errorf("%+v", b.Block)
	}
	r.BlockFor = 2 * time.Minute
	if b := run(t, h, r); b.Block.Successful != 1 {
		t.Errorf("%+v", b.Block)
	}
}

// bursts finds clients that ask for /x five times in a minute.
const bursts = `title: A request
name: a_request
logsource: {category: webserver}
detection:
  selection: {path: /x}
  condition: selection
---
title: Bursts
correlation:
  type: event_count
  rules: [a_request]
  group-by: [GROUP]
  timespan: 1m
  condition: {gte: 5}
level: high
honeymoat:
  block: {ttl: 1h, mode: enforce}
`

func TestCorrelationsByClientRunSideBySide(t *testing.T) {
	h := newHistory()
	for i := range 6 {
		for client := range 20 {
			if client%2 == 0 || i < 4 {
				h.ask(time.Duration(i)*time.Second, fmt.Sprintf("192.0.2.%d", client), "/x", 200)
			}
		}
	}
	for group, parts := range map[string]int{"client_address": 2, "c-ip": 2, "path": 1} {
		b := run(t, h, request(parse(t, strings.Replace(bursts, "GROUP", group, 1))))
		if b.Parts != parts {
			t.Errorf("grouped by %s: %d parts, want %d", group, b.Parts, parts)
		}
		if parts == 1 {
			continue
		}
		if b.Matches != 10 || b.Actors != 10 || b.Block.Blocks != 10 || b.Block.Requests != 10 || b.Block.Shadow {
			t.Errorf("grouped by %s: %+v", group, b)
		}
	}
}

func TestNothing(t *testing.T) {
	b := run(t, newHistory(), request(parse(t, probing)))
	if b.Rows != 0 || b.Matches != 0 || b.Buckets == nil || b.TopActors == nil || b.Examples == nil || b.Block.Blocked == nil {
		t.Errorf("%+v", b)
	}
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "no events") {
		t.Errorf("warnings %q", b.Warnings)
	}
	if _, err := Run(t.Context(), options(memory{}), Request{Since: noon, Until: noon}); !errors.Is(err, ErrPeriod) {
		t.Errorf("an empty period: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	h := newHistory()
	for i := range 100 {
		h.ask(time.Duration(i)*time.Second, "192.0.2.1", "/x", 200)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := request(parse(t, probing))
	calls := 0
	r.Progress = func(rows, total int64) { calls++; cancel() }
	if _, err := Run(ctx, options(memory{[]*event.Batch{h.Batch}, 10}), r); !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%d portions, %v", calls, err)
	}
}

func TestWarnings(t *testing.T) {
	f := func(want, rule string, h history, unclear map[string]string) {
		t.Helper()
		o := options(memory{[]*event.Batch{h.Batch}, 0})
		o.Unclear = unclear
		b, err := Run(t.Context(), o, request(parse(t, rule)))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(b.Warnings, "\n"); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("warned %q, want %q", got, want)
		}
	}
	now := func() history { return newHistory().ask(0, "192.0.2.1", "/", 200) }
	f("", probing, now(), map[string]string{"user": "a hash"})
	f("is not applied", strings.Replace(probing, "category: webserver", "category: process_creation", 1), now(), nil)
	f("a hash in place of what the log said in cs-username", strings.Replace(probing, "path|startswith", "cs-username", 1), now(), map[string]string{"user": "a hash"})
	f("events begin at 2026-03-15T14:00:00Z", probing, newHistory().ask(2*time.Hour, "192.0.2.1", "/", 200), nil)
	f("name no client: 1", probing, newHistory().ask(0, "", "/probe", 404), nil)
	masked := newHistory()
	masked.SetString(event.Sensitive, "email")
	f("of 1 events were masked", probing, masked.ask(0, "192.0.2.1", "/", 200), nil)
}
