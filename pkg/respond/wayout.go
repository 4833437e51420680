package respond

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Bounds of the way out of a refusal: what is to be left out, and the parts that
// are left.
const (
	maxExcept = 8
	maxParts  = 128
)

// showWayOut tells whoever asks for a prefix in which somebody is protected what
// to leave out, and which targets do. It is not done for them: what they get
// would be another block than they asked for.
func (g *Guard) showWayOut(r *Refusal, t block.Target, by Asker) {
	except := g.inside(t, by)
	if len(except) == 0 || len(except) > maxExcept {
		return
	}
	list := block.NewAllowlist(except)
	around := block.Around(t.Prefix(), list)
	if len(around) == 0 || len(around) > maxParts {
		return
	}
	for _, p := range around {
		part, err := withPrefix(t, p)
		if err != nil {
			return
		}
		r.Parts = append(r.Parts, part)
	}
	var flags strings.Builder
	for _, p := range except {
		flags.WriteString(" --except " + block.PrefixTarget(p).String())
	}
	r.Hint += fmt.Sprintf("; or block around it: honeymoat blocks add '%s'%s …", t, flags.String())
}

// inside gives all in a target's prefix whom nobody may block, without those who
// are free anyway. None when one of them is around it, or has nothing to do
// with addresses.
func (g *Guard) inside(t block.Target, by Asker) []netip.Prefix {
	whole := t.Prefix()
	if !whole.IsValid() || whole.Bits() == 0 {
		return nil
	}
	var except []netip.Prefix
	add := func(p netip.Prefix) bool {
		except = append(except, p)
		return p.Bits() > whole.Bits() && len(except) <= maxExcept
	}
	for i := range g.protected {
		p := &g.protected[i]
		met := p.list.Meets(t)
		if !met.IsValid() || p.passes(t, met, by.Exempt) {
			continue
		}
		if met.Bits() <= whole.Bits() {
			return nil
		}
		for within := range p.list.Within(t) {
			if !add(within) {
				return nil
			}
		}
	}
	if a := canonical(by.Address); a.IsValid() && whole.Contains(a) && !add(clientOf(a)) {
		return nil
	}
	return except
}

// clientOf is the prefix that usually is one client's.
func clientOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = clientBits
	}
	return netip.PrefixFrom(a, bits).Masked()
}

// withPrefix is a target with another prefix in place of its own.
func withPrefix(t block.Target, p netip.Prefix) (block.Target, error) {
	criteria := t.Criteria()
	for i, c := range criteria {
		if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
			criteria[i] = block.PrefixTarget(p).Criteria()[0]
		}
	}
	return block.NewTarget(criteria...)
}

func canonical(a netip.Addr) netip.Addr {
	if !a.IsValid() {
		return a
	}
	return a.Unmap().WithZone("")
}
