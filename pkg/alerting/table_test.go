package alerting

import (
	"strconv"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/respond"
)

func named(name string) respond.Alert {
	return respond.Alert{Labels: map[string]string{"alertname": name}}
}

func ended(name string, at time.Time) respond.Alert {
	a := named(name)
	a.EndsAt = at
	return a
}

func testTable(limit int) *table {
	return newTable(Options{MaxAlerts: limit}.withDefaults())
}

func names(outs []outgoing) string {
	var s string
	for _, out := range outs {
		s += out.alert.Labels["alertname"]
	}
	return s
}

func TestTableGivesWhatChangedSince(t *testing.T) {
	now := time.Now()
	tab := testTable(10)
	tab.put([]respond.Alert{named("a"), named("b"), named("c")}, now)
	first := tab.since(0, now)
	if got := names(first); got != "abc" {
		t.Fatalf("at first got %q, want abc", got)
	}
	tab.put([]respond.Alert{named("a"), named("d")}, now)
	if got := names(tab.since(first[2].version, now)); got != "ad" {
		t.Errorf("after a change got %q, want ad", got)
	}
	if got := names(tab.since(0, now)); got != "bcad" {
		t.Errorf("all is %q, want bcad", got)
	}
	if got := tab.since(tab.version, now); len(got) != 0 {
		t.Errorf("in step, got %q", names(got))
	}
}

func TestTableEnds(t *testing.T) {
	now := time.Now()
	f := func(what string, out outgoing, want time.Time) {
		t.Helper()
		if !out.alert.EndsAt.Equal(want) {
			t.Errorf("%s: ends %v from now, want %v", what, out.alert.EndsAt.Sub(now), want.Sub(now))
		}
	}
	tab := testTable(10)
	tab.put([]respond.Alert{named("a")}, now)
	f("active", tab.since(0, now)[0], now.Add(tab.hold))

	tab.put([]respond.Alert{ended("a", now)}, now)
	late := tab.since(0, now)
	f("over before it was told", late[0], now.Add(tab.linger))
	tab.accepted(late)
	f("lingering, sent again later", tab.since(0, now.Add(time.Minute))[0], now.Add(tab.linger))

	tab.put([]respond.Alert{named("b")}, now)
	tab.accepted(tab.since(0, now))
	tab.put([]respond.Alert{ended("b", now.Add(time.Second))}, now)
	f("over after it was told", tab.since(0, now)[1], now.Add(time.Second))
	tab.put([]respond.Alert{ended("b", now.Add(time.Minute))}, now)
	f("the first end stands", tab.since(0, now)[1], now.Add(time.Second))

	tab.put([]respond.Alert{ended("c", now)}, now)
	f("the end of what was never seen", tab.since(0, now)[2], now)
}

func TestTableKeepsTheEarliestStart(t *testing.T) {
	now := time.Now()
	early, late := named("a"), named("a")
	early.StartsAt, late.StartsAt = now.Add(-time.Hour), now
	tab := testTable(10)
	tab.put([]respond.Alert{early, late}, now)
	if got := tab.since(0, now)[0].alert.StartsAt; !got.Equal(early.StartsAt) {
		t.Errorf("starts %v, want %v", got, early.StartsAt)
	}
	tab.put([]respond.Alert{ended("a", now)}, now)
	tab.put([]respond.Alert{late}, now)
	if got := tab.since(0, now)[0].alert.StartsAt; !got.Equal(now) {
		t.Errorf("begun anew it starts %v, want %v", got, now)
	}
}

func TestTableIsBounded(t *testing.T) {
	now := time.Now()
	tab := testTable(100)
	for i := range 60 {
		tab.put([]respond.Alert{ended("old"+strconv.Itoa(i), now)}, now)
	}
	var refused int
	for i := range 150 {
		refused += tab.put([]respond.Alert{named(strconv.Itoa(i))}, now)
	}
	active, all := tab.sizes()
	if active != 100 || all != 100 || refused != 50 {
		t.Errorf("%d active of %d, %d refused; want 100 of 100, 50 refused", active, all, refused)
	}
	if refused := tab.put([]respond.Alert{ended("7", now)}, now); refused != 0 {
		t.Error("the end of an alert in the table was refused")
	}
	if refused := tab.put([]respond.Alert{named("next")}, now); refused != 0 {
		t.Error("an alert was refused although a resolved one could go")
	}
}

func TestTableSweep(t *testing.T) {
	now := time.Now()
	tab := testTable(10)
	tab.put([]respond.Alert{named("active"), named("told"), named("untold")}, now)
	tab.accepted(tab.since(0, now)[:2])
	tab.put([]respond.Alert{ended("told", now), ended("untold", now)}, now)
	tab.sweep(now.Add(tab.keep))
	if _, all := tab.sizes(); all != 3 {
		t.Errorf("%d held at the end of the time to keep, want 3", all)
	}
	tab.sweep(now.Add(tab.keep + time.Second))
	if got := names(tab.since(0, now)); got != "activeuntold" {
		t.Errorf("after the time to keep: %q, want active and untold", got)
	}
	if active, _ := tab.sizes(); active != 1 {
		t.Errorf("%d active, want 1", active)
	}
}
