package replay

import (
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// counter counts requests by who sent them.
type counter struct {
	clients map[netip.Addr]int64 // IPv6 by /64
	people  [len(named)]map[string]*int64
	// clear has whom the hashes of blocks stand for.
	clear map[string]finding.Actor
}

// named are the columns that name who is behind a request.
var named = [...]struct {
	field event.TextField
	kinds []finding.ActorKind
}{
	{event.User, []finding.ActorKind{finding.User}},
	{event.Principal, []finding.ActorKind{finding.Token, finding.Key}},
	{event.Session, []finding.ActorKind{finding.Session}},
	{event.Application, []finding.ActorKind{finding.Application}},
}

func newCounter() *counter {
	c := &counter{clients: map[netip.Addr]int64{}, clear: map[string]finding.Actor{}}
	for i := range c.people {
		c.people[i] = map[string]*int64{}
	}
	return c
}

// add counts a row.
func (c *counter) add(b *event.Batch, row int) {
	if client := b.Addr(event.ClientAddress, row); client.IsValid() {
		c.clients[counted(client)]++
	}
	for i := range named {
		v := b.Text(named[i].field, row)
		if len(v) == 0 {
			continue
		}
		n := c.people[i][string(v)]
		if n == nil {
			n = new(int64)
			c.people[i][string(v)] = n
		}
		*n++
	}
}

// counted is the address under which a client's requests are counted, which
// is that of its actor.
func counted(client netip.Addr) netip.Addr {
	if client.Is4() {
		return client
	}
	raw := client.As16()
	clear(raw[8:])
	return netip.AddrFrom16(raw)
}

// replayKey hashes the names of those who are blocked here: no agent has it.
var replayKey = block.NewMatchKey([32]byte{})

// name is what blocks call a user, key, token or session.
func (c *counter) name(_ string, a finding.Actor) string {
	hash := replayKey.Hash(block.Scope(a.Kind), a.Value)
	c.clear[hash] = a
	return hash
}

// sent is how many requests came from those on whom a block is, as far as one
// of its criteria tells; of a wider prefix, from the actor.
func (c *counter) sent(b *block.Block, a finding.Actor) int64 {
	for _, criterion := range b.Target.Criteria() {
		who := finding.Actor{Kind: finding.ActorKind(criterion.Scope), Value: criterion.Value}
		if clear, ok := c.clear[criterion.Value]; ok {
			who = clear
		}
		if n := c.of(who); n > 0 {
			return n
		}
	}
	return c.of(a)
}

func (c *counter) of(a finding.Actor) int64 {
	for i := range named {
		for _, kind := range named[i].kinds {
			if n := c.people[i][a.Value]; kind == a.Kind && n != nil {
				return *n
			}
		}
	}
	if addr, err := netip.ParseAddr(a.Value); err == nil {
		return c.clients[counted(addr)]
	}
	if p, err := netip.ParsePrefix(a.Value); err == nil {
		return c.clients[p.Addr()]
	}
	return 0
}
