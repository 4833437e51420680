package correlate

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const hits = `x: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {gte: 60}`

// Many addresses with one request each neither use more memory than allowed,
// nor hide the one that comes once a minute.
func TestFloodDoesNotHideTheSlowOne(t *testing.T) {
	b := newBench(t, strings.Replace(hits, "60", "30", 1), Options{MaxGroups: 1000})
	for minute := range int64(180) {
		b.say(t, fmt.Sprintf("a %d ip=slow", minute*60))
		for i := range int64(2000) {
			n := minute*2000 + i
			b.feed(&line{at: minute*60*second + i, file: "g", offset: n, values: map[string]string{"ip": fmt.Sprint(n)}}, "a")
			if s := b.memory; s.groups > 1000 {
				t.Fatalf("%d groups", s.groups)
			}
		}
	}
	if !strings.HasSuffix(b.seen(), "x[slow]7200") {
		t.Errorf("found %q", b.seen())
	}
	if s := b.Stats(); s.EvictedBySize == 0 || s.EvictedByAge != 0 {
		t.Errorf("%+v", s)
	}
}

// However many groups are well known, new ones find room long enough to become so.
func TestBusyGroupsLeaveRoomForNewOnes(t *testing.T) {
	b := newBench(t, hits, Options{MaxGroups: 800})
	offset := int64(0)
	hit := func(ip string) {
		offset++
		b.feed(&line{at: offset, file: "f", offset: offset, values: map[string]string{"ip": ip}}, "a")
	}
	for i := range 2000 {
		for range 20 {
			hit(fmt.Sprint("busy", i))
		}
	}
	for i := range 60 {
		hit("new")
		for j := range 90 {
			hit(fmt.Sprint("once", i, " ", j))
		}
	}
	if got := b.found[len(b.found)-1]; got != "x [new] 0" {
		t.Errorf("found %q last", got)
	}
}

func TestBytesAreBounded(t *testing.T) {
	const most = 1 << 20
	b := newBench(t, `
		values: type: value_count, rules: [a], group-by: [ip], timespan: 1h, condition: {field: user, gte: 500}
		shares: type: value_percentile, rules: [a], group-by: [ip], timespan: 1h, condition: {field: user, lt: 0.01}
		order: type: temporal_ordered, rules: [a, b], group-by: [ip], timespan: 1h`, Options{MaxBytes: most})
	for i := range int64(40_000) {
		b.feed(&line{at: i * second / 100, file: "f", offset: i, values: map[string]string{"ip": fmt.Sprint(i % 7), "user": fmt.Sprint(i)}}, "a")
		if b.memory.bytes > most {
			t.Fatalf("%d bytes after %d records", b.memory.bytes, i)
		}
	}
	sum := int64(0)
	for _, l := range b.memory.lists {
		for g := l.oldest; g != nil; g = g.next {
			sum += g.size()
		}
	}
	if sum != b.memory.bytes {
		t.Errorf("%d bytes are counted as %d", sum, b.memory.bytes)
	}
}

func TestGroupsEndByAge(t *testing.T) {
	b := newBench(t, `
		x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {gte: 2}
		y: type: value_avg, rules: [a], group-by: [ip], timespan: 10s, condition: {field: bytes, gte: 2}`, Options{Lateness: 5 * time.Second})
	b.say(t, "a 1 ip=1 bytes=1, a 2 ip=2 bytes=1")
	f := func(at, groups int64) {
		t.Helper()
		b.Advance(at*second, b.emit)
		if s := b.Stats(); int64(s.Groups) != groups || int64(s.EvictedByAge) != 4-groups {
			t.Errorf("at %d: %+v", at, s)
		}
	}
	f(14, 4)
	f(15, 2)
	f(24, 2)
	f(25, 0)
	if s := b.Stats(); s.Bytes != 0 {
		t.Errorf("%d bytes are left", s.Bytes)
	}
}

// A file that is read long after it was written is judged at its own pace.
func TestBacklog(t *testing.T) {
	b := newBench(t, hits, Options{Lateness: 5 * time.Second})
	b.Advance(1_000_000*second, b.emit)
	for i := range 60 {
		b.say(t, fmt.Sprintf("a %d ip=1", i*50))
		b.Advance(int64(1_000_000+i)*second, b.emit)
	}
	if b.seen() != "x[1]0" {
		t.Errorf("found %q", b.seen())
	}
}

// A record of the far future takes nothing from its group, nor from others.
func TestRecordOfTheFuture(t *testing.T) {
	b := newBench(t, `
		x: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {gte: 3}
		y: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {lt: 3}`, Options{})
	c := NewClock(5 * time.Minute)
	tell := func(at int64) { b.Advance(c.Tell("f", at*second), b.emit) }
	tell(10)
	b.say(t, "a 10 ip=1, a 20 ip=1, a 3786912000 ip=1")
	tell(3786912000)
	b.say(t, "a 30 ip=1")
	tell(30)
	if b.seen() != "x[1]0" {
		t.Errorf("found %q", b.seen())
	}
}

// An event time that was wrong neither keeps windows from being judged nor
// groups from growing old.
func TestAWrongEventTimeIsTakenBack(t *testing.T) {
	b := newBench(t, `
		x: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {gte: 3}
		y: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {lt: 3}`, Options{})
	b.say(t, "a 500000 ip=1")
	b.Advance(3786912000*second, b.emit)
	b.say(t, "a 500010 ip=2")
	b.Advance(500010*second, b.emit)
	b.say(t, "a 500020 ip=3")
	b.Advance(520000*second, b.emit)
	if b.seen() != "y[1]496800 y[3]496800" || b.Stats().Groups != 0 {
		t.Errorf("found %q, %d groups are left", b.seen(), b.Stats().Groups)
	}
}

func TestTimesOutOfRange(t *testing.T) {
	b := newBench(t, everything, Options{})
	for i, at := range []int64{-1 << 63, 1<<63 - 1, 0, minTime, maxTime} {
		b.feed(&line{at: at, file: "f", offset: int64(i), values: map[string]string{"ip": "1", "user": "1", "bytes": "1"}}, "a", "b")
		b.Advance(at, b.emit)
	}
	b.Finish(b.emit)
	if s := b.Stats(); s.Groups != 0 {
		t.Errorf("%+v", s)
	}
}

func TestFeedDoesNotAllocate(t *testing.T) {
	e, rule := filled(t, 100)
	q, ignore := &quick{at: second}, func(Match) {}
	q.values[0] = []byte("2001:db8::1")
	e.Feed(rule, q, ignore)
	if n := testing.AllocsPerRun(1000, func() {
		q.offset++
		q.at += 1000
		e.Feed(rule, q, ignore)
	}); n != 0 {
		t.Errorf("%v allocations a record of a known group", n)
	}
}
