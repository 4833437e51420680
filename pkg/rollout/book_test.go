package rollout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a book with a clock, told of in words.
type world struct {
	*Book
	t   *testing.T
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{Book: New(Options{}), t: t, now: start}
}

func (w *world) wait(d time.Duration) *world { w.now = w.now.Add(d); return w }

// enough is what a stage wants to know.
func enough() Measure {
	return Measure{Findings: 10, Actors: []uint64{1, 2, 3}, Requests: 30}
}

func (w *world) observe(version string, m Measure) *world {
	w.Observe("r", version, m, w.now)
	return w
}

// step gives what happened in short: "v1 promoted shadow>flag".
func (w *world) step() string {
	var said []string
	for _, e := range w.Step(w.now) {
		said = append(said, fmt.Sprintf("%s %s %s>%s", e.Version, e.What, e.From, e.To))
	}
	return strings.Join(said, ", ")
}

func (w *world) want(what, got, want string) *world {
	w.t.Helper()
	if got != want {
		w.t.Fatalf("%s: %q, want %q", what, got, want)
	}
	return w
}

// command does what a person says, and gives why not.
func (w *world) command(version, verb string) string {
	if err := w.Command("r", version, verb, "alice", "because", w.now); err != nil {
		return err.Error()
	}
	return ""
}

