package respond

import (
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Spared lists whom an agent must not refuse by itself while we are away:
// everybody whom the guard protects and who is not exempt, of whom agents know.
func (g *Guard) Spared() []netip.Prefix {
	var list []netip.Prefix
	for _, p := range g.protected {
		if p.exempt {
			continue
		}
		for _, everybody := range [...]string{"0.0.0.0/0", "::/0"} {
			for prefix := range p.list.Within(block.PrefixTarget(netip.MustParsePrefix(everybody))) {
				list = append(list, prefix)
			}
		}
	}
	return list
}
