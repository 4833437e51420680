package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// walk does a random thing to each of some books, the same to all; pins and
// their like only where persons are.
func walk(random *rand.Rand, now *time.Time, persons bool, books ...*Book) {
	version, kind, n := fmt.Sprint("v", random.IntN(3)), random.IntN(12), random.Uint64N(40)
	verb := Verbs()[random.IntN(len(Verbs()))]
	m := Measure{Findings: n, Actors: []uint64{random.Uint64N(6)}, Requests: n * 3}
	switch random.IntN(12) {
	case 0:
		m.Successful = m.Requests
	case 1:
		m.Complaints = n % 3
	case 2:
		m.Discards = n
	}
	h := Health{Gateway: fmt.Sprint(random.IntN(2))}
	for i := 0; kind == 1 && i < 1200; i++ {
		h.Add(200+300*int64(random.IntN(20)/19), time.Duration(random.IntN(50))*time.Millisecond)
	}
	*now = now.Add(time.Duration(random.IntN(300)) * time.Minute)
	for _, b := range books {
		switch {
		case kind == 0:
			b.Stage("r", version, *now)
		case kind == 1:
			b.Gateways(h, *now)
		case kind == 2 && persons:
			_ = b.Command("r", version, verb, "alice", "", *now) // may be refused
		default:
			b.Observe("r", version, m, *now)
		}
	}
}

// TestNeverSkipsAStageNorEnforcesWithARedGate walks at random: no version
// climbs by more than one stage, or with a gate that is not green but by a
// person, who cannot do it while one is red.
func TestNeverSkipsAStageNorEnforcesWithARedGate(t *testing.T) {
	climbed := 0
	for seed := range uint64(25) {
		random, now, b := rand.New(rand.NewPCG(seed, 7)), start, New(Options{})
		for range 400 {
			walk(random, &now, true, b)
			for _, e := range b.Step(now) {
				if e.What != EventPromoted {
					continue
				}
				climbed++
				if e.To != e.From+1 || wrong(e.Gates) != "" || e.Who == ByGates && worst(e.Gates) != Green {
					t.Fatalf("seed %d: %+v", seed, e)
				}
			}
			for _, l := range b.List() {
				if l.State != Pinned && l.Stage > Shadow && worst(l.Gates) == Alarm {
					t.Fatalf("seed %d: %+v acts with an alarm", seed, l)
				}
				if l.Placement.Mode == block.Enforce && !l.Placement.Flag && l.Stage != Enforce {
					t.Fatalf("seed %d: %+v", seed, l.Placement)
				}
			}
		}
	}
	if climbed < 50 {
		t.Errorf("only %d promotions", climbed)
	}
}

// TestTheSameCallsGiveTheSame, also when one of two books is saved and read again
// now and then.
func TestTheSameCallsGiveTheSame(t *testing.T) {
	for seed := range uint64(10) {
		random, now := rand.New(rand.NewPCG(seed, 8)), start
		a, b := New(Options{}), New(Options{})
		for i := range 300 {
			walk(random, &now, true, a, b)
			if i%20 == 0 {
				b = restored(t, b)
			}
			if i%3 != 0 {
				continue
			}
			if x, y := a.Step(now), b.Step(now); !equal(t, x, y) {
				t.Fatalf("seed %d: %v, and %v", seed, x, y)
			}
		}
		if !equal(t, a.List(), b.List()) {
			t.Fatalf("seed %d: the books differ", seed)
		}
	}
}

func restored(t *testing.T, b *Book) *Book {
	t.Helper()
	data, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	next := New(Options{})
	if err := next.Restore(data); err != nil {
		t.Fatal(err)
	}
	return next
}

func equal(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

// TestTheOrderOfMeasuresDoesNotMatter within a step.
func TestTheOrderOfMeasuresDoesNotMatter(t *testing.T) {
	for seed := range uint64(20) {
		random, now := rand.New(rand.NewPCG(seed, 9)), start
		a, b := New(Options{}), New(Options{})
		for range 30 {
			now = now.Add(6 * time.Hour)
			measures := make([]Measure, 50)
			for i := range measures {
				measures[i] = Measure{Findings: 1, Actors: []uint64{random.Uint64()}, Requests: random.Uint64N(9), Complaints: uint64(random.IntN(500) / 499)}
			}
			for _, i := range random.Perm(len(measures)) {
				a.Observe("r", "v", measures[i], now)
			}
			for _, m := range measures {
				b.Observe("r", "v", m, now)
			}
			if !equal(t, a.Step(now), b.Step(now)) || !equal(t, a.List(), b.List()) {
				t.Fatalf("seed %d: the order matters", seed)
			}
		}
	}
}

func TestActorsAreCounted(t *testing.T) {
	f := func(n, least, most int) {
		t.Helper()
		random := rand.New(rand.NewPCG(1, 1))
		var s sketch
		for range n {
			h := random.Uint64()
			s.add(h)
			s.add(h)
		}
		if got := s.count(); got < least || got > most || len(s) > sketchSize {
			t.Errorf("%d are counted as %d", n, got)
		}
	}
	f(0, 0, 0)
	f(63, 63, 63)
	f(1000, 700, 1300)
	f(100_000, 70_000, 130_000)
}

func TestRestore(t *testing.T) {
	w := newWorld(t).climb("v1", Canary5)
	w.serve("a", 10, 1, time.Second)
	before := w.List()
	for _, bad := range []string{"{", "{}", `{"version":9}`, `{"version":1,"logic":[null]}`, `{"version":1,"logic":[{"stage":"x"}]}`} {
		if err := w.Restore([]byte(bad)); !errors.Is(err, ErrState) || !reflect.DeepEqual(w.List(), before) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := w.Restore(nil); err != nil || len(w.List()) != 0 {
		t.Errorf("%v, %v", err, w.List())
	}
}

func TestStageText(t *testing.T) {
	for _, s := range append(Stages(), Retired) {
		text, _ := s.MarshalText()
		var back Stage
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s came out as %s, %v", s, back, err)
		}
	}
	var s Stage
	if err := s.UnmarshalText([]byte("nowhere")); err == nil || !strings.Contains(Stage(99).String(), "99") {
		t.Errorf("%v", err)
	}
}
