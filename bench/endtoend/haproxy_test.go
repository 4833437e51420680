package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// TestHAProxy: a touch at a real HAProxy is answered by the decoy, blocked
// everywhere, refused out of HAProxy's maps, counted and no new evidence; what
// no map can hold is refused by SPOE.
func TestHAProxy(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	h, err := p.HAProxy(p.deadline(), p.service, p.backend, "edge-h", nil)
	p.must(err)
	v := p.visitor(attacker)
	p.get(v, h.Gateway, "/shop", http.StatusOK)
	p.touch(v, h.Gateway)
	p.turns(v, h.Gateway, "/shop", http.StatusForbidden)
	var blocks []wire.Block
	p.eventually("the touch is a block", func(ctx context.Context) error {
		var err error
		if blocks, err = p.service.API.LiveBlocks(ctx); err == nil && len(blocks) != 1 {
			err = fmt.Errorf("%d blocks", len(blocks))
		}
		return err
	})
	p.inStep(h.Gateway)
	for range 5 {
		p.get(v, h.Gateway, "/.git/config", http.StatusForbidden)
	}
	p.eventually("the store has the denied requests", func(ctx context.Context) error {
		events, err := p.service.API.Events(ctx, attacker, url.Values{"decision_id": {blocks[0].ID.String()}})
		if err == nil && len(events) < 5 {
			err = fmt.Errorf("%d events", len(events))
		}
		for _, e := range events {
			if e.DecisionAction != "deny" || e.Status == nil || *e.Status != http.StatusForbidden {
				err = fmt.Errorf("event %+v", e)
			}
		}
		return err
	})
	p.touches(attacker, 1, 1)
	p.refusesTokens(h)
}

// refusesTokens: a block on a token and a route is enforced, and survives
// HAProxy and its agent.
func (p *play) refusesTokens(h *stage.HAProxy) {
	p.Helper()
	target, err := wire.ParseCriteria("token:s3cret & route:/shop/orders/{id}")
	p.must(err)
	_, err = p.service.API.AddBlock(p.deadline(), wire.BlockRequest{
		Target: target, BlockSpec: wire.BlockSpec{LifetimeSeconds: 3600, Reason: "test of " + p.Name()},
	}, client.Call{})
	p.must(err)
	v := p.visitor(customer)
	v.Header = http.Header{"Authorization": {"Bearer s3cret"}}
	p.turns(v, h.Gateway, "/shop/orders/7", http.StatusForbidden)
	p.get(v, h.Gateway, "/shop", http.StatusOK)
	h.Proxy.Kill()
	p.must(h.StartProxy(p.deadline()))
	p.turns(v, h.Gateway, "/shop/orders/7", http.StatusForbidden)
	p.eventually("HAProxy is filled", func(context.Context) error {
		n, err := h.Places.Entries("deny-address")
		if err == nil && n != 1 {
			err = fmt.Errorf("it holds %d", n)
		}
		return err
	})
	h.Agent.Kill()
	p.turns(p.visitor(attacker), h.Gateway, "/shop", http.StatusForbidden)
	p.turns(v, h.Gateway, "/shop/orders/7", http.StatusOK) // open
	p.must(h.Agent.Start())
	p.turns(v, h.Gateway, "/shop/orders/7", http.StatusForbidden)
}
