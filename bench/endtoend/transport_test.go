package endtoend

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

// TestAgentsByDifferentWaysAgree: one agent on the bus, one fed by the HTTP
// stream; what one sees the other refuses, both ways.
func TestAgentsByDifferentWaysAgree(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	byBus, byHTTP := p.gateway("edge-a", stage.Settings{"transport": "bus"}), p.gateway("edge-b", stage.Settings{"transport": "http"})
	one, two := p.visitor("203.0.113.1"), p.visitor("203.0.113.2")
	p.touch(one, byBus)
	p.turns(one, byHTTP, "/shop", http.StatusForbidden)
	p.touch(two, byHTTP)
	p.turns(two, byBus, "/shop", http.StatusForbidden)
	p.touches(one.Address, 1, 3)
	p.touches(two.Address, 1, 3)
	p.inStep(byBus)
	p.inStep(byHTTP)
}

// TestServiceWithoutBusListener: agents then use HTTP by themselves.
func TestServiceWithoutBusListener(t *testing.T) {
	t.Parallel()
	p := newPlay(t, stage.Settings{"bus.listen": ""})
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	v := p.visitor(attacker)
	p.touch(v, a)
	p.turns(v, b, "/shop", http.StatusForbidden)
	p.touches(attacker, 1, 3)
}

// TestExternalNATS: with a cluster configured the embedded server is its leaf
// node, and what outlives a service outlives it there.
func TestExternalNATS(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	nats, err := p.NATS(p.deadline())
	p.must(err)
	p.backend, err = p.Backend()
	p.must(err)
	p.service, err = p.Service(p.deadline(), onBus(nats))
	p.must(err)
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", stage.Settings{"transport": "http"})
	v := p.visitor(attacker)
	p.touch(v, a)
	p.turns(v, b, "/shop", http.StatusForbidden)
	held := p.blocked(attacker)
	p.touches(attacker, 1, 3)

	p.must(p.service.Restart(p.deadline()))
	if after := p.blocked(attacker); after.ID != held.ID || after.Revision != held.Revision {
		t.Errorf("block %+v, before %+v", after, held)
	}
	nats.Kill()
	p.get(v, a, "/shop", http.StatusForbidden)
	p.must(nats.Start())
	p.eventually("blocks can be made again", func(ctx context.Context) error {
		_, err := p.service.API.AddBlock(ctx, p.hour("203.0.113.70"), client.Call{Key: "once"})
		return err
	})
	p.turns(p.visitor("203.0.113.70"), a, "/shop", http.StatusForbidden)
	p.turns(p.visitor("203.0.113.70"), b, "/shop", http.StatusForbidden)
}

// TestSecondServiceWaitsForTheFirst: two services on one bus; the second takes
// over when the first is killed.
func TestSecondServiceWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	nats, err := p.NATS(p.deadline())
	p.must(err)
	settings := onBus(nats)
	p.service, err = p.Service(p.deadline(), settings)
	p.must(err)
	held := p.block(attacker, time.Hour)
	second, err := p.PrepareService("second", settings)
	p.must(err)
	p.must(second.Start())
	p.eventually("the second says that it waits", func(context.Context) error {
		return second.Said("waiting until it ends")
	})
	p.service.Kill()
	p.must(second.WaitReady(p.deadline()))
	if blocks, err := second.API.LiveBlocks(p.deadline()); err != nil || len(blocks) != 1 || blocks[0].ID != held {
		t.Errorf("blocks: %+v, %v", blocks, err)
	}
}

// onBus has a service use a bus that is there already, and not count on more
// of its disk than a small machine has.
func onBus(nats *stage.NATS) stage.Settings {
	return stage.Settings{"bus.external_url": nats.LeafURL, "bus.external_domain": "cluster", "bus.max_bytes": "1GiB"}
}
