package service

import (
	"context"
	"net/netip"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/indicator"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

// IntelDir holds the threat feeds, a folder each.
func (d DataDir) IntelDir() string { return d.join("intel") }

// Feeds are the configured threat feeds.
func Feeds(cfg config.Intel) []intel.Feed {
	feeds := make([]intel.Feed, len(cfg.Feeds))
	for i := range cfg.Feeds {
		feeds[i] = feedOf(&cfg.Feeds[i])
	}
	return feeds
}

// allFeeds are the threat feeds, and the lists that are blocked.
func allFeeds(cfg config.Service) []intel.Feed {
	return append(Feeds(cfg.Intel), listFeeds(cfg.Blocks.Lists)...)
}

func feedOf(f *config.IntelFeed) intel.Feed {
	kind, _ := indicator.ParseKind(f.Kind) // checked with the configuration
	separator, _ := f.SeparatorByte()
	return intel.Feed{
		Name: f.Name, URL: f.URL, File: f.File, Collection: f.Collection,
		Read: indicator.Options{
			Format: f.Format, Kind: kind, Table: indicator.Table{Columns: f.Columns, Header: f.Header, Separator: separator},
			Confidence: f.Confidence, MinConfidence: f.MinConfidence, Labels: f.Labels, Only: f.Only,
			Subdomains: f.Subdomains, Expires: f.Expires,
		},
		Every: f.Every, Timeout: f.Timeout, MaxBytes: int64(f.MaxBytes), MaxShrink: f.MaxShrink,
		TokenFile: f.TokenFile, TokenHeader: f.TokenHeader, User: f.User, PasswordFile: f.PasswordFile,
	}
}

// Listings are what a match of each feed deserves.
func Listings(cfg config.Intel) map[string]detect.Listing {
	listings := map[string]detect.Listing{}
	for i := range cfg.Feeds {
		f := &cfg.Feeds[i]
		tier, _ := finding.ParseTier(f.Tier) // checked with the configuration
		listings[f.Name] = detect.Listing{Tier: tier, Wanted: finding.Wanted{
			LifetimeSeconds: int64(f.Block.TTL.Seconds()), Shadow: f.Block.Mode == "shadow", Rollout: f.Block.Mode == "rollout",
		}}
	}
	return listings
}

// OwnNetworks are those that no threat feed may speak about.
func OwnNetworks(n config.Networking) []netip.Prefix {
	var own []netip.Prefix
	for _, list := range []config.Networks{n.Own, n.Internal, n.Allow, n.TrustedHops} {
		own = append(own, list.Prefixes()...)
	}
	return own
}

// startFeeds keeps threat feeds fresh. It returns when what lies on disk is in
// force, so that no line is judged without.
func (s *Service) startFeeds(ctx context.Context, l *lifecycle) error {
	s.listings.Store(new(Listings(s.config.Intel)))
	keep := func(r intel.Refusals) error { return intel.SaveRefusals(s.dir.IntelDir(), r) }
	s.lists = newListKeeper(s.bus.Blocks().Since, s.responder, keep, s.config.Blocks.Lists, s.log.With("part", "lists"))
	loaded := make(chan struct{})
	once := sync.OnceFunc(func() { close(loaded) })
	feeds, err := intel.New(intel.Options{
		Feeds: allFeeds(s.config), Dir: s.dir.IntelDir(), Own: OwnNetworks(s.config.Network),
		Changed: func(set *indicator.Set) {
			s.detector.SetIndicators(&detect.Indicators{Set: set, Feeds: *s.listings.Load()})
			once()
		},
		Listed: s.lists.tell,
		Log:    s.log.With("part", "intel"), Registerer: s.metrics,
	})
	if err != nil {
		return err
	}
	s.feeds = feeds
	l.start("lists", s.lists.run)
	l.start("intel", feeds.Run)
	return l.await(ctx, loaded)
}

// useFeeds puts other feeds into force. It fails before anything is changed.
func (s *Service) useFeeds(cfg config.Service) error {
	before := s.listings.Swap(new(Listings(cfg.Intel)))
	if err := s.feeds.Reload(allFeeds(cfg), OwnNetworks(cfg.Network)); err != nil {
		s.listings.Store(before)
		return err
	}
	s.lists.use(cfg.Blocks.Lists)
	return nil
}
