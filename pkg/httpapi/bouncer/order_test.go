package bouncer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// world is bouncers that look like one, and a service whose changes are
// numbered: who is told from a revision on that it does not have yet misses
// something.
type world struct {
	clients  *clients
	now      time.Time
	revision uint64
	bouncers []fellow
	opened   int    // connections
	pooled   string // the one that all use, of a proxy that says nothing; empty: each has its own
	proxied  bool   // nothing tells connections apart
	missed   string
	steps    []string
}

// fellow is one of the bouncers.
type fellow struct {
	name       string
	connection string
	begun      bool   // it has got everything once
	has        uint64 // up to which it has got all
}

func newWorld(bouncers int) *world {
	w := &world{now: time.Unix(1_700_000_000, 0), revision: 1, bouncers: make([]fellow, bouncers)}
	for i := range w.bouncers {
		w.bouncers[i].name = string(rune('A' + i))
	}
	w.restart()
	return w
}

// restart is one of the service: connections end with it.
func (w *world) restart() {
	w.clients = newClients(w.now)
	for i := range w.bouncers {
		w.bouncers[i].connection = ""
	}
	if w.pooled != "" {
		w.pool()
	}
}

func (w *world) pool() {
	w.opened++
	w.pooled = fmt.Sprint("pooled ", w.opened)
}

func (w *world) on(f *fellow) string {
	switch {
	case w.proxied:
		return ""
	case w.pooled != "":
		return w.pooled
	case f.connection == "":
		w.opened++
		f.connection = fmt.Sprint(w.opened)
	}
	return f.connection
}

// ask is a poll, of which the answer may be lost together with the connection.
func (w *world) ask(n int, lost bool) {
	f := &w.bouncers[n]
	q := question{who: lookAlike, connection: w.on(f), startup: !f.begun, at: w.now}
	from, known := w.clients.base(&q)
	w.clients.told(&q, w.revision, !known && !q.startup)
	if lost {
		if f.connection = ""; w.pooled != "" {
			w.pool()
		}
		return
	}
	if f.begun && known && from > f.has && w.missed == "" {
		w.missed = fmt.Sprintf("%s is told from %d on and has all up to %d, after %s", f.name, from, f.has, strings.Join(w.steps, ", "))
	}
	f.begun, f.has = true, w.revision
}

// step is something that happens.
type step struct {
	name string
	do   func(w *world)
}

func asksStep(n int) step {
	return step{fmt.Sprintf("%c asks", 'A'+n), func(w *world) { w.ask(n, false) }}
}

func losesStep(n int) step {
	return step{fmt.Sprintf("%c loses an answer", 'A'+n), func(w *world) { w.ask(n, true) }}
}

func connectsStep(n int) step {
	return step{fmt.Sprintf("%c connects anew", 'A'+n), func(w *world) { w.bouncers[n].connection = "" }}
}

func beginsStep(n int) step {
	return step{fmt.Sprintf("%c begins anew", 'A'+n), func(w *world) {
		w.bouncers[n].begun, w.bouncers[n].connection = false, ""
		w.ask(n, false)
	}}
}

func waitStep(d time.Duration) step {
	return step{fmt.Sprintf("%s pass", d), func(w *world) { w.now = w.now.Add(d) }}
}

var restartStep = step{"the service restarts", (*world).restart}

// take has a step happen, with a change before it.
func (w *world) take(s step) {
	w.revision++
	w.steps = append(w.steps, s.name)
	s.do(w)
}

// ends asks for all: whoever missed anything is found.
func (w *world) ends(t *testing.T) {
	t.Helper()
	for n := range w.bouncers {
		w.take(asksStep(n))
		w.take(asksStep(n))
	}
	if w.missed != "" {
		t.Error(w.missed)
	}
}

// inEveryOrder has steps happen in every order of so many, with repetitions.
func inEveryOrder(t *testing.T, bouncers, length int, begin func(w *world), steps []step) {
	t.Helper()
	order := make([]int, length)
	for {
		w := newWorld(bouncers)
		begin(w)
		for _, n := range order {
			w.take(steps[n])
		}
		if w.ends(t); t.Failed() {
			return
		}
		i := 0
		for ; i < length; i++ {
			if order[i]++; order[i] < len(steps) {
				break
			}
			order[i] = 0
		}
		if i == length {
			return
		}
	}
}

// begins has all bouncers begin, and ask once more.
func begins(w *world) {
	for range 2 {
		for n := range w.bouncers {
			w.ask(n, false)
		}
	}
}

// longAgo is that the service began long before.
func longAgo(w *world) {
	w.now = w.now.Add(2 * stays)
	begins(w)
}

