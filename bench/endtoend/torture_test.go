package endtoend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// Environment of the torture test: "long" for the long form, and the seed of
// a run that is to be repeated.
const (
	tortureEnv     = "HONEYMOAT_TORTURE"
	tortureSeedEnv = "HONEYMOAT_TORTURE_SEED"
)

// torturePlan is how hard it gets.
type torturePlan struct {
	lines    int           // over all log files
	kills    int           // over all kinds of victims
	rounds   int           // of all kinds of rotation, for each log
	beat     time.Duration // between two writes to a file
	writes   int           // to each file
	frozen   time.Duration // the engine is there and does not answer
	full     time.Duration // the bus takes nothing meanwhile; 0: that is left out
	gone     time.Duration // the engine cannot be started; 0: that is left out
	patience time.Duration // for all to come to rest at the end
}

func planTorture() torturePlan {
	if os.Getenv(tortureEnv) == "long" {
		return torturePlan{
			lines: 200_000, kills: 28, rounds: 3, beat: 10 * time.Millisecond, writes: 27_000,
			frozen: 125 * time.Second, full: 15 * time.Second, gone: 15 * time.Second, patience: 8 * time.Minute,
		}
	}
	return torturePlan{
		lines: 40_000, kills: 12, rounds: 1, beat: 10 * time.Millisecond, writes: 2_200,
		frozen: 4 * time.Second, patience: 4 * time.Minute,
	}
}

// TestTorture writes numbered lines into three logs in three formats, pushes
// others by HTTP and by syslog, rotates the logs in every way, has bad lines
// among them, kills every process again and again, and has the store away and
// the bus full for a while. At the end every line is stored exactly once, where
// it lay, every touch is found exactly once, every block is everywhere, and
// what was quarantined is read again.
//
// What it cannot do is to make the clock of the whole machine jump: the tests
// of pkg/tailer set the times of files to any year instead.
func TestTorture(t *testing.T) {
	t.Parallel()
	plan, seed := planTorture(), tortureSeed(t)
	t.Logf("%d lines, %d kills, %s=%d", plan.lines, plan.kills, tortureSeedEnv, seed)
	random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	w := newTorture(t, plan, random)
	began := time.Now()

	finished := make(chan error, len(w.logs))
	for _, log := range w.logs {
		go func() { finished <- log.write(t.Context()) }()
	}
	senders := w.startSenders()
	go w.watch.run(t.Context())
	newChaos(w, random(9)).run()
	for range w.logs {
		w.must(<-finished)
	}
	w.must(senders.finish())
	t.Logf("written after %s", time.Since(began).Round(time.Second))
	w.comesToRest()
	w.judge()
	w.tell()
	w.mends()
	t.Logf("all after %s", time.Since(began).Round(time.Second))
}

func tortureSeed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv(tortureSeedEnv)
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", tortureSeedEnv, err)
	}
	return seed
}

// torture is the stage: a service that reads a log and takes two more, by HTTP
// and by syslog, an agent that ships two logs over the bus, and one that only
// enforces, over HTTP.
type torture struct {
	*play
	plan     torturePlan
	shipper  *stage.Agent
	follower *stage.Agent
	readers  []*reader
	logs     []*numbered // direct, shipped, gateway
	filler   *numbered   // only written to fill the bus
	pushed   *pushed
	syslog   *bySyslog
	watch    *watch
	library  string // a link to the engine's
}

func newTorture(t *testing.T, plan torturePlan, random func(uint64) *rand.Rand) *torture {
	t.Helper()
	w := &torture{play: &play{T: t, Stage: keptStage(t)}, plan: plan}
	for _, dir := range []string{"direct", "shipped", "gateway", "filler", "spare"} {
		w.must(os.Mkdir(w.Path(dir), 0o700))
	}
	w.library = w.Path("libchdb.so")
	w.must(os.Symlink(os.Getenv("HONEYMOAT_ENGINE"), w.library))
	address, err := w.Address()
	w.must(err)
	w.service, err = w.Service(w.deadline(), stage.Settings{
		"sources": []source{
			{"name": "direct", "format": "combined", "paths": []string{w.Path("direct/access*.log*")}},
			{"name": "filler", "format": "combined", "paths": []string{w.Path("filler/access.log")}},
			{"name": "pushed", "format": "json", "http": true},
			{"name": "syslog", "format": "combined", "syslog": []string{"tcp://" + address}},
		},
		"blocks.max_per_minute":   1_000_000,
		"blocks.agent_per_minute": 1_000_000,
		"store.engine.library":    w.library,
	})
	w.must(err)
	w.shipper = w.agent("shipper", stage.Settings{
		"sources": []source{
			{"name": "shipped", "format": "json", "paths": []string{w.Path("shipped/access.log")}},
			{"name": "gateway", "format": "ase-access", "paths": []string{w.Path("gateway/http_ws_*_access_*.log*")}},
		},
		"transport": "bus",
	})
	w.follower = w.agent("follower", stage.Settings{"transport": "http"})
	w.watch = newWatch(w.follower)
	w.pushed = &pushed{pusher: newPusher(w.play, "pushed"), random: random(5), watch: w.watch}
	w.syslog = &bySyslog{address: address, random: random(6)}
	w.writeLogs(random)
	return w
}

// writeLogs makes the logs; nothing is written yet.
func (w *torture) writeLogs(random func(uint64) *rand.Rand) {
	service := &reader{process: w.service.Process, positions: w.service.DataDir + "/positions.json"}
	shipper := &reader{process: w.shipper.Process, positions: w.shipper.StateDir + "/positions.json"}
	w.readers = []*reader{service, shipper}
	direct := newNumbered("direct", 0, w.Path("direct/access.log"), service, combined, random(1))
	direct.grown = func(k int) string { return w.Path(fmt.Sprintf("direct/access-%d.log", k)) }
	shipped := newNumbered("shipped", 1, w.Path("shipped/access.log"), shipper, documented, random(2))
	name := func(k int) string {
		return w.Path(fmt.Sprintf("gateway/http_ws_80_pid_19017_access_2026-01-22_%02d-%02d.log", k/6, k%6*10))
	}
	gateway := newNumbered("gateway", 2, name(0), shipper, multiLine, random(3))
	gateway.grown = name
	w.logs = []*numbered{direct, shipped, gateway}
	for _, log := range w.logs {
		log.watch, log.spare = w.watch, w.Path("spare/"+log.name)
		log.plan(w.plan, len(w.logs))
	}
	w.filler = newNumbered("filler", 3, w.Path("filler/access.log"), service, bulky, random(4))
	w.filler.plain, w.filler.lines = true, 20_000
}

// agent starts an agent without a gateway.
func (p *play) agent(name string, settings stage.Settings) *stage.Agent {
	p.Helper()
	a, err := p.PrepareAgent(name, settings)
	p.must(err)
	p.must(a.Enrol(p.deadline(), p.service))
	p.must(a.Start())
	p.must(a.WaitListening(p.deadline()))
	return a
}

// keptStage is a stage whose directory stays when the test fails.
func keptStage(t *testing.T) *stage.Stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		t.Fatal(err)
	}
	s, err := stage.New(dir, os.Getenv(programsEnv))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the end of the stage: %v", err)
		}
		if t.Failed() {
			t.Logf("the directory is kept: %s\n%s", dir, s.Tails())
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// rests is stage.Until; when patience is at its end the verdict tells more than
// the wait.
func (w *torture) rests(ctx context.Context, what string, check func(context.Context) error) {
	w.Helper()
	if err := stage.Until(ctx, what, check); err != nil {
		w.Error(err)
	}
}
