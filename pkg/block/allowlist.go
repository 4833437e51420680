package block

import (
	"iter"
	"net/netip"

	"github.com/gaissmai/bart"
)

// Allowlist is the addresses that are never blocked, whoever asks. It is
// immutable and safe for concurrent use; a nil one is empty.
type Allowlist struct{ table bart.Lite }

// NewAllowlist makes an allowlist of prefixes.
func NewAllowlist(prefixes []netip.Prefix) *Allowlist {
	l := new(Allowlist)
	for _, p := range prefixes {
		l.table.Insert(PrefixTarget(p).prefix)
	}
	return l
}

// Contains tells whether an address is allowed.
func (l *Allowlist) Contains(a netip.Addr) bool {
	return l != nil && l.table.Contains(a.Unmap())
}

// Overlaps tells whether a target and the allowlist have an address in
// common: blocking the target would block somebody who is allowed. A target
// that does not ask for addresses overlaps with none: what protects them there
// is an exemption.
func (l *Allowlist) Overlaps(t Target) bool {
	return l != nil && t.prefix.IsValid() && l.table.OverlapsPrefix(t.prefix)
}

// Meets gives one of the allowlist's prefixes that a target overlaps with; the
// zero one when there is none.
func (l *Allowlist) Meets(t Target) netip.Prefix {
	if !l.Overlaps(t) {
		return netip.Prefix{}
	}
	if p, ok := l.table.LookupPrefixLPM(t.prefix); ok {
		return p
	}
	for p := range l.table.Subnets(t.prefix) {
		return p
	}
	return netip.Prefix{}
}

// Within yields the allowlist's prefixes that lie in a target's.
func (l *Allowlist) Within(t Target) iter.Seq[netip.Prefix] {
	if l == nil || !t.prefix.IsValid() {
		return func(func(netip.Prefix) bool) {}
	}
	return l.table.Subnets(t.prefix)
}
