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
	lines     int           // over both sources
	kills     int           // over all kinds of victims
	rotations int           // of each file
	beat      time.Duration // between two writes to a file
	writes    int           // to each file
	patience  time.Duration // for all to come to rest at the end
}

func planTorture() torturePlan {
	if os.Getenv(tortureEnv) == "long" {
		return torturePlan{lines: 200_000, kills: 28, rotations: 24, beat: 10 * time.Millisecond, writes: 10_000, patience: 5 * time.Minute}
	}
	return torturePlan{lines: 40_000, kills: 12, rotations: 8, beat: 10 * time.Millisecond, writes: 2_500, patience: 2 * time.Minute}
}

// TestTorture writes numbered lines into two logs, one that the service reads
// and one that an agent ships, while both are rotated both ways and every
// process is killed again and again. At the end every line is stored exactly
// once, every touch is found exactly once, and every block is everywhere.
func TestTorture(t *testing.T) {
	t.Parallel()
	plan, seed := planTorture(), tortureSeed(t)
	t.Logf("%d lines, %d kills, %s=%d", plan.lines, plan.kills, tortureSeedEnv, seed)
	w := newTorture(t, plan)
	random := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
	direct := newNumbered(w.direct, "198.18", combinedLine, plan, random(1))
	shipped := newNumbered(w.shipped, "198.19", jsonLine, plan, random(2))

	finished := make(chan error, 2)
	for _, log := range []*numbered{direct, shipped} {
		go func() { finished <- log.write(t.Context()) }()
	}
	c := &chaos{torture: w, random: random(3), written: func() int { return direct.Count() + shipped.Count() }}
	c.run()
	for range 2 {
		w.must(<-finished)
	}
	w.comesToRest(direct, shipped)
	w.judge(direct, shipped)
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

// torture is the stage: a service with a log of its own, an agent that ships
// another over the bus, and one that only enforces, over HTTP.
type torture struct {
	*play
	plan     torturePlan
	shipper  *stage.Agent
	follower *stage.Agent
	direct   string // log files
	shipped  string
}

func newTorture(t *testing.T, plan torturePlan) *torture {
	t.Helper()
	w := &torture{play: &play{T: t, Stage: keptStage(t)}, plan: plan}
	w.direct, w.shipped = w.Path("direct/access.log"), w.Path("shipped/access.log")
	w.must(os.Mkdir(w.Path("direct"), 0o700))
	w.must(os.Mkdir(w.Path("shipped"), 0o700))
	var err error
	w.service, err = w.Service(w.deadline(), stage.Settings{
		"sources":                 []stage.Source{{Name: "direct", Paths: []string{w.direct}, Format: "combined"}},
		"blocks.max_per_minute":   1_000_000,
		"blocks.agent_per_minute": 1_000_000,
	})
	w.must(err)
	w.shipper = w.agent("shipper", stage.Settings{
		"sources":   []stage.Source{{Name: "shipped", Paths: []string{w.shipped}, Format: "json"}},
		"transport": "bus",
	})
	w.follower = w.agent("follower", stage.Settings{"transport": "http"})
	return w
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

// comesToRest waits until all that was written has been dealt with.
func (w *torture) comesToRest(logs ...*numbered) {
	w.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), w.plan.patience)
	defer cancel()
	lines, touches := 0, 0
	for _, log := range logs {
		lines, touches = lines+log.lines, touches+len(log.touches)
	}
	w.rests(ctx, "every line is stored", func(ctx context.Context) error {
		return w.counts(ctx, "SELECT count() FROM events", lines)
	})
	w.rests(ctx, "every touch is a finding", func(ctx context.Context) error {
		return w.counts(ctx, "SELECT uniqExact(id) FROM findings", touches)
	})
	for _, a := range []*stage.Agent{w.shipper, w.follower} {
		w.rests(ctx, a.Name+" is in step", func(ctx context.Context) error { return w.service.API.InStep(ctx, a.Name) })
	}
	w.Logf("%d lines and %d touches came to rest after %s", lines, touches, time.Since(began).Round(time.Millisecond))
}

// rests is stage.Until; when patience is at its end the verdict tells more than
// the wait.
func (w *torture) rests(ctx context.Context, what string, check func(context.Context) error) {
	w.Helper()
	if err := stage.Until(ctx, what, check); err != nil {
		w.Error(err)
	}
}

// counts wants a query to give a number, at least.
func (w *torture) counts(ctx context.Context, query string, want int) error {
	text, err := w.service.Query(ctx, query)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(text); err != nil || n < want {
		return fmt.Errorf("%s: %s, want %d", query, text, want)
	}
	return nil
}
