package behaviour

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// guilt says that one of some detectors has to speak about an actor.
func (w *world) guilt(actor string, detectors ...string) { w.guilty[actor] = detectors }

// times is how often something is done, by the strength of what is planted.
func (w *world) times(n int) int { return int(float64(n) * w.strength) }

// late is a time in the last quarter of the day.
func (w *world) late() time.Duration {
	day := time.Duration(w.hours) * time.Hour
	return day*3/4 + time.Duration(w.random.Float64()*float64(day)/12)
}

func (w *world) customer(name string, n int) request {
	return request{user: name, address: address(70_000 + n), network: "AS64510", country: "DE", api: "shop", host: "api.example", agent: fmt.Sprintf(app, 2)}
}

// plant puts one of each kind of misbehaviour into the day.
func (w *world) plant() *world {
	w.plantWalker()
	w.plantReader()
	w.plantStuffing()
	w.plantGuessing()
	w.plantThief()
	w.plantScrapers()
	w.plantExport()
	w.plantStray()
	w.plantClockwork()
	w.plantImpostor()
	return w
}

func (w *world) plantWalker() {
	r, at := w.customer("walker", 1), w.late()
	for i := range w.times(60) {
		status := int64(200)
		if w.random.Float64() < 0.4 {
			status = 404
		}
		w.add(with(r, at, "GET", fmt.Sprintf("/orders/%d", 11_000+i), "/orders/{id}", status))
		at += w.pause(20)
	}
	w.guilt("user:walker", ObjectEnumeration)
}

// plantReader has identifiers that cannot be guessed.
func (w *world) plantReader() {
	r, at := w.customer("reader", 2), w.late()
	for i := range w.times(25) {
		w.add(with(r, at, "GET", "/documents/"+uuid(i*3, w.random.IntN(4)), "/documents/{uuid}", 200))
		at += w.pause(30)
	}
	w.guilt("user:reader", ForeignObjects, ObjectEnumeration)
}

func (w *world) plantStuffing() {
	r, at := w.customer("", 3), w.late()
	r.user, r.agent = "", w.browser(4)
	for i := range w.times(60) {
		r.user = fmt.Sprintf("list%d", i)
		w.add(with(r, at, "POST", "/login", "/login", 401))
		at += w.pause(6)
	}
	r.user = "user77"
	w.add(with(r, at, "POST", "/login", "/login", 200))
	w.guilt("address:"+r.address, CredentialStuffing)
	w.guilt("user:user77", GuessedCredential)
}

func (w *world) plantGuessing() {
	at := w.late()
	for i := range w.times(16) {
		r := w.customer("user88", 80_000+i*991)
		w.add(with(r, at, "POST", "/login", "/login", 401))
		at += w.pause(60)
	}
	w.guilt("user:user88", DistributedGuessing)
}

// plantThief has the cookie of somebody who is there.
func (w *world) plantThief() {
	owner := request{session: "stolen", address: address(5), network: "AS64505", country: "DE", api: "portal", host: "portal.example", agent: w.browser(5)}
	thief := owner
	thief.address, thief.network, thief.country, thief.agent = address(90_000), "AS65010", "BR", w.browser(12)
	at := w.late()
	for i := range w.times(40) {
		r := owner
		if i%3 == 2 {
			r = thief
		}
		w.add(with(r, at, "GET", fmt.Sprintf("/portal/%d", w.random.IntN(12)), "/portal/{page}", 200))
		at += w.pause(15)
	}
	w.guilt("session:stolen", SharedCredential)
}

func (w *world) plantScrapers() {
	at := w.late()
	r := request{address: address(95_000), host: "www.example", agent: w.browser(7), country: "DE"}
	for i := range w.times(1500) {
		w.add(with(r, at, "GET", fmt.Sprintf("/articles/%d", i), "/articles/{id}", 200))
		at += w.pause(1)
	}
	w.guilt("address:"+r.address, Scraping)

	turner, at := w.customer("turner", 6), w.late()
	for page := range w.times(150) {
		list := with(turner, at, "GET", "/products", "/products", 200)
		list.query, list.bytes = fmt.Sprintf("page=%d&q=shoes", page+1), 20_000
		w.add(list)
		at += w.pause(3)
	}
	w.guilt("user:turner", PageWalk)
}

