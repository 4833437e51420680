package behaviour

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// town is where detectors are tested one at a time: a few hundred customers and
// visitors, and whoever is added.
func town(seed uint64, also func(*world)) *world {
	w := newWorld(seed, 8)
	w.customers(300)
	w.visitors(200)
	also(w)
	return w
}

// toldOf gives which detectors spoke of an actor.
func toldOf(told []Suspicion, actor string) []string {
	var list []string
	for _, s := range told {
		if s.Actor.String() == actor && !slices.Contains(list, s.Detector) {
			list = append(list, s.Detector)
		}
	}
	return list
}

// checkStatements checks that each suspicion says what it rests on, and is told
// again for more only.
func checkStatements(t *testing.T, told []Suspicion) {
	t.Helper()
	seen, ids := map[string]bool{}, map[string]float64{}
	for i := range told {
		s := &told[i]
		seen[s.Detector] = true
		checkStatement(t, s)
		before, again := ids[s.ID()]
		bounded := s.Detector == BrowserImpostor || s.Detector == OddOrder || s.Detector == MachinePace
		if again != (s.Updates > 0) || again && !bounded && s.Statistic.Seen < 1.5*before {
			t.Errorf("%s is told for the %d. time with %v after %v", s.Detector, s.Updates+1, s.Statistic.Seen, before)
		}
		ids[s.ID()] = s.Statistic.Seen
	}
	for _, d := range Detectors() {
		if !seen[d.ID] && d.ID != ForeignObjects {
			t.Errorf("%s did not speak", d.ID)
		}
	}
}

func checkStatement(t *testing.T, s *Suspicion) {
	t.Helper()
	d := s.Statistic
	if s.Row < 0 || s.Time < s.Window || s.Window == 0 || s.Title == "" || s.Reason == "" || s.Family == "" || s.Version == "" {
		t.Errorf("%s lacks something: %+v", s.Detector, s)
	}
	if d.Shape != finding.Behaviour || d.Series == "" || d.Unit == "" || d.Since.UnixNano() != s.Window {
		t.Errorf("%s rests on %+v", s.Detector, d)
	}
	if d.Probability <= 0 || d.Probability > 1e-3 || d.Seen <= 0.8*d.Upper {
		t.Errorf("%s: %v seen where up to %v is ordinary, by chance %v", s.Detector, d.Seen, d.Upper, d.Probability)
	}
	if s.Score <= 0.2 || s.Score > 1 || s.Tier < finding.Log || s.Tier > finding.Page {
		t.Errorf("%s: score %v, tier %v", s.Detector, s.Score, s.Tier)
	}
}

// TestLeakedIdentifiers: objects that cannot be guessed, all of others, all
// given: nothing but their owners tells.
func TestLeakedIdentifiers(t *testing.T) {
	w := town(22, func(w *world) {
		for i := range 200 { // each has looked at his papers before
			r := w.customer(fmt.Sprintf("owner%d", i), 1000+i)
			for n := range 6 {
				w.add(with(r, time.Duration(i)*time.Minute+time.Duration(n)*5*time.Second, "GET", "/papers/"+uuid(i, n%3), "/papers/{uuid}", 200))
			}
		}
		r := w.customer("leaker", 5000)
		for i := range 20 {
			w.add(with(r, 6*time.Hour+time.Duration(i)*30*time.Second, "GET", "/papers/"+uuid(i*3, 1), "/papers/{uuid}", 200))
		}
		own := w.customer("honest", 5001)
		for i := range 20 {
			w.add(with(own, 6*time.Hour+time.Duration(i)*30*time.Second, "GET", "/papers/"+uuid(777, i), "/papers/{uuid}", 200))
		}
	})
	told := w.watched(New(Options{}))
	if got := toldOf(told, "user:leaker"); !slices.Contains(got, ForeignObjects) {
		t.Errorf("of the leaker %v:%s", got, describeAll(told))
	}
	if got := toldOf(told, "user:honest"); len(got) > 0 {
		t.Errorf("of somebody with twenty papers of his own %v", got)
	}
}

