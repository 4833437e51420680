package service

import (
	"context"
	"fmt"
	"net"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/decoyserver"
	"github.com/honeymoat/honeymoat/pkg/httpapi"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// startFront serves the API.
func (s *Service) startFront(l *lifecycle) error {
	files := pemFiles(s.dir, "server")
	if s.config.API.CertFile != "" {
		files = pemPair{cert: s.config.API.CertFile, key: s.config.API.KeyFile}
	}
	opts := httpapi.Options{
		Address: s.config.API.Listen, PlainAddress: s.config.API.BouncerListen, CertFile: files.cert, KeyFile: files.key,
		Proxies: s.config.Network.TrustedHops.Prefixes(),
		Tokens:  s.tokens.Load, FailedPerMinute: s.config.API.MaxFailedLogin, PublicMetrics: s.config.API.PublicMetrics,
		CAPEM: s.identity.authority.CertPEM(), CA: s.identity.authority.Fingerprint(), BusURLs: busURLs(s.config),
		Version: s.opts.Version, Parts: s.health.parts, Baselines: s.baselines, Catalogue: s.catalogue.Load,
		History: history{s.store, s.storedHashes}, Operator: s.responder, Blocklist: s.bus.Blocks(),
		Agents: agents{s.bus.Agents()}, Feed: s.bus, Retries: s.bus.Retries(), Subjects: subjects{s}, Rules: ruleAPI{s},
		Inbox: s.receiver.Inbox(), Pushed: s.pushedByHTTP(),
		Lines: func(agent string) ingest.Publisher { return s.bus.Publisher(agent) },
		Log:   s.log.With("part", "front"), Registerer: s.metrics, Gatherer: s.metrics,
	}
	if s.alertmanager != nil {
		opts.Alertmanager = s.alertmanager.Handler()
	}
	s.metrics.MustRegister(collector{s})
	server, err := httpapi.New(opts)
	if err != nil {
		return err
	}
	l.start("front", server.Run)
	return nil
}

// agents fits the registry's word for an enrolment to the front's.
type agents struct{ *bus.Registry }

func (a agents) CreateEnrolment(ctx context.Context, token auth.Digest, e httpapi.Enrolment) error {
	return a.Registry.CreateEnrolment(ctx, token, bus.Enrolment(e))
}

// startDecoyServer answers a whole decoy API: what is asked of it is a touch,
// and its log is read like any other.
func (s *Service) startDecoyServer(l *lifecycle) error {
	cfg := s.config.Decoys.Responder
	if cfg.Listen == "" {
		return nil
	}
	log := s.log.With("part", "decoys")
	file, err := decoyserver.OpenLog(decoyserver.LogOptions{Path: cfg.Log, Log: log})
	if err != nil {
		return err
	}
	handler, err := decoyserver.New(decoyserver.Options{
		Catalogue: s.catalogue.Load(), LogFile: file, Log: log, Metrics: s.metrics,
		Trusted: block.NewAllowlist(s.config.Network.TrustedHops.Prefixes()).Contains,
	})
	if err != nil {
		return fmt.Errorf("decoy responder: %w", err)
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("decoy responder: %w (change decoys.responder.listen)", err)
	}
	s.decoys = handler
	l.start("decoy responder", func(ctx context.Context) error { return decoyserver.Run(ctx, listener, handler) })
	return nil
}
