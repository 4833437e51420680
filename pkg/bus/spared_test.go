package bus

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Spared implements block.SparedHearer.
func (g *gateway) Spared(prefixes []netip.Prefix) { g.spared.Store(&prefixes) }

// TestAgentsAreToldWhomToSpare: by the bus and by HTTP, at once and when the
// configuration changes.
func TestAgentsAreToldWhomToSpare(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		var list atomic.Pointer[[]netip.Prefix]
		list.Store(&[]netip.Prefix{netip.MustParsePrefix("198.51.100.10/32")})
		w := start(t, at, func(o *Options) { o.Spared = func() []netip.Prefix { return *list.Load() } })
		w.enrol(t, "edge", "eu")
		w.enrol(t, "web", "us")
		byBus := w.follow(t, "edge")
		byHTTP := &stream{gateway: gateway{replica: block.NewReplica(), epoch: time.Now()}}
		w.attach(t, "web", byHTTP)
		for range 2 {
			for name, g := range map[string]*gateway{"bus": byBus, "http": &byHTTP.gateway} {
				eventually(t, "the agent by "+name+" knows whom to spare", func() bool {
					got := g.spared.Load()
					return got != nil && slices.Equal(*got, *list.Load())
				})
			}
			list.Store(&[]netip.Prefix{netip.MustParsePrefix("198.51.100.10/32"), netip.MustParsePrefix("2001:db8::/48")})
		}
	})
}
