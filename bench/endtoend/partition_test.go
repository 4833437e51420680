package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// partitionEnv set to long makes the cuts last a minute.
const partitionEnv = "HONEYMOAT_PARTITION"

// cutLasts is for how long agents are cut off.
func cutLasts() time.Duration {
	if os.Getenv(partitionEnv) == "long" {
		return time.Minute
	}
	return 3 * time.Second
}

// crowdOf is a number of clients with addresses in a network of their own.
func crowdOf(network, n int) []string {
	clients := make([]string, n)
	for i := range clients {
		clients[i] = fmt.Sprintf("198.18.%d.%d", network, i)
	}
	return clients
}

// TestAgentsThatAreCutOff: agents on an island, one on the bus and one on HTTP,
// are cut off while hundreds of blocks are made, removed, and end. Meanwhile
// they enforce what they had, each block to its end and no longer; afterwards
// they have what the service has, by hash and client by client.
func TestAgentsThatAreCutOff(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	island, err := p.Island(p.deadline())
	p.must(err)
	p.serviceOn(island)
	near := p.agent("near", nil)
	far := []*stage.Agent{
		p.islander(island, "far-bus", stage.Settings{"transport": "bus"}),
		p.islander(island, "far-http", stage.Settings{"transport": "http"}),
	}
	kept, removed, short := crowdOf(1, 200), crowdOf(2, 100), crowdOf(3, 50)
	fresh, brief := crowdOf(4, 200), crowdOf(5, 50)
	p.blockAll(kept, time.Hour)
	p.blockAll(removed, time.Hour)
	p.allSay(append(far, near), true, kept, removed)
	shortly := func(lifetime time.Duration) { p.blockAll(short, lifetime) }
	p.inTime(6*time.Second, shortly, func(ctx context.Context) error { return p.say(ctx, append(far, near), true, short[:3]) })
	// They end while the agents are cut off.

	p.must(island.Cut(p.deadline()))
	began := time.Now()
	p.unblockAll(removed)
	p.blockAll(fresh, time.Hour)
	p.blockAll(brief, time.Second)
	p.allSay([]*stage.Agent{near}, true, kept, fresh)
	p.allSay([]*stage.Agent{near}, false, removed, brief)
	p.allSay(far, true, kept, removed)
	p.allSay(far, false, short, fresh, brief)
	waitUntil(began.Add(cutLasts()))
	p.allSay(far, true, kept, removed)

	p.must(island.Mend(p.deadline()))
	for _, a := range append(far, near) {
		p.eventually(a.Name+" is in step", func(ctx context.Context) error { return p.service.API.InStep(ctx, a.Name) })
	}
	p.allSay(append(far, near), true, kept, fresh)
	p.allSay(append(far, near), false, removed, short, brief)
}

// waitUntil waits for a moment: that of a cable that is put back.
func waitUntil(moment time.Time) { <-time.After(time.Until(moment)) }

// serviceOn starts a service that those on an island reach.
func (p *play) serviceOn(island *stage.Island) {
	p.Helper()
	v, err := p.PrepareService("service", stage.Settings{"blocks.max_per_minute": 1_000_000})
	p.must(err)
	at := func(address string) string {
		_, port, err := net.SplitHostPort(address)
		p.must(err)
		return net.JoinHostPort(island.Host, port)
	}
	v.Address = at(v.Address)
	p.must(v.Change(stage.Settings{"api.listen": v.Address, "bus.listen": at(v.Settings["bus.listen"].(string))}))
	p.must(v.Start())
	p.must(v.WaitReady(p.deadline()))
	p.service = v
}

// islander starts an agent on an island.
func (p *play) islander(island *stage.Island, name string, settings stage.Settings) *stage.Agent {
	p.Helper()
	a, err := p.PrepareAgent(name, settings)
	p.must(err)
	p.must(a.Enrol(p.deadline(), p.service))
	island.Settle(a)
	p.must(a.Start())
	p.must(a.WaitListening(p.deadline()))
	p.eventually(name+" is in step", func(ctx context.Context) error { return p.service.API.InStep(ctx, name) })
	return a
}

// blockAll blocks clients at once.
func (p *play) blockAll(clients []string, lifetime time.Duration) {
	p.Helper()
	r := wire.BulkRequest{BlockSpec: wire.BlockSpec{LifetimeSeconds: int64(lifetime / time.Second), Reason: "test of " + p.Name()}}
	for _, c := range clients {
		target, err := wire.ParseCriteria(c)
		p.must(err)
		r.Items = append(r.Items, wire.BulkItem{Target: target})
	}
	result, err := p.service.API.AddBlocks(p.deadline(), r, client.Call{})
	p.must(err)
	if result.Counts[wire.OutcomeMade] != len(clients) {
		p.Fatalf("of %d blocks: %v", len(clients), result.Counts)
	}
}

// unblockAll removes the blocks on clients, one by one.
func (p *play) unblockAll(clients []string) {
	p.Helper()
	live, err := p.service.API.LiveBlocks(p.deadline())
	p.must(err)
	for i := range live {
		if slices.Contains(clients, live[i].Target.String()) {
			_, err := p.service.API.RemoveBlock(p.deadline(), live[i].ID, "test")
			p.must(err)
		}
	}
}

// allSay waits until agents refuse all these clients, or let them pass.
func (p *play) allSay(agents []*stage.Agent, refused bool, clients ...[]string) {
	p.Helper()
	p.must(p.say(p.deadline(), agents, refused, clients...))
}

// say is allSay within a time.
func (p *play) say(ctx context.Context, agents []*stage.Agent, refused bool, clients ...[]string) error {
	var asking sync.WaitGroup
	errs := make([]error, len(agents))
	for i, a := range agents {
		asking.Go(func() {
			asker := a.Asker()
			defer asker.Leave()
			for _, c := range slices.Concat(clients...) {
				errs[i] = errors.Join(errs[i], stage.Until(ctx, fmt.Sprintf("%s says of %s that it is refused: %v", a.Name, c, refused), func(ctx context.Context) error {
					is, err := asker.Refuses(ctx, c)
					if err == nil && is != refused {
						err = errors.New("it says the opposite")
					}
					return err
				}))
			}
		})
	}
	asking.Wait()
	return errors.Join(errs...)
}
