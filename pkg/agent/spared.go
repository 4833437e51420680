package agent

import (
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// spared is whom the service's guard would never block: while the service is
// away this agent must not refuse them either. It is not a list of exemptions:
// whoever is on it passes no block of the service. It is immutable; nil is empty.
type spared struct {
	prefixes []netip.Prefix
	list     *block.Allowlist
}

func newSpared(prefixes []netip.Prefix) *spared {
	prefixes = slices.DeleteFunc(slices.Clone(prefixes), func(p netip.Prefix) bool { return !p.IsValid() })
	return &spared{prefixes, block.NewAllowlist(prefixes)}
}

func (s *spared) holds(t block.Target) bool { return s != nil && s.list.Overlaps(t) }

func (s *spared) all() []netip.Prefix {
	if s == nil {
		return nil
	}
	return s.prefixes
}

// Spared implements block.SparedHearer.
func (a *Agent) Spared(prefixes []netip.Prefix) {
	a.spare(prefixes, a.clock.Now())
	notify(a.dirty)
}

func (a *Agent) spare(prefixes []netip.Prefix, now time.Duration) {
	s := newSpared(prefixes)
	a.spared.Store(s)
	a.provisional.settle(s.holds, now)
}