// TestNearMisses has in one town what is near to being found.
func TestNearMisses(t *testing.T) {
	told := town(23, func(w *world) {
		export := with(w.customer("analyst", 600), 7*time.Hour, "GET", "/exports/all", "/exports/all", 200)
		export.bytes, export.tags = 5_000_000_000, "export"
		w.add(export)

		r := w.customer("", 601)
		for i := range 30 {
			r.user = fmt.Sprintf("x%d", i)
			w.add(with(r, 7*time.Hour+time.Duration(i)*time.Second, "POST", "/login", "/login", 401))
		}
		r.user, r.agent = "neighbour", w.browser(1)
		w.add(with(r, 7*time.Hour+time.Minute, "POST", "/login", "/login", 200))

		victim, careful := w.customer("victim", 602), w.customer("careful", 603)
		for i := range 200 {
			at, path := 7*time.Hour+time.Duration(i)*time.Second, fmt.Sprintf("/orders/%d", 11_000+i)
			w.add(with(victim, at, "GET", path, "/orders/{id}", 401))
			w.add(with(careful, at, "OPTIONS", path, "/orders/{id}", 204))
		}
	}).watched(New(Options{}))
	f := func(name, actor string) {
		t.Helper()
		if got := about(told, actor); len(got) > 0 {
			t.Errorf("%s:%s", name, describeAll(got))
		}
	}
	f("one large answer", "user:analyst")
	f("a success by another client than the one that failed", "user:neighbour")
	f("who is only named by records that were refused", "user:victim")
	f("a browser that asks whether it may", "user:careful")
}

func TestNothingIsSaidWhileItLearns(t *testing.T) {
	w := newWorld(24, 2)
	w.customers(300)
	w.plant()
	told := w.watched(New(Options{Limits: Limits{Learning: 3 * time.Hour}}))
	if len(told) > 0 {
		t.Errorf("%d suspicions in the first two hours", len(told))
	}
	o := New(Options{})
	w.watched(o)
	if s := o.Stats(); s.Learning == 0 || s.Learning > s.Sites {
		t.Errorf("%+v: none is said to be learning", s)
	}
}

func TestWhatWeRefusedAndWhatIsNotOursIsPassedOver(t *testing.T) {
	b := town(25, func(w *world) { w.plant() }).batch()
	var refused []int
	for row := range b.Rows() {
		if string(b.Text(event.User, row)) == "walker" || string(b.Text(event.User, row)) == "leaver" {
			refused = append(refused, row)
		}
	}
	var told []Suspicion
	o := New(Options{Disabled: []string{Scraping, "no-such"}})
	o.Add(b, 0, b.Rows(), refused, func(s *Suspicion) { told = append(told, *s) })
	if got := append(toldOf(told, "user:walker"), toldOf(told, "user:leaver")...); len(got) > 0 {
		t.Errorf("of what we refused: %v", got)
	}
	if strings.Contains(describeAll(told), Scraping) {
		t.Error("a detector that is disabled spoke")
	}
	if len(told) == 0 || o.Stats().Rows != uint64(b.Rows()-len(refused)) {
		t.Errorf("%d suspicions, %+v", len(told), o.Stats())
	}
	for _, set := range []func(){func() { b.Direction = event.Egress }, func() { b.Direction, b.Kind = event.Ingress, event.Decoy }} {
		o := New(Options{})
		set()
		if o.Add(b, 0, b.Rows(), nil, func(*Suspicion) {}); o.Stats().Rows != 0 {
			t.Error("calls of ours, or decoys, were watched")
		}
	}
}

// TestAFloodDoesNotHide: somebody walks through objects while a hundred thousand
// addresses come and go.
func TestAFloodDoesNotHide(t *testing.T) {
	w := town(26, func(w *world) {
		w.plantWalker()
		for i := range 60_000 {
			w.add(request{at: 6*time.Hour + time.Duration(i)*20*time.Millisecond, address: address(200_000 + i*3), host: "www.example", agent: "x", path: "/", route: "/", status: 200, bytes: 10})
		}
	})
	o := New(Options{MaxActors: 3000})
	if got := toldOf(w.watched(o), "user:walker"); !slices.Contains(got, ObjectEnumeration) {
		t.Errorf("of the walker %v, %+v", got, o.Stats())
	}
	if o.Stats().Actors > 3000 || o.Stats().Evicted == 0 {
		t.Errorf("%+v", o.Stats())
	}
}

func TestWildTimes(t *testing.T) {
	w := newWorld(27, 2)
	for i := range 500 {
		r := w.customer(fmt.Sprintf("user%d", i%20), i%20)
		w.add(with(r, time.Duration(w.random.Int64N(1<<62))-1<<61, "GET", "/orders/1", "/orders/{id}", 200))
	}
	o := New(Options{})
	if told := w.watched(o); len(told) > 0 {
		t.Error(describeAll(told))
	}
	restored := New(Options{})
	if err := restored.Restore(snapshotOf(t, o)); err != nil {
		t.Error(err)
	}
}

func TestOrdinaryRowsAllocateNothing(t *testing.T) {
	b := newWorld(28, 2)
	b.customers(50)
	batch := b.batch()
	o := New(Options{})
	tell := func(*Suspicion) {}
	o.Add(batch, 0, batch.Rows(), nil, tell)
	if n := testing.AllocsPerRun(5, func() { o.Add(batch, 0, batch.Rows(), nil, tell) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
