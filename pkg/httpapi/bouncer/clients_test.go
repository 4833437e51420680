package bouncer

import (
	"strconv"
	"testing"
	"time"
)

var lookAlike = client{token: "edge", agent: "caddy/1"}

// asks has a question answered, and gives from where on it told; known is false
// for everything.
func asks(c *clients, q question, revision uint64) (from uint64, known bool) {
	from, known = c.base(&q)
	c.told(&q, revision, !known && !q.startup)
	return from, known
}

// Whoever has a key and another name with each question takes no more memory
// than so many bouncers, and who asks as always is told what is new.
func TestAsManyBouncersAsThereMayBe(t *testing.T) {
	now := time.Unix(0, 0)
	c := newClients(now)
	good := question{who: lookAlike, connection: "good"}
	for i := range 3 * mostSeen {
		now = now.Add(time.Millisecond)
		asks(c, question{who: client{token: "edge", agent: strconv.Itoa(i)}, connection: strconv.Itoa(i), at: now}, 7)
		if i%1000 == 0 {
			good.at = now
			asks(c, good, 8)
		}
	}
	if n := len(c.byID); n > mostSeen {
		t.Errorf("%d bouncers are remembered", n)
	}
	if revision, known := c.base(&good); !known || revision != 8 {
		t.Errorf("the bouncer that asks as always is not known: %d %v", revision, known)
	}
	now = now.Add(stays + time.Hour)
	asks(c, question{who: lookAlike, connection: "new", at: now}, 9)
	if n, m := len(c.byID), len(c.owners); n != 1 || m != 1 {
		t.Errorf("%d bouncers and %d connections are remembered after a day", n, m)
	}
}

// However many look like one, and however they ask, what is remembered of them
// is bounded.
func TestAsManyThatLookLikeOne(t *testing.T) {
	now := time.Unix(0, 0)
	c := newClients(now)
	for i := range 5 * mostConnections {
		now = now.Add(40 * time.Millisecond)
		own := question{who: lookAlike, connection: strconv.Itoa(i), at: now}
		asks(c, own, uint64(i))
		if i%2 == 0 {
			asks(c, own, uint64(i))
		}
		asks(c, question{who: lookAlike, at: now}, uint64(i))
	}
	p := c.byID[lookAlike]
	if n := len(p.once) + len(p.used); n > mostConnections+1 {
		t.Errorf("%d connections are remembered", n)
	}
	if n := len(p.open.spans) + len(p.left.spans); n > 200 {
		t.Errorf("%d times are remembered", n)
	}
}

// A bouncer with a connection for each question, which proves nothing, gets all
// again after a restart of ours for a while, and not for ever.
func TestConnectionsOfOneQuestionAreToldAllSoOftenOnly(t *testing.T) {
	now := time.Unix(0, 0)
	c := newClients(now)
	all := 0
	for i := range 60 {
		now = now.Add(time.Minute)
		if _, known := asks(c, question{who: lookAlike, connection: strconv.Itoa(i), at: now}, uint64(i+1)); !known {
			all++
		}
	}
	if all != 15 {
		t.Errorf("%d answers had everything: want those of %s", all, quiet)
	}
	revision, known := c.base(&question{who: lookAlike, connection: "new", at: now.Add(time.Minute)})
	if age := 60 - int(revision); !known || age < int(quiet/time.Minute)-1 || age > 25 {
		t.Errorf("it is told what is new since %d of 60 (%v)", revision, known)
	}
}

// A bouncer that asks as always on its connection is told what is new, and
// nothing twice.
func TestWhoKeepsAConnectionHearsAllOnce(t *testing.T) {
	now := time.Unix(0, 0)
	c := newClients(now)
	asks(c, question{who: lookAlike, connection: "1", startup: true, at: now}, 1)
	for i := range 100 {
		now = now.Add(10 * time.Second)
		if from, known := asks(c, question{who: lookAlike, connection: "1", at: now}, uint64(i+2)); !known || from != uint64(i+1) {
			t.Fatalf("question %d: told from %d on (%v)", i, from, known)
		}
	}
	now = now.Add(2 * stays)
	if _, known := asks(c, question{who: lookAlike, connection: "2", at: now}, 200); known {
		t.Error("who was away for two days is told what is new")
	}
}

// What came of a row of answers says nothing about the next row.
func TestBlanks(t *testing.T) {
	begun := time.Unix(0, 0)
	var b blanks
	for range keptAnswers {
		b.add(begun)
	}
	now := begun.Add(quiet)
	if b.last(now) {
		t.Error("so many do not last")
	}
	b.add(now)
	b.came(begun)
	if !b.last(now) {
		t.Error("one of the row before came, and of this one nothing did")
	}
	b.came(now)
	if b.last(now) {
		t.Error("all came")
	}
}

func TestTimeline(t *testing.T) {
	begun := time.Unix(0, 0)
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	line := timeline{grain: 10 * time.Second}
	f := func(spans int, least uint64) {
		t.Helper()
		if got, ok := line.least(); len(line.spans) != spans || got != least || ok != (spans > 0) {
			t.Errorf("%d spans from %d on (%v), want %d from %d on", len(line.spans), got, ok, spans, least)
		}
	}
	f(0, 0)
	line.add(reply{7, at(100)})
	line.add(reply{9, at(109)})
	f(1, 7)
	line.add(reply{8, at(110)})
	f(2, 7)
	line.add(reply{5, at(50)}) // it went out before, and is told of late
	line.add(reply{4, at(55)})
	f(3, 4)
	if got := line.latest(); !got.Equal(at(110)) {
		t.Errorf("the latest is of %s", got)
	}
	line.drop(at(130), 20*time.Second, 3)
	f(2, 7) // of the last three answers, two are in one span
	line.drop(at(130), 20*time.Second, 0)
	f(1, 8)
	line.drop(at(130).Add(stays), 2*stays, 1)
	f(0, 0)
}
