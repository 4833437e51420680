package service

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Catalogue reads the configured decoys, or gives the shipped ones.
func Catalogue(cfg config.Decoys) (*decoy.Catalogue, error) {
	if cfg.Catalogue == "" {
		return decoy.Shipped()
	}
	data, err := os.ReadFile(cfg.Catalogue)
	if err != nil {
		return nil, fmt.Errorf("decoys.catalogue: %w", err)
	}
	return decoy.Parse(decoy.Source{Name: cfg.Catalogue, Data: data})
}

// GuardOptions are what the guard protects, the addresses of this host
// included.
func GuardOptions(cfg config.Networking) (respond.GuardOptions, error) {
	own, err := hostAddresses()
	if err != nil {
		return respond.GuardOptions{}, err
	}
	return respond.GuardOptions{
		Allow: cfg.Allow.Prefixes(), TrustedHops: cfg.TrustedHops.Prefixes(), Own: append(own, cfg.Own.Prefixes()...),
	}, nil
}

func hostAddresses() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("addresses of this host: %w", err)
	}
	var own []netip.Prefix
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
		}
	}
	return own, nil
}

// LedgerOptions are the limits on automatic blocks.
func LedgerOptions(cfg config.Blocks) respond.LedgerOptions {
	return respond.LedgerOptions{PerMinute: cfg.MaxPerMinute, PerAgentOnly: cfg.AgentPerMinute}
}
