package respond

import (
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// IPv6 is blocked by what one client usually has, and by what one site has
// where several clients of it were blocked on evidence.
const (
	clientBits = 64
	siteBits   = 56
	ownerBits  = 48
)

// wider gives the prefixes to which a block on an IPv6 client may be widened,
// the narrowest first; none for others.
func wider(t block.Target) []block.Target {
	p := t.Prefix()
	if !t.Plain() || !p.Addr().Is6() || p.Bits() < clientBits {
		return nil
	}
	return []block.Target{
		block.PrefixTarget(netip.PrefixFrom(p.Addr(), siteBits)),
		block.PrefixTarget(netip.PrefixFrom(p.Addr(), ownerBits)),
	}
}

// crowd counts the blocks on evidence that lie in a wider prefix of the same
// segment: /64 in their /56, and /56 in their /48.
type crowd map[string]int

// in gives where a block is counted.
func (c crowd) in(b *block.Block) (string, bool) {
	p := b.Target.Prefix()
	if !b.Target.Plain() || !p.Addr().Is6() || !automatic(b) || !harms(b) {
		return "", false
	}
	switch p.Bits() {
	case clientBits:
		return crowdKey(b.Segment, p, siteBits), true
	case siteBits:
		return crowdKey(b.Segment, p, ownerBits), true
	}
	return "", false
}

func crowdKey(segment string, p netip.Prefix, bits int) string {
	return segment + " " + netip.PrefixFrom(p.Addr(), bits).Masked().String()
}

func (c crowd) add(b *block.Block, n int) {
	key, ok := c.in(b)
	if !ok {
		return
	}
	if c[key] += n; c[key] <= 0 {
		delete(c, key)
	}
}

// widened gives the widest prefix that the blocks within it speak for, the new
// one included, and that fit lets through; or the block's own target.
func (l *Ledger) widened(b block.Block, fit func(block.Target) bool) block.Target {
	if l.options.WidenAfter < 0 || !harms(&b) {
		return b.Target
	}
	for _, t := range wider(b.Target) {
		in := crowdKey(b.Segment, b.Target.Prefix(), t.Prefix().Bits())
		if b.Target.Prefix().Bits() > clientBits || l.blocks.crowd[in]+1 < l.options.WidenAfter || !fit(t) {
			break
		}
		b.Target = t
	}
	return b.Target
}
