package nftables

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/google/nftables"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// element is one address or prefix in a set of the kernel.
type element struct {
	id    block.ID
	until time.Duration
}

// place is where an element lies.
type place struct {
	set    string // without the family
	prefix netip.Prefix
}

// change is an element that comes, goes, or is replaced: then it goes first.
type change struct {
	place
	remove, put bool
	element
}

const (
	// perMessage bounds the elements of a message, whose list may have 64 KiB.
	perMessage = 256
	// perTransaction bounds the changes that are made at once.
	perTransaction = 4096
	// grace is for how much longer than the block an element lasts in the
	// kernel: an element is removed on time by us, and by the kernel when we
	// are not there.
	grace = 2 * time.Second
)

// apply makes changes, so many at a time that a transaction fits the socket.
// The first empties the intervals before, if they are made anew.
func (t *table) apply(changes []change, anew bool, now time.Duration) error {
	for anew || len(changes) > 0 {
		n := min(len(changes), perTransaction)
		part, flush := changes[:n], anew
		changes, anew = changes[n:], false
		err := t.do(func(c *nftables.Conn) error {
			if flush {
				t.flush(c, allowSet, netSet)
			}
			if err := t.each(part, func(ch *change) bool { return ch.remove }, now, c.SetDeleteElements); err != nil {
				return err
			}
			return t.each(part, func(ch *change) bool { return ch.put }, now, c.SetAddElements)
		})
		if err != nil {
			return fmt.Errorf("%d elements: %w", n, err)
		}
	}
	return nil
}

// each gives the elements of the changes that are of a kind, set by set.
func (t *table) each(changes []change, of func(*change) bool, now time.Duration, send func(*nftables.Set, []nftables.SetElement) error) error {
	waiting := map[*nftables.Set][]nftables.SetElement{}
	for i := range changes {
		ch := &changes[i]
		if !of(ch) {
			continue
		}
		set := t.sets[ch.set+familyOf(ch.prefix).suffix]
		waiting[set] = appendElements(waiting[set], set, ch, now)
		if len(waiting[set]) >= perMessage {
			if err := send(set, waiting[set]); err != nil {
				return err
			}
			waiting[set] = nil
		}
	}
	for set, rest := range waiting {
		if len(rest) == 0 {
			continue
		}
		if err := send(set, rest); err != nil {
			return err
		}
	}
	return nil
}

// appendElements adds an element as the kernel has it: an interval is its
// first address, and the first one behind it marked as an end.
func appendElements(dst []nftables.SetElement, set *nftables.Set, ch *change, now time.Duration) []nftables.SetElement {
	e := nftables.SetElement{Key: ch.prefix.Addr().AsSlice()}
	if ch.put {
		e.Timeout = max(time.Second, ch.until-now) + grace
		e.Comment = ch.id.String()
	}
	dst = append(dst, e)
	if set.Interval {
		dst = append(dst, nftables.SetElement{Key: behind(ch.prefix), IntervalEnd: true})
	}
	return dst
}

// behind is the first address behind a prefix; behind the last one there is
// the lowest.
func behind(p netip.Prefix) []byte {
	a := p.Masked().Addr().AsSlice()
	for bit := p.Bits() - 1; bit >= 0; bit-- {
		mask := byte(0x80 >> (bit % 8))
		a[bit/8] ^= mask
		if a[bit/8]&mask != 0 {
			break
		}
	}
	return a
}

// flush empties sets.
func (t *table) flush(c *nftables.Conn, names ...string) {
	for _, name := range names {
		for i := range families {
			c.FlushSet(t.sets[name+families[i].suffix])
		}
	}
}

// addresses gives what the kernel holds of blocked addresses.
func (t *table) addresses(now time.Duration) (map[netip.Prefix]element, error) {
	c, release, err := t.connect()
	if err != nil {
		return nil, err
	}
	defer release()
	held := map[netip.Prefix]element{}
	for i := range families {
		set := t.sets[addrSet+families[i].suffix]
		elements, err := c.GetSetElements(set)
		if err != nil {
			return nil, fmt.Errorf("list set %s: %w", set.Name, err)
		}
		for _, e := range elements {
			a, ok := netip.AddrFromSlice(e.Key)
			if !ok {
				continue
			}
			id, _ := block.ParseID(e.Comment) // 0 = somebody else's, which is replaced
			held[netip.PrefixFrom(a, a.BitLen())] = element{id, now + e.Expires - grace}
		}
	}
	return held, nil
}
