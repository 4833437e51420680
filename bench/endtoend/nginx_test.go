package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

// TestNginxKeepsBlocks: a touch at an nginx that asks is refused by others out
// of their own maps and memory, counted and no new evidence, also when their
// agent is gone and nginx was restarted.
func TestNginxKeepsBlocks(t *testing.T) {
	for name, way := range map[string]stage.Way{"maps": stage.ByMaps, "shared": stage.ByMemory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, nil)
			asks, keeps := p.gateway("edge-a", nil), p.keeper(way, "edge-k")
			v, other := p.visitor(attacker), p.visitor(customer)
			p.get(v, keeps, "/shop", http.StatusOK)
			p.touch(v, asks)
			id := p.blocked(attacker).ID
			p.turns(v, keeps, "/shop", http.StatusForbidden)
			for range 5 {
				p.get(v, keeps, bait, http.StatusForbidden)
			}
			p.get(other, keeps, "/shop", http.StatusOK)
			p.deniedInStore(id, 5)
			p.touches(attacker, 1, 1)

			keeps.Agent.Kill()
			p.get(v, keeps, "/shop", http.StatusForbidden)
			p.must(keeps.Agent.Restart(p.deadline()))
			p.must(keeps.RestartNginx(p.deadline()))
			p.turns(v, keeps, "/shop", http.StatusForbidden)
			p.get(other, keeps, "/shop", http.StatusOK)
			p.unblock(id)
			p.turns(v, keeps, "/shop", http.StatusOK)
			p.waitsForTheGateway(keeps, "nginx-"+name)
		})
	}
}

// waitsForTheGateway: who waits until a block is enforced hears so when nginx
// has it, and not when its agent does.
func (p *play) waitsForTheGateway(keeps *stage.Gateway, way string) {
	p.Helper()
	const address = "198.51.100.77"
	result, err := p.service.API.AddBlock(p.deadline(), p.hour(address), client.Call{Wait: 20 * time.Second})
	p.must(err)
	p.get(p.visitor(address), keeps, "/shop", http.StatusForbidden)
	agents := result.Propagation.Agents
	at := slices.IndexFunc(agents, func(a block.Acknowledgement) bool { return a.Agent == keeps.Name })
	if at < 0 || !agents[at].Enforced || agents[at].Via != way {
		p.Errorf("acknowledgements %+v, want one by %s", agents, way)
	}
}

// keeper starts an nginx that keeps blocks itself.
func (p *play) keeper(way stage.Way, name string) *stage.Gateway {
	p.Helper()
	g, err := p.PrepareGatewayBy(way, p.backend, name, nil)
	p.must(err)
	p.must(g.Agent.Enrol(p.deadline(), p.service))
	p.must(g.Start(p.deadline()))
	p.inStep(g)
	return g
}

// deniedInStore waits until the store has so many requests that a block
// refused.
func (p *play) deniedInStore(id block.ID, n int) {
	p.Helper()
	p.eventually("the store has the denied requests", func(ctx context.Context) error {
		events, err := p.service.API.Events(ctx, attacker, url.Values{"decision_id": {id.String()}})
		if err == nil && len(events) < n {
			err = fmt.Errorf("%d events", len(events))
		}
		for _, e := range events {
			if e.DecisionAction != "deny" || e.Status == nil || *e.Status != http.StatusForbidden {
				err = fmt.Errorf("event %+v", e)
			}
		}
		return err
	})
}
