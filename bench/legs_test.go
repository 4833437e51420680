package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// TestLegs: the parts of the way sum up to it, and the slowest are told apart.
func TestLegs(t *testing.T) {
	journeys := make([]journey, 20)
	for i := range journeys {
		for n := range legNames {
			journeys[i][n+1] = journeys[i][n] + int64(time.Millisecond)
		}
	}
	const late = 30
	for _, i := range []int{3, 7} { // a tenth, held up on their way to the disk
		for n := 3; n < len(journeys[i]); n++ {
			journeys[i][n] += late * int64(time.Millisecond)
		}
	}
	legs := legsOf(journeys)
	for n, l := range legs {
		want := 1.0
		if n == 2 {
			want += late
		}
		if l.P50 != 1 || l.Slow != want || l.Max != want {
			t.Errorf("%s: %+v, want 1 ms in the middle and %v at the slowest", l.Name, l, want)
		}
	}
	p := propagation{Agents: 50, Legs: legs}
	if text := legs[2].columns(&p); !strings.Contains(text, "on disk") || !strings.HasSuffix(text, "31.0") {
		t.Errorf("columns %q", text)
	}
}

// bag is a bus that keeps nothing.
type bag struct{ err error }

func (b *bag) Last(context.Context, string, string) (ingest.Mark, error) { return ingest.Mark{}, nil }

func (b *bag) Publish(context.Context, *event.Batch, uint64) (uint64, error) { return 1, b.err }

// TestCourierNotesTouches: each touch is noted once, with the batch that its
// line is in, and not before the bus has that.
func TestCourierNotesTouches(t *testing.T) {
	to := &bag{err: errors.New("away")}
	var noted []arrival
	c := newCourier(to, func(a arrival) { noted = append(noted, a) })
	lines := "192.0.2.9 - - [x] \"GET / HTTP/1.1\" 200 1\n" +
		"192.0.2.1 - - [x] \"" + touched + " HTTP/1.1\" 404 1\n" + "192.0.2.2 - - [x] \"" + touched + " HTTP/1.1\" 404 1\n"
	second := int64(strings.Index(lines, "192.0.2.2"))
	c.look([]byte(lines), 100)
	c.look([]byte(lines[second:]), 100+second) // what was not whole is read again
	batch := func(start, end int64) {
		_, err := c.Publish(t.Context(), &event.Batch{Header: event.Header{Start: start, End: end}}, 0)
		if !errors.Is(err, to.err) {
			t.Fatal(err)
		}
	}
	batch(100, 100+second)
	if len(noted) > 0 {
		t.Errorf("noted before the bus had it: %+v", noted)
	}
	to.err = nil
	batch(100, 100+second)
	batch(100+second, 100+int64(len(lines)))
	got := make([]string, len(noted))
	for i, a := range noted {
		got[i] = a.Target
		if a.Read > a.Closed || a.Closed > a.Acknowledged {
			t.Errorf("out of order: %+v", a)
		}
	}
	if !slices.Equal(got, []string{"192.0.2.1", "192.0.2.2"}) {
		t.Errorf("noted %v", got)
	}
}

// TestLoadsInFlags: none besides the touches is a load too.
func TestLoadsInFlags(t *testing.T) {
	o, err := parseOptions([]string{"-loads", "0,500", "-apart"})
	if err != nil || !slices.Equal(o.loads, []int{0, 500}) || !o.apart {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := parseOptions([]string{"-agents", "0"}); err == nil {
		t.Error("no agents were taken")
	}
}
