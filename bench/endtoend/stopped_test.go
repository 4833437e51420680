package endtoend

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// TestAgentsThatAreStopped: the processes of two agents stand still, one on the
// bus and one on HTTP, while their connections stay. A third has every block
// meanwhile, who waits for a block is told which agents lack it, and the two
// have all of them once they go on.
func TestAgentsThatAreStopped(t *testing.T) {
	t.Parallel()
	p := newPlay(t, stage.Settings{"blocks.max_per_minute": 1_000_000})
	near := p.agent("near", nil)
	stopped := []*stage.Agent{
		p.agent("stopped-bus", stage.Settings{"transport": "bus"}),
		p.agent("stopped-http", stage.Settings{"transport": "http"}),
	}
	for _, a := range append(stopped, near) {
		p.eventually(a.Name+" is in step", func(ctx context.Context) error { return p.service.API.InStep(ctx, a.Name) })
	}
	for _, a := range stopped {
		p.must(a.Signal(syscall.SIGSTOP))
	}
	clients := crowdOf(1, 250)
	p.blockAll(clients, time.Hour)
	p.allSay([]*stage.Agent{near}, true, clients)
	p.lacking("198.18.2.1", map[string]bool{"near": true, "stopped-bus": false, "stopped-http": false})
	for _, a := range stopped {
		p.must(a.Signal(syscall.SIGCONT))
	}
	p.allSay(stopped, true, clients)
}

// lacking blocks a client and waits for those who enforce it, one of whom is
// not to be waited for forever.
func (p *play) lacking(address string, want map[string]bool) {
	p.Helper()
	target, err := wire.ParseCriteria(address)
	p.must(err)
	r := wire.BlockRequest{Target: target, BlockSpec: wire.BlockSpec{LifetimeSeconds: 3600, Reason: "test of " + p.Name()}}
	answer, err := p.service.API.AddBlock(p.deadline(), r, client.Call{Wait: 10 * time.Second})
	p.must(err)
	if answer.Propagation == nil || answer.Propagation.Enforced || len(answer.Propagation.Agents) != len(want) {
		p.Fatalf("the answer tells of %+v", answer.Propagation)
	}
	for _, a := range answer.Propagation.Agents {
		if a.Enforced != want[a.Agent] {
			p.Errorf("%s enforces the block: %v", a.Agent, a.Enforced)
		}
	}
}
