package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// TestAgentGoesOnAlone: the service is killed. The agent enforces what it
// has, refuses new touches by itself, ends what is over by its own clock,
// survives a restart, and is in step again when the service is back.
func TestAgentGoesOnAlone(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"bus", "http"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			goesOnAlone(newPlay(t, nil), stage.Settings{"transport": transport})
		})
	}
}

func goesOnAlone(p *play, settings stage.Settings) {
	a, b := p.gateway("edge-a", settings), p.gateway("edge-b", settings)
	long, short, fresh := p.visitor("203.0.113.1"), p.visitor("203.0.113.2"), p.visitor("203.0.113.3")
	removed := p.block(long.Address, time.Hour)
	for _, g := range []*stage.Gateway{a, b} {
		p.turns(long, g, "/shop", http.StatusForbidden)
	}
	p.eventually("the agent has written down what it holds", func(ctx context.Context) error {
		return a.Agent.Holds(ctx, long.Address)
	})
	p.brief(short, 6*time.Second, a, b)
	p.service.Kill()

	p.get(long, a, "/shop", http.StatusForbidden)
	p.must(a.Agent.Restart(p.deadline())) // comes up from its disk
	p.get(long, a, "/shop", http.StatusForbidden)
	p.turns(short, a, "/shop", http.StatusOK)
	p.turns(short, b, "/shop", http.StatusOK)
	p.get(long, b, "/shop", http.StatusForbidden)
	p.touch(fresh, a)
	p.get(fresh, a, "/shop", http.StatusForbidden)
	p.get(fresh, b, "/shop", http.StatusOK)

	p.must(p.service.Start())
	p.must(p.service.WaitReady(p.deadline()))
	p.turns(fresh, b, "/shop", http.StatusForbidden) // the touch waited for the service
	p.unblock(removed)
	p.turns(long, a, "/shop", http.StatusOK)
	p.turns(long, b, "/shop", http.StatusOK)
	p.inStep(a)
	p.inStep(b)
}

// TestRestartRepeatsNothing: a service that is killed and comes back finds
// nothing twice, blocks nobody twice and loses nothing.
func TestRestartRepeatsNothing(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	v := p.visitor(attacker)
	p.touch(v, g)
	before := p.blocked(attacker)
	p.touches(attacker, 1, 3)
	for range 2 {
		p.must(p.service.Restart(p.deadline()))
		after := p.blocked(attacker)
		if after.ID != before.ID || after.Revision != before.Revision || !after.CreatedAt.Equal(before.CreatedAt) {
			t.Errorf("another block: %+v, before %+v", after, before)
		}
		p.inStep(g)
		p.get(v, g, "/shop", http.StatusForbidden)
	}
	other := p.visitor("203.0.113.67")
	p.touch(other, g)
	p.touches(other.Address, 1, 3)
	if found := p.touches(attacker, 1, 3); found[0].ID != before.Findings[0] {
		t.Errorf("findings: %+v", found)
	}
	p.added(before.ID, 1)
}

// added wants so many events "added" in the life of a block.
func (p *play) added(id block.ID, n int) {
	p.Helper()
	p.eventually("the block log is complete", func(ctx context.Context) error {
		detail, err := p.service.API.Block(ctx, id)
		count := 0
		for _, e := range detail.Log {
			if e.Event == "added" {
				count++
			}
		}
		if err == nil && count != n {
			err = fmt.Errorf("%d times added: %+v", count, detail.Log)
		}
		return err
	})
}

// TestStopIsClean: both programs end by
// themselves when asked to, with code 0.
func TestStopIsClean(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	for _, process := range []*stage.Process{g.Agent.Process, p.service.Process} {
		p.must(process.Stop())
		if code, err := process.ExitCode(p.deadline()); err != nil || code != 0 {
			t.Errorf("code %d, %v\n%s", code, err, process.Tail())
		}
	}
}
