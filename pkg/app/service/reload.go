package service

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/config"
)

// ReloadFrom reads the configuration again and puts it into force. That it
// failed is told until a reload succeeds: in the status, as a metric and an
// alert.
func (s *Service) ReloadFrom(load func() (config.Service, error)) error {
	cfg, err := load()
	if err == nil {
		err = s.Reload(cfg)
	}
	if err == nil {
		s.notReloaded.Store(nil)
	} else {
		s.notReloaded.Store(new(err.Error()))
	}
	return err
}

// Reload puts a changed configuration into force: sources, networks, decoys,
// rules, threat feeds, masks, OpenAPI documents, tokens and Alertmanager's
// routing. Everything that can fail happens before anything that runs is
// touched; on an error what runs goes on as it is. Keys that only a restart can
// change are told in the log. One Reload at a time.
func (s *Service) Reload(cfg config.Service) error {
	p, err := newPolicy(cfg, s.rules.Load())
	tokens, tokenErr := readTokens(cfg.API.TokenFile)
	s.masking.Lock()
	defer s.masking.Unlock()
	keys := *s.masking.keys.Load()
	_, maskErr := shipping.NewMasker(cfg.Privacy, keys)
	if err = errors.Join(err, tokenErr, maskErr, checkAlertmanager(cfg.Alerting), shipping.Check(sourcesOf(cfg))); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	if s.alertmanager != nil && len(cfg.Alerting.URLs) == 0 {
		if err := s.alertmanager.Reload(cfg.Alerting.ConfigFile); err != nil {
			return fmt.Errorf("reload: %w", err)
		}
	}
	if err := s.masking.set(cfg.Privacy, keys); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	if err := s.useSources(cfg); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	if err := s.useFeeds(cfg); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	s.tokens.Store(tokens)
	s.catalogue.Store(p.catalogue)
	s.routes.UseSpecs(p.specs)
	s.useRules(p.rules)
	s.detector.Reload(p.catalogue, p.rulebook, cfg.Network.Internal.Prefixes())
	s.responder.SetGuard(p.guard)
	s.responder.SetTiers(p.tiers, cfg.Network.Internal.Prefixes())
	p.warn(s.log)
	s.responder.Protect(exempt(cfg.Network))
	if s.decoys != nil {
		s.decoys.SetCatalogue(p.catalogue)
	}
	s.log.Info("configuration reloaded", "decoys", len(p.catalogue.Decoys()), "rules", p.rulebook.Size(), "tokens", tokens.Len())
	if keys := needRestart(s.config, cfg); len(keys) > 0 {
		s.log.Warn("these sections have changed and take a restart", "sections", keys)
	}
	return nil
}

// needRestart lists the changed sections of which a reload takes nothing, or
// not everything.
func needRestart(old, now config.Service) []string {
	var changed []string
	for name, pair := range map[string][2]any{
		"data_dir": {old.DataDir, now.DataDir}, "bus": {old.Bus, now.Bus},
		"store": {old.Store, now.Store}, "hash_keys": {old.HashKeys, now.HashKeys}, "routes.max_segments": {old.Routes.MaxSegments, now.Routes.MaxSegments},
		"quarantine": {old.Spool, now.Spool}, "blocks": {limits(old.Blocks), limits(now.Blocks)}, "webhooks": {old.Webhooks, now.Webhooks}, "api": {old.API, now.API},
		"rollout": {old.Rollout, now.Rollout}, "traffic": {old.Traffic, now.Traffic},
		"baselines": {old.Baselines, now.Baselines}, "behaviour": {old.Behaviour, now.Behaviour},
		"decoys.responder":       {old.Decoys.Responder, now.Decoys.Responder},
		"network.trusted_hops":   {old.Network.TrustedHops, now.Network.TrustedHops},
		"alerting.urls":          {old.Alerting.URLs, now.Alerting.URLs},
		"alerting.console_url":   {old.Alerting.ConsoleURL, now.Alerting.ConsoleURL},
		"alerting.resolve_after": {old.Alerting.ResolveAfter, now.Alerting.ResolveAfter},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}

// limits are the keys of blocks that a reload does not take.
func limits(b config.Blocks) config.Blocks {
	b.Lists = nil
	return b
}
