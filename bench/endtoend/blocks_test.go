package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestPersonBlocksAndRemoves(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	v := p.visitor(attacker)
	p.get(v, a, "/shop", http.StatusOK)
	id := p.block("203.0.113.0/24", time.Hour)
	p.turns(v, a, "/shop", http.StatusForbidden)
	p.turns(v, b, "/shop", http.StatusForbidden)
	if why := p.blocked(attacker); why.ID != id || why.By != "token:admin" {
		t.Errorf("why: %+v", why)
	}
	p.unblock(id)
	p.turns(v, a, "/shop", http.StatusOK)
	p.turns(v, b, "/shop", http.StatusOK)
	_, err := p.service.API.RemoveBlock(p.deadline(), id, "again")
	p.refused(err, "not-found")
}

// TestExemptionInsideABlock: who is exempt passes, and the block around goes on
// for the others.
func TestExemptionInsideABlock(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	friend, other := p.visitor(attacker), p.visitor("203.0.113.99")
	p.block("203.0.113.0/24", time.Hour)
	p.turns(friend, g, "/shop", http.StatusForbidden)
	exempt, allow := p.hour(attacker), block.Allow
	exempt.Action = &allow
	_, err := p.service.API.AddBlock(p.deadline(), exempt, client.Call{})
	p.must(err)
	p.turns(friend, g, "/shop", http.StatusOK)
	p.get(other, g, "/shop", http.StatusForbidden)
	p.denied("203.0.113.0/24", 1)
}

// unblock removes a block as a person would.
func (p *play) unblock(id block.ID) {
	p.Helper()
	_, err := p.service.API.RemoveBlock(p.deadline(), id, "test of "+p.Name())
	p.must(err)
}

// TestSegmentIsEnforcedWhereItBelongs: a block of one segment is no business
// of an agent that is not enrolled for it.
func TestSegmentIsEnforcedWhereItBelongs(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", nil, "shop"), p.gateway("edge-b", nil)
	v := p.visitor(attacker)
	only := p.hour(attacker)
	only.Segment = "shop"
	_, err := p.service.API.AddBlock(p.deadline(), only, client.Call{})
	p.must(err)
	p.turns(v, a, "/shop", http.StatusForbidden)
	p.inStep(b)
	p.get(v, b, "/shop", http.StatusOK)
}

// inStep waits until the service knows that an agent enforces the current
// revision of what everybody gets.
func (p *play) inStep(g *stage.Gateway) {
	p.Helper()
	p.eventually(g.Name+" is in step", func(ctx context.Context) error {
		return p.service.API.InStep(ctx, g.Agent.Name)
	})
}

func TestRemovedBlockDoesNotComeBack(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	v := p.visitor(attacker)
	p.touch(v, g)
	held := p.blocked(attacker)
	p.touches(attacker, 1, 3)
	p.unblock(held.ID)
	p.turns(v, g, "/shop", http.StatusOK)
	p.must(p.service.Restart(p.deadline()))
	p.must(g.Agent.Restart(p.deadline()))
	p.inStep(g)
	p.get(v, g, "/shop", http.StatusOK)
	if blocks, err := p.service.API.LiveBlocks(p.deadline()); err != nil || len(blocks) > 0 {
		t.Errorf("blocks: %+v, %v", blocks, err)
	}
}

func TestGuardRefusesWhatWouldHurtOurselves(t *testing.T) {
	t.Parallel()
	p := newPlay(t, stage.Settings{
		"network.allow":        []string{"192.0.2.0/24"},
		"network.trusted_hops": []string{"198.51.100.7"},
		"network.own":          []string{"198.51.100.8"},
	})
	analyst := p.token("soc", "analyst")
	f := func(target, problem string) {
		t.Helper()
		for _, dry := range []bool{true, false} {
			ask := p.hour(target)
			ask.DryRun = dry
			_, err := analyst.AddBlock(p.deadline(), ask, client.Call{})
			p.refused(err, problem)
		}
	}
	const guard = "refused-by-guard"
	f("127.0.0.1", guard)
	f("::1", guard)
	f("192.0.2.9", guard)
	f("192.0.2.0/25", guard) // lies in the allowlist
	f("198.51.100.7", guard)
	f("198.51.100.0/24", guard)
	f("198.51.100.8", guard)
	f("0.0.0.0/0", guard)
	f("203.0.0.0/8", "insufficient-role")
	f("2001:db8::/24", "insufficient-role")
	p.refused(analyst.Do(p.deadline(), http.MethodPost, "/api/v1/blocks", map[string]any{"target": "nobody"}, nil), "invalid-parameters")

	p.needsTwo("44.0.0.0/8")
}

