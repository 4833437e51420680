package respond

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// chaos does anything to a service, in a small world in which much collides.
type chaos struct {
	t       *testing.T
	bus     *fakeBus
	service *running
	random  *rand.Rand
	n       int
	allow   []netip.Prefix // of the configuration
	batches []string
}

func (c *chaos) pick(of ...string) string { return of[c.random.IntN(len(of))] }

func (c *chaos) client() string {
	if c.random.IntN(3) == 0 {
		return fmt.Sprintf("2001:db8:1:%x%02x::%d", c.random.IntN(4), c.random.IntN(6), c.random.IntN(3))
	}
	return fmt.Sprintf("12.0.%d.%d", c.random.IntN(2), c.random.IntN(8))
}

func (c *chaos) target() string {
	prefix := c.pick("12.0.0.0/8", "12.0.0.0/16", "12.0.0.0/24", "12.0.1.0/29", "2001:db8:1::/48", "2001:db8::/32", "0.0.0.0/0", "::/0", "127.0.0.1",
		"10.0.0.1", c.client(), c.client(), c.client(), c.client())
	switch c.random.IntN(6) {
	case 0:
		return prefix + " & user:mallory"
	case 1:
		return prefix + " & route:" + c.pick("/**", "/login")
	case 2:
		return c.pick("route:/**", "user:mallory", "user_agent:curl/8 & "+prefix)
	}
	return prefix
}

func (c *chaos) caller() Caller {
	return Caller{Name: c.pick("a", "b"), Admin: c.random.IntN(2) == 0, Address: netip.MustParseAddr(c.client())}
}

func (c *chaos) asked() AddBlock {
	r := asked(c.target())
	r.Segment = c.pick("", "", "eu")
	r.Mode = []block.Mode{block.Enforce, block.Enforce, block.Shadow}[c.random.IntN(3)]
	if c.random.IntN(6) == 0 {
		r.Action, r.Mode = block.Allow, block.Enforce
	}
	return r
}

func (c *chaos) finding() finding.Finding {
	c.n++
	f := touchBy(c.client(), fmt.Sprint(c.n), time.Now())
	f.Wanted.Rollout, f.Rule = c.random.IntN(4) == 0, c.pick("r", "s")
	f.Segment = c.pick("", "", "eu")
	if c.random.IntN(3) == 0 {
		f = byMallory(c.client(), fmt.Sprint(c.n), time.Now())
	}
	if c.random.IntN(8) == 0 {
		f.Wanted.Target, f.Wanted.Scope = c.pick("12.0.0.0/8", "12.0.0.0/24", "route:/**", "127.0.0.1 & route:/x"), "prefix"
	}
	return f
}

// act does one thing. That it is refused is as good.
func (c *chaos) act() string {
	s, ctx := c.service, c.t.Context()
	switch c.random.IntN(12) {
	case 0, 1:
		r, by := c.asked(), c.caller()
		_, err := s.AddBlock(ctx, by, r)
		return fmt.Sprintf("%+v asks for %+v: %v", by, r, err)
	case 2:
		r, err := s.AddBlocks(ctx, c.caller(), Bulk{Items: []AddBlock{c.asked(), c.asked(), c.asked()}, Reason: "x"})
		c.batches = append(c.batches, r.Batch)
		return fmt.Sprintf("bulk: %+v, %v", r, err)
	case 3:
		for _, a := range s.Approvals() {
			_, err := s.Approve(ctx, c.caller(), Approving{ID: a.ID, Reason: "x"})
			return fmt.Sprintf("approve %+v: %v", a, err)
		}
		return "nothing to approve"
	case 4:
		if live := c.bus.List(); len(live) > 0 {
			_, err := s.RemoveBlock(ctx, c.caller(), live[c.random.IntN(len(live))].ID, "x")
			return fmt.Sprintf("remove: %v", err)
		}
		return "nothing to remove"
	case 5:
		c.allow = []netip.Prefix{netip.MustParsePrefix(c.pick("12.0.1.0/30", "12.0.0.3/32", "2001:db8:1:100::/56", "203.0.113.0/24"))}
		s.SetGuard(c.guard())
		s.Protect(c.allow)
		time.Sleep(time.Second)
		return fmt.Sprintf("the configuration allows %v", c.allow)
	case 6:
		if len(c.batches) > 0 {
			_, err := s.UndoBatch(ctx, c.caller(), c.batches[c.random.IntN(len(c.batches))], "x")
			return fmt.Sprintf("undo: %v", err)
		}
		return "nothing to undo"
	case 7:
		f := c.finding()
		return fmt.Sprintf("touch %+v: %v", f, s.Touch(ctx, "gw-a", f))
	case 8:
		_, err := s.CommandRollout(ctx, analyst, c.pick("r", "s"), "1", c.pick("promote", "rollback", "resume"), "x")
		time.Sleep(time.Second)
		return fmt.Sprintf("rollout: %v", err)
	case 9:
		s.stop()
		c.service = start(c.t, c.bus, c.options)
		c.service.Protect(c.allow)
		time.Sleep(time.Second)
		return "restart"
	default:
		var findings []finding.Finding
		for range 1 + c.random.IntN(5) {
			findings = append(findings, c.finding())
		}
		c.n++
		mustHandle(c.t, s, uint64(c.n), findings...)
		return fmt.Sprintf("findings %+v", findings)
	}
}

