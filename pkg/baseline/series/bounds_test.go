package series

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// regular is a batch of a minute in which each of so many users asks for a
// route of so many, each from an address of his own.
func regular(minute, users, routes, each int) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "shop", Gateway: "gw", File: "00000000000000aa", Path: "/var/log/shop.log"}}
	for i := range users {
		for k := range each {
			b.SetNumber(event.Time, at(time.Duration(minute)*time.Minute))
			b.SetNumber(event.Offset, int64(i))
			b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
			b.SetString(event.User, fmt.Sprintf("user%06d", i))
			b.SetString(event.Application, fmt.Sprintf("app%d", i%(users/4)))
			b.SetString(event.Network, fmt.Sprintf("AS%d", i%(users/4)))
			b.SetString(event.Method, "GET")
			b.SetString(event.Route, fmt.Sprintf("/route%d/{id}", i%routes))
			b.SetString(event.Path, fmt.Sprintf("/route%d/%d", i%routes, i*each+k))
			b.SetString(event.UserAgent, fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/%d.0", i%40))
			b.SetNumber(event.Status, 200)
			b.SetNumber(event.ResponseBytes, int64(i))
			b.SetNumber(event.RequestBytes, 200)
			b.SetNumber(event.Duration, int64(i)*1000)
			b.EndRow()
		}
	}
	return b
}

// flood is a batch of made-up routes, users and addresses, from a number on.
func flood(minute, from, n int) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "shop", Gateway: "gw", File: "00000000000000aa", Path: "/var/log/shop.log"}}
	for i := from; i < from+n; i++ {
		b.SetNumber(event.Time, at(time.Duration(minute)*time.Minute+time.Second))
		b.SetAddr(event.ClientAddress, netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}))
		b.SetString(event.User, fmt.Sprintf("x%d", i))
		b.SetString(event.Application, fmt.Sprintf("app%d", i))
		b.SetString(event.Network, fmt.Sprintf("AS%d", i))
		b.SetString(event.Method, "GET")
		b.SetString(event.Route, fmt.Sprintf("/made/up/%d", i))
		b.SetString(event.API, fmt.Sprintf("api%d", i))
		b.SetString(event.Path, fmt.Sprintf("/made/up/%d", i))
		b.SetString(event.Query, fmt.Sprintf("q%d=1", i))
		b.SetString(event.UserAgent, fmt.Sprintf("flood/%d", i))
		b.SetNumber(event.Status, 200)
		b.SetNumber(event.ResponseBytes, int64(i))
		b.EndRow()
	}
	return b
}