// needsTwo: an admin may ask for a block so wide, and another has to approve
// it before it holds.
func (p *play) needsTwo(wide string) {
	p.Helper()
	asked, err := p.service.API.AddBlock(p.deadline(), p.hour(wide), client.Call{})
	p.must(err)
	if asked.Created || asked.Approval == nil {
		p.Fatalf("a block on %s does not wait: %+v", wide, asked)
	}
	_, err = p.service.API.Approve(p.deadline(), asked.Approval.ID, wire.Approving{Reason: "test"}, client.Call{})
	p.refused(err, "refused-by-guard")
	p.denied(wide, 0)
	_, err = p.token("second", "admin").Approve(p.deadline(), asked.Approval.ID, wire.Approving{Reason: "test"}, client.Call{})
	p.must(err)
	p.denied(wide, 1)
}

// denied wants so many live blocks on a target. Exemptions are none.
func (p *play) denied(target string, want int) {
	p.Helper()
	blocks, err := p.service.API.LiveBlocks(p.deadline())
	p.must(err)
	n := 0
	for _, b := range blocks {
		if b.Action == block.Deny && b.Target.String() == target {
			n++
		}
	}
	if n != want {
		p.Errorf("%d blocks on %s, want %d: %+v", n, target, want, blocks)
	}
}

// TestGuardKeepsCallerOut: nobody locks themselves out, an admin neither.
func TestGuardKeepsCallersIn(t *testing.T) {
	t.Parallel()
	// The test plays the proxy in front of the API.
	p := newPlay(t, stage.Settings{"network.trusted_hops": []string{"127.0.0.1"}})
	admin := p.service.API
	admin.Header = http.Header{"X-Forwarded-For": {"203.0.113.9"}}
	ask := func(target string) error {
		return admin.Do(p.deadline(), http.MethodPost, "/api/v1/blocks", p.hour(target), nil)
	}
	p.refused(ask("203.0.113.9"), "refused-by-guard")
	p.refused(ask("203.0.113.0/24"), "refused-by-guard")
	p.must(ask("203.0.113.10"))
}

// TestBlockIsIdempotent: the same request twice is one block, and a second
// block on one target is refused and named.
func TestBlockIsIdempotent(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	ask, once := p.hour(attacker), client.Call{Key: "one"}
	first, err := p.service.API.AddBlock(p.deadline(), ask, once)
	p.must(err)
	again, err := p.service.API.AddBlock(p.deadline(), ask, once)
	p.must(err)
	if !first.Created || again.Created || again.Block.ID != first.Block.ID {
		t.Errorf("first %+v, again %+v", first, again)
	}
	_, err = p.service.API.AddBlock(p.deadline(), ask, client.Call{})
	p.refused(err, "conflict")
}

// TestDiscardedFindingBlocksNobody: an analyst's word that a scanner is ours
// holds for what it does from then on.
func TestDiscardedFindingBlocksNobody(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	analyst := p.token("soc", "analyst")
	p.must(analyst.Do(p.deadline(), http.MethodPost, "/api/v1/discards", wire.DiscardRequest{
		Actor: attacker, Rule: "decoy." + baitDecoy, Reason: "our own scanner",
	}, nil))
	v := p.visitor(attacker)
	p.touch(v, g)
	found := p.touches(attacker, 1, 3)[0]
	if !found.Discarded || found.BlockID != "" {
		t.Errorf("finding: %+v", found)
	}
	p.turns(v, g, "/shop", http.StatusOK) // the agent's own refusal was withdrawn
	why, err := p.why(p.deadline(), attacker)
	if err != nil || len(why.Blocks) > 0 {
		t.Errorf("why: %+v, %v", why, err)
	}
}

// TestBlockEndsOnTime: everybody forgets an expired block, and why tells that
// nothing holds any more.
func TestBlockEndsOnTime(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	v := p.visitor(attacker)
	id := p.brief(v, 3*time.Second, a, b)
	p.turns(v, a, "/shop", http.StatusOK)
	p.turns(v, b, "/shop", http.StatusOK)
	p.eventually("the block is over for the service", func(ctx context.Context) error {
		blocks, err := p.service.API.LiveBlocks(ctx)
		if err == nil && len(blocks) > 0 {
			err = fmt.Errorf("%+v", blocks)
		}
		return err
	})
	p.eventually("the log of the block tells its end", func(ctx context.Context) error {
		detail, err := p.service.API.Block(ctx, id)
		if err != nil {
			return err
		}
		if n := len(detail.Log); n < 2 || detail.Log[0].Event != "added" || detail.Log[n-1].Event != "expired" {
			return fmt.Errorf("%+v", detail.Log)
		}
		return nil
	})
}
