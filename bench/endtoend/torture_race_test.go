package endtoend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// TestNoBlockIsMissed: 20,000 blocks are made in batches while agents, on the
// bus and on HTTP, are killed and synchronise again. No block is missed by
// anybody, and none is dropped by what the bus forgets, nor by a restart.
func TestNoBlockIsMissed(t *testing.T) {
	t.Parallel()
	const blocks, batch = 20_000, 500
	seed := tortureSeed(t)
	t.Logf("%s=%d", tortureSeedEnv, seed)
	random := rand.New(rand.NewPCG(seed, 4))
	p := &play{T: t, Stage: newStage(t)}
	log := p.Path("touches.log")
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{
		"sources":               []stage.Source{{Name: "touches", Paths: []string{log}, Format: "combined"}},
		"blocks.max_per_minute": 1_000_000,
		"bus.max_bytes":         "16MiB", // the least: what is done with is forgotten soon
	})
	p.must(err)
	var agents []*stage.Agent
	for i, transport := range []string{"bus", "http", "bus", "http"} {
		agents = append(agents, p.agent(fmt.Sprintf("edge-%d", i), stage.Settings{"transport": transport}))
	}
	for from := 0; from < blocks; from += batch {
		p.must(appendTo(log, touchesFrom(from, batch)))
		a := agents[random.IntN(len(agents))]
		a.Kill()
		p.blocks(from + random.IntN(batch)) // somewhere in the middle of a batch
		p.must(a.Start())
	}
	p.allLive(blocks, agents)
	p.must(p.service.Restart(p.deadline()))
	p.allLive(blocks, agents)
	p.allRefuse(blocks, agents)
}

// raceClient is the client whose touch has a number.
func raceClient(n int) string { return fmt.Sprintf("198.18.%d.%d", n>>8, n&255) }

func touchesFrom(from, n int) string {
	var text strings.Builder
	for i := from; i < from+n; i++ {
		text.WriteString(combinedLine(i, raceClient(i), fmt.Sprintf("%s?n=%d", bait, i), 404))
	}
	return text.String()
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Close()
}

// blocks waits until there are at least so many.
func (p *play) blocks(n int) {
	p.Helper()
	p.eventually(fmt.Sprintf("there are %d blocks", n), func(ctx context.Context) error {
		status, err := p.service.API.Status(ctx)
		if err == nil && status.Blocks < n {
			err = fmt.Errorf("%d", status.Blocks)
		}
		return err
	})
}

// allLive wants the service to have exactly so many live blocks and all agents
// to have the same.
func (p *play) allLive(n int, agents []*stage.Agent) {
	p.Helper()
	p.blocks(n)
	live, err := p.service.API.LiveBlocks(p.deadline())
	p.must(err)
	targets := map[string]bool{}
	for _, b := range live {
		targets[b.Target.String()] = true
	}
	if len(live) != n || len(targets) != n {
		p.Errorf("%d live blocks on %d targets, want %d", len(live), len(targets), n)
	}
	for _, a := range agents {
		p.eventually(a.Name+" is in step", func(ctx context.Context) error { return p.service.API.InStep(ctx, a.Name) })
	}
}

// allRefuse asks every agent about every client.
func (p *play) allRefuse(n int, agents []*stage.Agent) {
	p.Helper()
	ctx := p.deadline()
	var asking sync.WaitGroup
	for _, a := range agents {
		asking.Go(func() {
			asker, missing := a.Asker(), 0
			defer asker.Leave()
			for i := range n {
				refused, err := asker.Refuses(ctx, raceClient(i))
				if err != nil {
					p.Error(err)
					return
				}
				if !refused {
					missing++
				}
			}
			if missing > 0 {
				p.Errorf("%s misses %d of %d blocks", a.Name, missing, n)
			}
		})
	}
	asking.Wait()
}
