package service

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
	"github.com/honeymoat/honeymoat/pkg/traffic"
)

// newDetection makes the detector and who decides about what it finds. They
// need each other: a mark in a log counts when its id is known, and the
// detector's memory is kept with the responder's checkpoint.
func (s *Service) newDetection(p policy) error {
	counts := traffic.New(traffic.Options{
		MaxClients: s.config.Traffic.MaxClients, MaxPrincipals: s.config.Traffic.MaxPrincipals,
		Seed: rand.Uint64(), // what was saved has its own
	})
	normal, err := Watch(s.config.Baselines, rand.Uint64())
	if err != nil {
		return err
	}
	s.detector = detect.New(detect.Options{
		Watch: normal, Behaviour: Behaviour(s.config.Behaviour, rand.Uint64()),
		Catalogue: p.catalogue, Rulebook: p.rulebook, Internal: s.config.Network.Internal.Prefixes(),
		Known: func(id block.ID) bool { return s.responder.Known(id) }, Mask: s.masking.finding,
		Names: s.nameAt, Traffic: counts, Now: time.Now, Measure: true,
	})
	ledger := LedgerOptions(s.config.Blocks)
	ledger.Traffic, ledger.Rollouts = lastDay{counts}, rollout.Options{Limits: s.config.Rollout.Limits()}
	ledger.Policy, ledger.Internal = p.tiers, s.config.Network.Internal.Prefixes()
	responder, err := respond.New(respond.Options{
		Blocks: s.bus.Blocks(), Recorder: s.bus, Checkpoints: s.bus.Checkpoints(), Alerter: s.alerts,
		Withdrawer: s.bus, Confirmer: s.detector, Memory: s.detector, Preview: storePreview{s}, MatchKeys: s.matchKeys, Segments: s.segments,
		Guard: p.guard, Ledger: ledger, Quiet: s.config.Alerting.ResolveAfter,
		Links: respond.Links{Console: s.consoleURL(), Dashboard: s.config.Alerting.DashboardURL},
		Log:   s.log.With("part", "respond"),
	})
	if err != nil {
		return fmt.Errorf("respond: %w", err)
	}
	responder.Protect(exempt(s.config.Network))
	s.responder = responder
	return nil
}

// useRules tells what became of the files of rules, and keeps them for the
// next reload.
func (s *Service) useRules(set *ruleset.Set) {
	s.rules.Store(set)
	for _, m := range set.Mistakes {
		s.log.Warn("a rule is refused", "mistake", m.Error(), "kept_as_it_was", slices.Contains(set.Kept, m.File))
	}
}

// detect reads the events in order, from where the last checkpoint stands.
func (s *Service) detect(ctx context.Context) error {
	saver := s.newRouteSaver()
	var saving sync.WaitGroup
	saving.Go(func() { saver.run(ctx) })
	defer func() {
		saving.Wait()
		saver.finish(ctx)
	}()
	var found detect.Result
	return s.bus.Lines("detect").Consume(ctx, s.responder.Sequence(), func(seq uint64, b *event.Batch) error {
		err := s.handle(ctx, seq, func() respond.Input {
			s.routes.learn(seq, b)
			s.detector.Detect(b, &found)
			return respond.Input{
				Agent: b.Shipper, Findings: found.Findings,
				Denials: byBlock(found.Denials), IgnoredMarks: found.IgnoredMarks,
				Measures: measured(found.Measures), Gateways: found.Gateways,
			}
		})
		saver.tick()
		return err
	})
}

func measured(all []detect.Measured) []respond.Measured {
	list := make([]respond.Measured, len(all))
	for i := range all {
		list[i] = respond.Measured(all[i])
	}
	return list
}

func byBlock(denials []detect.Denial) map[block.ID]uint64 {
	if len(denials) == 0 {
		return nil
	}
	counts := map[block.ID]uint64{}
	for i := range denials {
		counts[denials[i].Block]++
	}
	return counts
}
