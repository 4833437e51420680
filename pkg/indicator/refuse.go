package indicator

import (
	"fmt"
	"net/netip"

	"github.com/gaissmai/bart"
)

// The widest prefixes that are taken: whoever lists more means something else.
const (
	widest4 = 8
	widest6 = 16
)

// wall refuses networks that no feed may speak about.
type wall struct {
	own      bart.Lite // the operator's
	reserved bart.Lite // nobody's on the internet
}

func newWall(own []netip.Prefix) *wall {
	var w wall
	for _, p := range own {
		if p.IsValid() {
			w.own.Insert(unmapped(p).Masked())
		}
	}
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
		"::/96", "::ffff:0:0/96", "fc00::/7", "fe80::/10", "ff00::/8",
	} {
		w.reserved.Insert(netip.MustParsePrefix(text))
	}
	return &w
}

// judge tells why a network is refused, or nil.
func (w *wall) judge(p netip.Prefix) error {
	widest := widest6
	if p.Addr().Is4() {
		widest = widest4
	}
	switch {
	case p.Bits() < widest:
		return fmt.Errorf("%s is far too wide: want /%d or narrower", p, widest)
	case w.own.OverlapsPrefix(p):
		return fmt.Errorf("%s is one of our own networks, or holds one", prefixText(p))
	case w.reserved.OverlapsPrefix(p):
		return fmt.Errorf("%s is private, loopback, or nobody's on the internet", prefixText(p))
	}
	return nil
}
