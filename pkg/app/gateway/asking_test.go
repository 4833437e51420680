package gateway

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
)

// alarm is a mirror.Way that remembers what it heard.
type alarm struct{ why string }

func (a *alarm) Holds(map[string]uint64) { a.why = "" }
func (a *alarm) Fails(err error)         { a.why = err.Error() }
func (a *alarm) Leaves(int, int)         {}

func TestNobodyAsks(t *testing.T) {
	// rounds are how many lines come in each round; ? is a question.
	f := func(raised bool, rounds ...int) {
		t.Helper()
		var asked atomic.Bool
		logged, way := uint64(0), &alarm{}
		a := &asking{asked: &asked, lines: func() uint64 { return logged }, alarm: way, log: slog.New(slog.DiscardHandler)}
		for _, lines := range rounds {
			if lines < 0 {
				asked.Store(true)
			} else {
				logged += uint64(lines)
			}
			if again := a.look(); again == asked.Load() {
				t.Errorf("%v: looked again: %t", rounds, again)
			}
		}
		if is := strings.Contains(way.why, "requests pass unasked"); is != raised {
			t.Errorf("%v: raised: %t, %q", rounds, is, way.why)
		}
	}
	const question = -1
	f(false)
	f(false, 0, 0, 0, 0)
	f(false, 1_000_000, 0, 0) // what an old log holds
	f(false, 6, 6, 6, 6, 6)   // a balancer's checks
	f(false, 50, 50)
	f(true, 50, 50, 50)
	f(true, 0, 50, 50, 50, 0, 0)
	f(false, 50, 50, 0, 50, 50)
	f(false, question)
	f(false, 50, 50, 50, question)
}

// An agent whose gateway holds blocks itself, or is not to ask, is not watched.
func TestWhoseAskingIsWatched(t *testing.T) {
	f := func(more string, watched bool) {
		t.Helper()
		dir := shortDir(t)
		r := start(t, agenttest.New(), dir, configure(t, dir, fmt.Sprintf("decoys: {catalogue: %s/decoys.yml}\n", dir)+more))
		is := slices.ContainsFunc(r.parts, func(p part) bool { return p.name == "asking" })
		if is != watched {
			t.Errorf("%s: watched: %t", more, is)
		}
		if ways := r.agent.Ways(); is && len(ways) != 0 {
			t.Errorf("%s: %+v", more, ways)
		}
	}
	f("", true)
	f("gateways: {nginx: {shared: {socket: /run/nobody/push.sock}}}\n", false)
}

// A question is one from whichever gateway.
func TestAQuestionIsNoticed(t *testing.T) {
	dir := shortDir(t)
	r := start(t, agenttest.New(), dir, configure(t, dir, withResponder(dir)))
	if r.decider.asked.Load() {
		t.Error("nobody has asked yet")
	}
	r.ask("192.0.2.7", "/")
	if !r.decider.asked.Load() {
		t.Error("a question went unnoticed")
	}
}