func (g *gathered) ignoring(b *event.Batch) {
	g.Add(b, 0, b.Rows(), nil, b.Number(event.Time, b.Rows()-1), func(*Minute) {})
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestMemoryOf100000SeriesWithOpenMinutes(t *testing.T) {
	g := newGathered(Options{})
	before := heap()
	b := regular(0, 29_600, 19_900, 2)
	times := b.NumberColumn(event.Time)
	batch := heap()
	for minute := range 5 {
		for i := range times {
			times[i] = at(time.Duration(minute) * time.Minute)
		}
		g.ignoring(b)
	}
	used := heap() - batch
	s, live := g.Stats(), 0
	for _, n := range s.Series {
		live += n
	}
	if live < 93_000 || s.Open < 2 || s.TurnedAway != 0 {
		t.Errorf("%d series live, %d minutes are open, turned away were %d", live, s.Open, s.TurnedAway)
	}
	if limit := 300_000_000 * live / 100_000; used > limit {
		t.Errorf("%d series take %d MB, want at most %d", live, used>>20, limit>>20)
	}
	if s.Bytes < used/2 || s.Bytes > 2*used {
		t.Errorf("%d MB are said to be taken, there are %d", s.Bytes>>20, used>>20)
	}
	t.Logf("%d series with %d open minutes take %d MB of %d", live, s.Open, used>>20, (batch-before)>>20)
	runtime.KeepAlive(g)
}

func TestAFloodDisplacesNothingWithAHistory(t *testing.T) {
	g := newGathered(Options{MaxSeries: 2000})
	known := func(minute int) (all map[string]int32) {
		g.minutes = nil
		g.until(time.Duration(minute)*time.Minute + 5*time.Minute)
		all = map[string]int32{}
		for d := range g.series {
			for i, key := range g.series[d].keys {
				if key != nil && g.series[d].slots[i].live && g.series[d].slots[i].strength > 2*young {
					all[name(key)] = int32(i)
				}
			}
		}
		return all
	}
	for minute := range 30 {
		g.all(regular(minute, 300, 200, 1))
	}
	before := known(30)
	if len(before) != 3+200+300+300+75+75 {
		t.Fatalf("%d series have a history", len(before))
	}
	var memory int
	for minute := 40; minute < 52; minute++ {
		for part := range 3 {
			g.ignoring(flood(minute, (minute*3+part)*5000, 5000))
		}
		if s := g.Stats(); minute == 44 {
			memory = s.Bytes
		} else if minute > 44 && s.Bytes > memory*5/4 {
			t.Fatalf("minute %d: %d bytes, they were %d", minute, s.Bytes, memory)
		}
	}
	after := known(52)
	for name, at := range before {
		if after[name] != at {
			t.Errorf("%s had series %d, and has %d", name, at, after[name])
		}
	}
	s := g.Stats()
	if s.TurnedAway == 0 || s.Evicted == 0 {
		t.Errorf("stats are %+v", s)
	}
	for d, n := range s.Series {
		if n > g.options.quotas()[d] {
			t.Errorf("%s: %d series", Dimension(d), n)
		}
	}
	if len(g.lanes.slots) > g.lanes.quota+1 || len(g.lanes.facts) > len(g.lanes.slots) {
		t.Errorf("%d lanes with %d facts", len(g.lanes.slots), len(g.lanes.facts))
	}
}

func TestWhatFindsNoRoomIsCountedInTheOtherRoute(t *testing.T) {
	g := newGathered(Options{MaxSeries: 100})
	g.all(flood(0, 0, 500))
	g.until(5 * time.Minute)
	m := g.of(t, 0)
	routes := 0.0
	for _, r := range m.rows {
		if r.Key.Dimension == Route {
			routes += r.Values[Requests]
		}
	}
	if r := m.row(t, "route {other}"); r.Values[Requests] < 400 || routes != 500 {
		t.Errorf("in the other route are %v, in all %v", r.Values[Requests], routes)
	}
	want(t, m.row(t, "whole all traffic"), map[Measure]float64{Requests: 500})
	if n := m.row(t, "whole all traffic").Values[Addresses]; n < 450 || n > 550 {
		t.Errorf("there were %v addresses", n)
	}
}

func TestEvictedNumbersAreToldBeforeTheyAreAnothers(t *testing.T) {
	g := newGathered(Options{MaxSeries: 100})
	for minute := range 40 {
		g.all(flood(minute, minute*50, 50))
	}
	g.until(time.Hour)
	owner, evicted := map[int32]string{}, 0
	for _, m := range g.minutes {
		for _, n := range m.evicted {
			delete(owner, n)
			evicted++
		}
		for name, r := range m.rows {
			if had, is := owner[r.Series]; is && had != name {
				t.Fatalf("%v: series %d was %s, and is %s", m.start, r.Series, had, name)
			}
			owner[r.Series] = name
			if r.Series < 0 || int(r.Series) >= 100 {
				t.Fatalf("%s has the number %d", name, r.Series)
			}
		}
	}
	if evicted == 0 {
		t.Error("nothing made room")
	}
}

func TestWhatIsNotSeenForLongIsForgotten(t *testing.T) {
	g := newGathered(Options{})
	for day := range 40 {
		lines := []line{{at: time.Duration(day) * 20 * time.Hour, client: "192.0.2.1", route: "/stays"}}
		if day == 0 {
			lines = append(lines, line{client: "192.0.2.2", route: "/goes"})
		}
		b := batchOf("shop", lines...)
		g.Add(b, 0, b.Rows(), nil, at(lines[0].at), func(m *Minute) {
			if len(m.Evicted) > 0 {
				g.take(m)
			}
		})
	}
	if len(g.minutes) != 1 || len(g.minutes[0].evicted) != 2 || g.minutes[0].start < 30*24*time.Hour {
		t.Errorf("told are %+v", g.minutes)
	}
	if s := g.Stats(); s.Series[Route] != 1 || s.Series[Address] != 1 {
		t.Errorf("there are %+v", s)
	}
}

func TestOrdinaryRowsAllocateNothing(t *testing.T) {
	g := newGathered(Options{})
	b := regular(0, 300, 100, 3)
	add := func() { g.Add(b, 0, b.Rows(), nil, at(0), func(*Minute) {}) }
	for range 3 {
		add()
	}
	if n := testing.AllocsPerRun(20, add); n > 4 { // for 900 rows
		t.Errorf("%v allocations", n)
	}
}
