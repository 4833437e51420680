package traffic

import (
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Day is what somebody sent in the last day: in the hour that is not over and
// the 23 before it.
type Day struct {
	Requests   uint64 `json:"requests"`
	Successful uint64 `json:"successful"` // answered with 2xx or 3xx
	// Principals are how many different users, else keys or tokens, else
	// applications had a successful request from there in the last twelve to
	// twenty-four hours: exact up to 8 for a client and 64 for a prefix, else
	// right to about a tenth, and at most 1,420.
	Principals int       `json:"principals"`
	Clients    int       `json:"clients"`       // addresses and /64s; 0 for a principal
	Last       time.Time `json:"last,omitzero"` // beginning of the hour in which it was seen last
	// Known is false when it cannot be told: the target names nobody, or
	// somebody by a hash that nobody told of. All else is zero then.
	Known bool `json:"known"`
	// AtMost tells that the target asks for more than what is counted: a block
	// hits no more than this.
	AtMost bool `json:"at_most,omitempty"`
}

// Of gives the last day of those whom a target matches. Of a target with
// several criteria it is that of the one that was seen least.
func (c *Counts) Of(t block.Target, now time.Time) Day {
	best, unclear := Day{}, false
	for _, criterion := range t.Criteria() {
		d := c.ofCriterion(criterion, now)
		switch {
		case !d.Known:
			unclear = true
		case !best.Known || less(d, best):
			best, unclear = d, unclear || best.Known
		default:
			unclear = true
		}
	}
	best.AtMost = best.Known && (best.AtMost || unclear)
	return best
}

func less(a, b Day) bool { return a.Requests < b.Requests }

// OfActor gives the last day of an actor, as findings name it.
func (c *Counts) OfActor(a finding.Actor, now time.Time) Day {
	return c.ofCriterion(block.Criterion{Scope: block.Scope(a.Kind), Value: a.Value}, now)
}

func (c *Counts) ofCriterion(criterion block.Criterion, now time.Time) Day {
	switch criterion.Scope {
	case block.ScopeAddress:
		if addr, err := netip.ParseAddr(criterion.Value); err == nil {
			return c.OfPrefix(netip.PrefixFrom(addr, addr.BitLen()), now)
		}
	case block.ScopePrefix:
		if p, err := netip.ParsePrefix(criterion.Value); err == nil {
			return c.OfPrefix(p, now)
		}
	default:
		if k := kindOf(string(criterion.Scope)); k != noKind {
			return c.ofPrincipal(k, criterion.Value, now)
		}
	}
	return Day{}
}

func (c *Counts) ofPrincipal(k kind, name string, now time.Time) Day {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, known := c.place(k, name)
	d := Day{Known: known || k.plain()}
	if at >= 0 {
		c.principals.addTo(&d, at, hourOf(now.UnixNano()))
	}
	return d
}

// OfPrefix gives the last day of all addresses of a prefix, a single one
// included. Of IPv6 it is that of whole /64s.
func (c *Counts) OfPrefix(p netip.Prefix, now time.Time) Day {
	if !p.IsValid() {
		return Day{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	low, high, exact := keysOf(p)
	d, u, h, t := Day{Known: true, AtMost: !exact}, union{}, hourOf(now.UnixNano()), c.clients
	add := func(at int) {
		if d.Clients += t.addTo(&d, at, h); t.entries[at].sets != 0 {
			t.unite(&u, &t.entries[at], h)
		}
	}
	if at := t.find(low); low == high && at >= 0 {
		add(at)
	}
	for at := 0; low < high && at < len(t.entries); at++ {
		if key := t.entries[at].key; key >= low && key <= high {
			add(at)
		}
	}
	d.Principals = u.count()
	return d
}

// addTo adds an entry's last day, and gives 1 if it was seen then.
func (t *table) addTo(d *Day, at int, now hour) int {
	e := &t.entries[at]
	requests, successful := t.sum(e, now)
	d.Requests += requests
	d.Successful += successful
	if last := t.cells.items[e.cells].hour; e.cells != 0 {
		if seen := time.Unix(int64(last)*int64(time.Hour/time.Second), 0).UTC(); seen.After(d.Last) {
			d.Last = seen
		}
	}
	return min(int(requests), 1)
}