// TestInEveryOrder: whatever happens to two bouncers that look like one, in
// whichever order, neither misses anything; a third only asks at the end.
func TestInEveryOrder(t *testing.T) {
	two := []step{
		asksStep(0), losesStep(0), connectsStep(0), asksStep(1), losesStep(1),
		waitStep(time.Minute), waitStep(20 * time.Minute), waitStep(4 * time.Hour), restartStep,
	}
	one := []step{asksStep(0), losesStep(0), connectsStep(0), beginsStep(0), waitStep(time.Minute), waitStep(4 * time.Hour), restartStep}
	t.Run("alone", func(t *testing.T) { inEveryOrder(t, 1, 5, longAgo, one) })
	anew := []step{asksStep(0), losesStep(0), beginsStep(0), asksStep(1), losesStep(1), waitStep(time.Minute), waitStep(3 * time.Minute), restartStep}
	t.Run("one begins anew", func(t *testing.T) { inEveryOrder(t, 3, 4, begins, anew) })
	t.Run("with connections of their own", func(t *testing.T) { inEveryOrder(t, 3, 5, begins, two) })
	t.Run("the service began long ago", func(t *testing.T) { inEveryOrder(t, 3, 4, longAgo, two) })
	behind := []step{asksStep(0), losesStep(0), asksStep(1), losesStep(1), waitStep(time.Minute), waitStep(3 * time.Minute), restartStep}
	proxied := func(w *world) { w.proxied = true; begins(w) }
	t.Run("behind a proxy, or with HTTP/2", func(t *testing.T) { inEveryOrder(t, 3, 5, proxied, behind) })
	pooled := func(w *world) { w.pool(); begins(w) }
	t.Run("behind a proxy that says nothing", func(t *testing.T) { inEveryOrder(t, 3, 5, pooled, behind[:6]) })
}

// TestALongWay: what no order of a few steps shows.
func TestALongWay(t *testing.T) {
	steps := []step{
		asksStep(0), asksStep(0), asksStep(1), asksStep(1), asksStep(2), losesStep(0), losesStep(1), connectsStep(1),
		waitStep(10 * time.Second), waitStep(time.Minute), waitStep(2 * time.Minute),
	}
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(3)
		if w.proxied = seed%3 == 1; seed%3 == 2 {
			w.pool()
		}
		begins(w)
		asked := w.now
		for range 300 {
			w.take(steps[dice.IntN(len(steps))])
			if w.now.Sub(asked) > quiet/2 { // nobody is away for longer
				asked = w.now
				for n := range w.bouncers {
					w.take(asksStep(n))
				}
			}
		}
		if w.ends(t); t.Failed() {
			return
		}
	}
}

// TestManyBehindOneAddress: so many bouncers look like one that those which ask
// between two questions of one are hundreds.
func TestManyBehindOneAddress(t *testing.T) {
	for _, proxied := range []bool{true, false} {
		w := newWorld(3)
		w.proxied = proxied
		w.now = w.now.Add(2 * stays)
		begins(w)
		for range 1000 { // others, a connection for each of their questions
			w.take(step{"another asks", func(w *world) {
				w.now = w.now.Add(500 * time.Millisecond)
				q := question{who: lookAlike, at: w.now}
				if w.opened++; !proxied {
					q.connection = fmt.Sprint(w.opened)
				}
				asks(w.clients, q, w.revision)
			}})
			if w.bouncers[0].connection = ""; w.revision%25 == 0 {
				w.take(asksStep(0))
			}
		}
		w.ends(t)
	}
}

// TestTheClockIsSetBack: what was over by the clock before holds by this one.
func TestTheClockIsSetBack(t *testing.T) {
	w := newWorld(3)
	longAgo(w)
	q := question{who: lookAlike, connection: w.on(&w.bouncers[0]), at: w.now.Add(-30 * time.Second)}
	if _, known := w.clients.base(&q); !known {
		t.Error("half a minute is a clock that is kept in step")
	}
	q.at = w.now.Add(-time.Hour)
	if _, known := w.clients.base(&q); known {
		t.Error("it is told what is new")
	}
	w.clients.told(&q, w.revision, true)
	q.at = q.at.Add(10 * time.Second)
	if from, known := w.clients.base(&q); !known || from != w.revision {
		t.Errorf("everything came, and it is told from %d on (%v)", from, known)
	}
}

// TestWhoWasForgotten before its time, because there are too many, may be two.
func TestWhoWasForgotten(t *testing.T) {
	w := newWorld(3)
	longAgo(w)
	w.now = w.now.Add(time.Minute)
	for i := range mostSeen {
		asks(w.clients, question{who: client{token: fmt.Sprint(i)}, at: w.now}, 1)
	}
	if w.clients.byID[lookAlike] != nil {
		t.Fatal("it is known still: nothing is shown")
	}
	w.ends(t)
}

// TestAConnectionOfSeveral: a bouncer begins once, and is always the same.
func TestAConnectionOfSeveral(t *testing.T) {
	f := func(second question) {
		t.Helper()
		c := newClients(time.Unix(0, 0))
		now := time.Unix(0, 0).Add(2 * stays)
		a := question{who: lookAlike, connection: "1", startup: true, at: now}
		asks(c, a, 1)
		second.connection, second.at = "1", now
		asks(c, second, 2)
		a.startup = false
		asks(c, a, 3)
		if from, known := asks(c, a, 4); known && from > 1 {
			t.Errorf("it is told from %d on, and that may have gone to another", from)
		}
	}
	f(question{who: lookAlike, startup: true})
	f(question{who: client{token: "other", agent: "caddy/1"}})
	f(question{who: client{token: "edge", agent: "nginx/1"}})
}