func (w *world) plantExport() {
	r, at := w.customer("leaver", 7), w.late()
	for range w.times(300) {
		export := with(r, at, "GET", "/exports/customers", "/exports/customers", 200)
		export.bytes, export.tags = 9_000_000, "export"
		w.add(export)
		at += w.pause(5)
	}
	w.guilt("user:leaver", Exfiltration)
}

// plantStray goes through the shop in no order that makes sense.
func (w *world) plantStray() {
	r, at := w.customer("stray", 8), w.late()
	for range w.times(60) {
		route := []string{"/cart", "/me", "/login", "/documents/{uuid}", "/orders/{id}", "/cart"}[w.random.IntN(6)]
		path := strings.NewReplacer("{uuid}", uuid(9000, 1), "{id}", "77").Replace(route)
		w.add(with(r, at, "GET", path, route, 200))
		at += w.pause(10)
	}
	w.guilt("user:stray", OddOrder)
}

func (w *world) plantClockwork() {
	r, at := request{address: address(96_000), host: "www.example", agent: w.browser(8), country: "DE"}, w.late()
	for range w.times(60) {
		r.referer = "https://www.example/"
		w.add(with(r, at, "GET", fmt.Sprintf("/articles/%d", w.random.IntN(4000)), "/articles/{id}", 200))
		w.add(with(r, at+time.Second, "GET", "/static/1.js", "/static/{slug}.js", 200))
		at += 12*time.Second + time.Duration(w.random.Float64()*float64(time.Second))
	}
	w.guilt("address:"+r.address, MachinePace)
}

func (w *world) plantImpostor() {
	r, at := request{address: address(97_000), host: "www.example", agent: w.browser(9), country: "DE"}, w.late()
	for range w.times(40) {
		w.add(with(r, at, "GET", fmt.Sprintf("/articles/%d", w.random.IntN(4000)), "/articles/{id}", 200))
		at += w.pause(15)
	}
	w.guilt("address:"+r.address, BrowserImpostor)
}

// tally compares what was told with who is guilty.
type tally struct{ guilty, found, told, right int }

func (w *world) tally(t *testing.T, told []Suspicion) tally {
	t.Helper()
	var result tally
	said := map[string][]string{}
	for _, s := range told {
		actor := s.Actor.String()
		if s.Updates == 0 && !slices.Contains(said[actor], s.Detector) {
			said[actor] = append(said[actor], s.Detector)
		}
	}
	for actor, detectors := range said {
		result.told += len(detectors)
		if _, guilty := w.guilty[actor]; guilty {
			result.right += len(detectors)
		} else {
			t.Logf("honest %s: %v%s", actor, detectors, describeAll(about(told, actor)))
		}
	}
	for actor, want := range w.guilty {
		result.guilty++
		if slices.ContainsFunc(want, func(d string) bool { return slices.Contains(said[actor], d) }) {
			result.found++
		} else {
			t.Logf("missed %s: want one of %v, told %v", actor, want, said[actor])
		}
	}
	return result
}

// judged gives the tally of some days of a strength.
func judged(t *testing.T, seeds []uint64, strength float64) tally {
	t.Helper()
	var all tally
	for _, seed := range seeds {
		w := newWorld(seed, 8)
		w.strength = strength
		told := w.honest().plant().watched(New(Options{}))
		one := w.tally(t, told)
		if strength == 1 {
			checkStatements(t, told)
		}
		all.guilty, all.found, all.told, all.right = all.guilty+one.guilty, all.found+one.found, all.told+one.told, all.right+one.right
	}
	t.Logf("strength %.2f: recall %d of %d, precision %d of %d", strength, all.found, all.guilty, all.right, all.told)
	return all
}

func TestPlantedBehaviourIsFound(t *testing.T) {
	f := func(strength, recall, precision float64) {
		t.Helper()
		all := judged(t, []uint64{100}, strength)
		if float64(all.found) < recall*float64(all.guilty) || float64(all.right) < precision*float64(all.told) {
			t.Errorf("at %.2f: recall %d of %d, precision %d of %d", strength, all.found, all.guilty, all.right, all.told)
		}
	}
	f(1, 0.9, 0.9)
	f(0.5, 0.6, 0.9)
}

func about(told []Suspicion, actor string) []Suspicion {
	return slices.DeleteFunc(slices.Clone(told), func(s Suspicion) bool { return s.Actor.String() != actor })
}