func (w *world) at(version string) Logic {
	w.t.Helper()
	l, err := w.Get("r", version)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// climb brings a version to a stage.
func (w *world) climb(version string, to Stage) *world {
	w.t.Helper()
	w.Stage("r", version, w.now)
	for w.at(version).Stage < to {
		before := w.at(version).Stage
		w.observe(version, enough()).wait(25 * time.Hour).step()
		if got := w.at(version).Stage; got != before+1 {
			w.t.Fatalf("from %s to %s: %+v", before, got, w.at(version).Gates)
		}
	}
	return w
}

func TestTheWayUp(t *testing.T) {
	w := newWorld(t)
	if p := w.Stage("r", "v1", w.now); p.Mode != block.Shadow || p.Stage != Shadow {
		t.Errorf("%+v", p)
	}
	w.want("begin", w.step(), "v1 began shadow>shadow")
	w.wait(48*time.Hour).want("without data", w.step(), "")
	w.observe("v1", enough()).want("with data", w.step(), "v1 promoted shadow>flag")
	if p := w.Stage("r", "v1", w.now); p.Mode != block.Enforce || !p.Flag {
		t.Errorf("%+v", p)
	}
	w.want("at once", w.step(), "")
	w.observe("v1", enough()).wait(11*time.Hour).want("too early", w.step(), "")
	w.wait(time.Hour).want("in time", w.step(), "v1 promoted flag>canary-5")
	if p := w.Stage("r", "v1", w.now); p.Mode != block.Canary || p.Percent != 5 || p.Flag {
		t.Errorf("%+v", p)
	}
	w.observe("v1", enough()).wait(12*time.Hour).want("canary", w.step(), "v1 promoted canary-5>canary-25")
	w.observe("v1", enough()).wait(24*time.Hour).want("the last step", w.step(), "v1 promoted canary-25>enforce")
	if p := w.Stage("r", "v1", w.now); p.Mode != block.Enforce || p.Flag {
		t.Errorf("%+v", p)
	}
	w.observe("v1", enough()).wait(999*time.Hour).want("further", w.step(), "")
	l := w.at("v1")
	if l.State != Done || len(l.History) != 5 || l.History[4].Why != "all gates are green" || len(l.History[4].Gates) == 0 {
		t.Errorf("%+v", l)
	}
}

func TestGates(t *testing.T) {
	f := func(name string, m Measure, want string, color Color) {
		t.Helper()
		w := newWorld(t).climb("v1", Canary5)
		w.observe("v1", enough()).observe("v1", m).wait(12*time.Hour).want(name, w.step(), want)
		gates := w.at("v1").Gates
		if color == Alarm {
			gates = w.at("v1").History[len(w.at("v1").History)-1].Gates
		}
		i := slices.IndexFunc(gates, func(g Gate) bool { return g.Name == name })
		if i < 0 || gates[i].Color != color || gates[i].Text == "" {
			t.Errorf("%s: %+v", name, gates)
		}
	}
	const on, held, back = "v1 promoted canary-5>canary-25", "v1 held canary-5>canary-5", "v1 rolled back canary-5>shadow"
	f("successful", Measure{Requests: 100, Successful: 30}, on, Green)
	f("successful", Measure{Requests: 100, Successful: 60}, held, Red)
	f("successful", Measure{Requests: 100, Successful: 90}, back, Alarm)
	f("successful", Measure{Requests: 100_000, Successful: 6000}, held, Red)
	f("successful", Measure{Requests: 1_000_000, Successful: 11_000}, back, Alarm)
	f("discards", Measure{Discards: 1}, on, Green)
	f("discards", Measure{Discards: 2}, held, Red)
	f("discards", Measure{Discards: 4}, back, Alarm)
	f("complaints", Measure{Complaints: 1}, held, Red)
	f("complaints", Measure{Complaints: 3}, back, Alarm)
	f("hits", Measure{Hits: 3000}, held, Red)
}

func TestWithoutEvidenceNothingMoves(t *testing.T) {
	f := func(m Measure) {
		t.Helper()
		w := newWorld(t)
		w.Stage("r", "v1", w.now)
		w.step()
		w.observe("v1", m).wait(999*time.Hour).want("too little", w.step(), "")
		if g := w.at("v1").Gates[0]; g.Name != "evidence" || g.Color != Measuring {
			t.Errorf("%+v", g)
		}
	}
	f(Measure{})
	f(Measure{Findings: 9, Actors: []uint64{1, 2, 3}, Requests: 30})
	f(Measure{Findings: 10, Actors: []uint64{1, 2, 2}, Requests: 30})
	f(Measure{Findings: 10, Actors: []uint64{1, 2, 3}, Requests: 19})
}

func TestARedGateHoldsUntilItIsGreenAndTheTimeBeginsAnew(t *testing.T) {
	w := newWorld(t).climb("v1", Flag)
	w.observe("v1", enough()).observe("v1", Measure{Requests: 70, Successful: 30}).wait(6*time.Hour).want("red", w.step(), "v1 held flag>flag")
	if l := w.at("v1"); l.State != Held || l.Who != ByGates || !strings.Contains(l.Why, "30 of 100 requests") {
		t.Errorf("%+v", l)
	}
	w.wait(time.Hour).want("still red", w.step(), "")
	w.observe("v1", Measure{Requests: 100}).want("green", w.step(), "")
	w.wait(settled).want("green for a while", w.step(), "v1 resumed flag>flag")
	w.wait(11*time.Hour).want("anew", w.step(), "")
	w.wait(time.Hour-settled).want("in time", w.step(), "v1 promoted flag>canary-5")
}

func TestAnAlarmRollsBackUntilAPersonResumes(t *testing.T) {
	w := newWorld(t).climb("v1", Enforce)
	w.observe("v1", Measure{Complaints: 3}).want("alarm", w.step(), "v1 rolled back enforce>shadow")
	if l := w.at("v1"); l.State != RolledBack || l.Placement.Mode != block.Shadow || l.Measured.Complaints != 0 {
		t.Errorf("%+v", l)
	}
	w.observe("v1", enough()).wait(999*time.Hour).want("stays", w.step(), "")
	w.want("resume", w.command("v1", VerbResume), "").want("resumed", w.step(), "v1 resumed shadow>shadow")
	w.observe("v1", enough()).wait(24*time.Hour).want("up again", w.step(), "v1 promoted shadow>flag")
}

func TestANewVersionBeginsBesideTheOldOne(t *testing.T) {
	w := newWorld(t).climb("v1", Canary25)
	w.Stage("r", "v2", w.now)
	w.want("begins", w.step(), "v2 began shadow>shadow")
	w.observe("v1", enough()).wait(48*time.Hour).want("the old one stays", w.step(), "")
	w.climb("v2", Canary25)
	if p := w.Stage("r", "v1", w.now); p.Stage != Canary25 {
		t.Errorf("the old one is %+v", p)
	}
	w.observe("v2", enough()).wait(24*time.Hour).want("takes its place", w.step(), "v2 promoted canary-25>enforce, v1 retired canary-25>retired")
	if p := w.Stage("r", "v1", w.now); p.Mode != block.Shadow || p.Stage != Retired {
		t.Errorf("the old one is %+v", p)
	}
	w.observe("v1", enough())
	if l := w.at("v1"); l.Measured.Findings != 0 || len(l.Gates) != 0 {
		t.Errorf("%+v", l)
	}
	w.wait(2 * time.Hour)
	w.Stage("r", "v1", w.now)
	w.want("comes back", w.step(), "v1 began retired>shadow")
	w.climb("v1", Enforce)
	if w.at("v2").Stage != Retired {
		t.Errorf("%+v", w.at("v2"))
	}
}

func TestCommands(t *testing.T) {
	w := newWorld(t).climb("v1", Flag)
	w.observe("v1", enough()).wait(12*time.Hour).want("hold", w.command("v1", VerbHold), "")
	w.want("held", w.step(), "v1 held flag>flag").want("resume", w.command("v1", VerbResume), "")
	w.want("resumed", w.step(), "v1 resumed flag>flag").wait(99*time.Hour).want("measured anew", w.step(), "")
	w.want("promote", w.command("v1", VerbPromote), "").want("promoted", w.step(), "v1 promoted flag>canary-5")
	w.want("pin", w.command("v1", VerbPin), "").want("pinned", w.step(), "v1 pinned canary-5>canary-5")
	w.observe("v1", Measure{Complaints: 99}).wait(99*time.Hour).want("pinned", w.step(), "")
	w.want("roll back", w.command("v1", VerbRollBack), "").want("rolled back", w.step(), "v1 rolled back canary-5>shadow")
	if l := w.at("v1"); l.Who != "alice" || l.Why != "because" || l.State != RolledBack {
		t.Errorf("%+v", l)
	}
}

func TestCommandsThatAreNotFollowed(t *testing.T) {
	w := newWorld(t).climb("v1", Flag)
	f := func(version, verb string, want error) {
		t.Helper()
		before := w.at("v1")
		if err := w.Command("r", version, verb, "alice", "", w.now); !errors.Is(err, want) {
			t.Errorf("%s %s: %v, want %v", verb, version, err, want)
		}
		if after := w.at("v1"); len(after.History) != len(before.History) || after.Stage != before.Stage {
			t.Errorf("%s changed %+v", verb, after)
		}
	}
	f("v9", VerbHold, ErrUnknown)
	f("v1", "hurry", ErrVerb)
	f("v1", VerbResume, ErrRefused)
	w.observe("v1", Measure{Complaints: 1})
	f("v1", VerbPromote, ErrRefused)
	w.command("v1", VerbRollBack)
	f("v1", VerbRollBack, ErrRefused)
	w.command("v1", VerbResume)
	w.climb("v1", Enforce)
	f("v1", VerbPromote, ErrRefused)
	w.climb("v2", Enforce)
	f("v1", VerbHold, ErrRefused)
}

func TestTheBookIsBounded(t *testing.T) {
	b := New(Options{MaxLogic: 20})
	for i := range 100 {
		b.Stage(fmt.Sprint("rule", i), "v", start.Add(time.Duration(i)*time.Minute))
	}
	list := b.List()
	if len(list) > 20 || len(list) < 10 || !slices.ContainsFunc(list, func(l Logic) bool { return l.Rule == "rule99" }) {
		t.Errorf("%d are kept", len(list))
	}
	w := newWorld(t).climb("v1", Flag)
	for range 3 * maxHistory {
		w.command("v1", VerbHold)
		w.Command("r", "v1", VerbResume, "alice", strings.Repeat("long ", 1000), w.now)
	}
	if h := w.at("v1").History; len(h) > maxHistory || h[0].What != EventBegan || len(h[len(h)-1].Why) > maxReason {
		t.Errorf("%d events, the first %+v", len(h), h[0])
	}
}

func TestMeasuresOfNobodyAreForgotten(t *testing.T) {
	b := New(Options{})
	b.Observe("r", "v", Measure{Complaints: 5, Hits: 3}, start)
	if len(b.List()) != 0 {
		t.Error("a complaint began a rollout")
	}
	b.Observe("r", "v", Measure{Findings: 1}, start)
	if len(b.List()) != 1 {
		t.Error("a finding began none")
	}
}

// TestEnforcementIsMeasuredByTheDay: what adds up in years rolls nothing back,
// what happens within a day does.
func TestEnforcementIsMeasuredByTheDay(t *testing.T) {
	w := newWorld(t).climb("v1", Enforce)
	for range 20 {
		w.wait(30*time.Hour).observe("v1", Measure{Requests: 3000, Successful: 700, Complaints: 1}).step()
	}
	w.want("after a month", w.at("v1").Stage.String(), "enforce")
	w.observe("v1", Measure{Complaints: 3}).want("within a day", w.wait(time.Minute).step(), "v1 rolled back enforce>shadow")
}