func (c *chaos) guard() *Guard {
	return NewGuard(GuardOptions{Allow: c.allow, TrustedHops: prefixes("10.0.0.1/32"), Own: prefixes("12.0.0.5/32"), Monitors: prefixes("2001:db8:1:201::9/128")})
}

func (c *chaos) options(o *Options) {
	withKeys(o)
	o.Guard = c.guard()
	o.Ledger.WidenAfter = 2
	o.Ledger.Traffic = fakeTraffic{"12.0.0.1": {Principals: 9}, "12.0.0.2": {Successful: 9999}}
}

// violation tells which live block is on somebody protected: all of them, or
// some whom the agents do not let pass.
func (c *chaos) violation() string {
	guard, live := c.guard(), c.bus.List()
	for i := range live {
		b := &live[i]
		if b.Action == block.Allow {
			continue
		}
		var exempt []*block.Block
		for j := range live {
			if x := &live[j]; x.Action == block.Allow && (x.Segment == block.All || x.Segment == b.Segment) {
				exempt = append(exempt, x)
			}
		}
		passes := func(p netip.Prefix) bool {
			return slices.ContainsFunc(exempt, func(x *block.Block) bool { return x.Target.Blocked().Covers(block.PrefixTarget(p)) })
		}
		if r := guard.protects(b.Target, passes); r != nil {
			return fmt.Sprintf("%+v is live: %s", *b, r.Reason)
		}
		if matchesEverybody(b.Target) && b.ApprovedBy == "" {
			return fmt.Sprintf("%+v matches everybody", *b)
		}
		for _, x := range exempt {
			if x.Target.Blocked().Covers(b.Target) {
				return fmt.Sprintf("%+v is live beside the exemption %+v", *b, *x)
			}
		}
	}
	return c.refused(live)
}

// refused tells which protected client agents would refuse.
func (c *chaos) refused(live []block.Block) string {
	for _, segment := range []string{block.All, "eu"} {
		var builder block.Builder
		for i := range live {
			if b := &live[i]; b.Segment == segment || b.Segment == block.All {
				builder.Add(block.DeltaOf(b, time.Now()), 0)
			}
		}
		set := builder.Set(1)
		for _, p := range c.allow {
			if d := set.Find(&block.Request{Client: p.Addr()}, nil, 0); d.Denied() {
				return fmt.Sprintf("%s in %s is refused: %+v", p, segment, d)
			}
		}
	}
	return ""
}

// TestNobodyProtectedIsEverBlocked: no sequence of calls makes a block on
// somebody who is protected, by the configuration or by an exemption.
func TestNobodyProtectedIsEverBlocked(t *testing.T) {
	for round := range 30 {
		synctest.Test(t, func(t *testing.T) {
			c := &chaos{t: t, bus: newFakeBus(), random: rand.New(rand.NewPCG(uint64(round), 9))}
			c.service = start(t, c.bus, c.options)
			for range 60 {
				did := c.act()
				if wrong := c.violation(); wrong != "" {
					t.Fatalf("round %d: after %s: %s", round, did, wrong)
				}
			}
		})
	}
}
