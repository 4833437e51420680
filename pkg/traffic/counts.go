package traffic

import (
	"net/netip"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options bound what is counted. What is zero has the default.
type Options struct {
	// MaxClients is how many clients (addresses, and /64s of IPv6) are told
	// apart; 0 means 200,000. A client takes 30 bytes, 16 for each hour in which
	// it was seen (at most 8 on average), and 90 if principals stand behind it:
	// 200,000 take 50 MB at most, and 14 MB on an ordinary day.
	MaxClients int
	// MaxPrincipals is the same for principals, who take no 90 bytes, with
	// fingerprints and user agents among them; 0 means 200,000.
	MaxPrincipals int
	// Seed of the hashes that stand for principals. Whoever knows it can tell
	// whether a given name was counted.
	Seed uint64
}

// Counts are the counters. They are safe for concurrent use.
type Counts struct {
	mu         sync.Mutex
	seed       uint64
	clients    *table
	principals *table
	names      names
	passing    pass // memory of Add
}

// New makes counters that have counted nothing.
func New(o Options) *Counts {
	if o.MaxClients <= 0 {
		o.MaxClients = 200_000
	}
	if o.MaxPrincipals <= 0 {
		o.MaxPrincipals = 200_000
	}
	return &Counts{
		seed: o.Seed, clients: newTable(o.MaxClients, o.Seed), principals: newTable(o.MaxPrincipals, o.Seed),
		names: newNames(maxNames),
	}
}

// Add counts the rows from one to another, exclusive, but for some: those that
// we refused or answered ourselves, in order. Rows that say they are of later
// than now are taken as of now, those of before the last day do not count, nor
// do batches of decoys' logs and of calls that we made.
func (c *Counts) Add(b *event.Batch, from, to int, except []int, now time.Time) {
	if b.Kind == event.Decoy || b.Direction == event.Egress {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pass(b, now)
	for row := from; row < to; row++ {
		for len(except) > 0 && except[0] < row {
			except = except[1:]
		}
		if len(except) == 0 || except[0] != row {
			p.row(row)
		}
	}
	p.flush()
}

// clientKey is a client as a number: of IPv6 the /64, of IPv4 the address
// below 32 bits that no IPv6 client begins with.
func clientKey(a event.Addr) uint64 {
	if [12]byte(a[:12]) == v4Mapped {
		return v4Base | uint64(a[12])<<24 | uint64(a[13])<<16 | uint64(a[14])<<8 | uint64(a[15])
	}
	key := uint64(0)
	for _, b := range a[:8] {
		key = key<<8 | uint64(b)
	}
	return key
}

const v4Base = uint64(0xffffffff) << 32 // ffff:ffff::/32 is multicast

var v4Mapped = [12]byte{10: 0xff, 11: 0xff}

// keysOf is the range of keys of a prefix. exact is false when the prefix is
// narrower than what is told apart.
func keysOf(p netip.Prefix) (low, high uint64, exact bool) {
	p = block.PrefixTarget(p).Prefix()
	low = clientKey(event.AddrFrom(p.Addr()))
	if p.Addr().Is4() {
		return low, low | (1<<(32-p.Bits()) - 1), true
	}
	rest := max(64-p.Bits(), 0)
	return low, min(low|(1<<rest-1), v4Base-1), p.Bits() <= 64
}

// Stats tell how full the counters are.
type Stats struct {
	Clients, Principals int
	Evicted             uint64 // clients and principals that had to make room
	Bytes               int    // memory taken, about
}

// Stats gives them.
func (c *Counts) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Clients: len(c.clients.entries), Principals: len(c.principals.entries),
		Evicted: c.clients.evicted + c.principals.evicted, Bytes: c.clients.bytes() + c.principals.bytes(),
	}
}
