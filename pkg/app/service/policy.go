package service

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/sigma/correlate"
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

// Rules reads the configured rules; running is what is in force, or nil.
// Mistakes in rules are in the set; the error is about the configuration.
func Rules(cfg config.Rules, network config.Networking, running *ruleset.Set) (*ruleset.Set, error) {
	placeholders := map[string][]string{
		"internal": texts(network.Internal), "allow": texts(network.Allow),
		"own": texts(network.Own), "trusted_hops": texts(network.TrustedHops), "monitors": texts(network.Monitors),
	}
	maps.Copy(placeholders, cfg.Placeholders)
	set, err := ruleset.Load(ruleset.Options{
		Shipped: cfg.Shipped, Folders: cfg.Folders, Disable: cfg.Disable, Placeholders: placeholders, Running: running,
	})
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return set, nil
}

func texts(networks config.Networks) []string {
	list := []string{}
	for _, p := range networks.Prefixes() {
		list = append(list, p.String())
	}
	return list
}

// RulebookOptions are the limits on what correlations remember.
func RulebookOptions(cfg config.Rules) detect.RulebookOptions {
	began := time.Now()
	return detect.RulebookOptions{
		Windows: correlate.Options{MaxGroups: cfg.MaxGroups, MaxBytes: int64(cfg.MaxMemory), Lateness: cfg.Lateness},
		Clock:   func() int64 { return int64(time.Since(began)) },
	}
}

// GuardOptions are what the guard protects, the addresses of this host
// included.
func GuardOptions(cfg config.Networking) (respond.GuardOptions, error) {
	own, err := hostAddresses()
	if err != nil {
		return respond.GuardOptions{}, err
	}
	return respond.GuardOptions{
		Allow: cfg.Allow.Prefixes(), TrustedHops: cfg.TrustedHops.Prefixes(), Monitors: cfg.Monitors.Prefixes(),
		Own: append(own, cfg.Own.Prefixes()...),
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

// LedgerOptions are the limits on blocks.
func LedgerOptions(cfg config.Blocks) respond.LedgerOptions {
	waiting := cfg.MaxWaiting
	if waiting == 0 {
		waiting = -1
	}
	return respond.LedgerOptions{
		MaxWaiting: waiting,
		PerMinute:  cfg.MaxPerMinute, PerAgentOnly: cfg.AgentPerMinute, PerRule: cfg.RulePerMinute, PerSegment: cfg.SegmentPerMinute,
		BreakerPerMinute: cfg.BreakerPerMinute, SharedAfter: cfg.SharedAfter,
		PreviewSuccessful: cfg.PreviewLimit, PreviewPrincipals: cfg.PreviewPeople,
		MaxLifetime: cfg.MaxLifetime, WidenAfter: cfg.WidenAfter,
	}
}

// exempt lists whom agents let pass whatever is blocked.
func exempt(cfg config.Networking) []netip.Prefix {
	return append(cfg.Allow.Prefixes(), cfg.Monitors.Prefixes()...)
}
