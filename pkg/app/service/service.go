package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/honeymoat/honeymoat/pkg/alerting"
	alertmanager "github.com/honeymoat/honeymoat/pkg/alerting/embedded"
	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/bus"
	busserver "github.com/honeymoat/honeymoat/pkg/bus/embedded"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/decoyserver"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/intel"
	"github.com/honeymoat/honeymoat/pkg/inventory"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/store"
	"github.com/honeymoat/honeymoat/pkg/webhook"
)

// Options are what the configuration does not say.
type Options struct {
	Version string
	// EngineCommand starts the child that loads the store's engine.
	EngineCommand []string
	Log           *slog.Logger
	// Input has the lines of the source config.InputSource, if there is one.
	Input io.ReadCloser
}

// Service is the whole of honeymoat in one process.
type Service struct {
	config   config.Service
	opts     Options
	log      *slog.Logger
	metrics  *prometheus.Registry
	started  time.Time
	dir      DataDir
	identity identity
	policy   policy // what New checked; a reload replaces what is made of it
	masking  masking
	routes   *routing

	tokens      atomic.Pointer[auth.Tokens]
	catalogue   atomic.Pointer[decoy.Catalogue]
	rules       atomic.Pointer[ruleset.Set]
	notReloaded atomic.Pointer[string]                    // why the last reload failed; nil = it did not
	listings    atomic.Pointer[map[string]detect.Listing] // what threat feeds are taken for
	listed      atomic.Pointer[listing]

	// The parts, in the order in which they start.
	busServer    *busserver.Server
	bus          *bus.Bus
	alertmanager *alertmanager.Alertmanager // nil when others are configured
	alerts       *alerting.Poster
	store        *store.Store
	writer       *store.Writer
	storeReady   atomic.Bool
	detector     *detect.Detector
	handling     sync.Mutex // held while the responder takes what the detector found
	feeds        *intel.Feeds
	lists        *listKeeper
	responder    *respond.Service
	quarantine   *shipping.Quarantine
	shipper      *shipping.Shipper
	receiver     *shipping.Receiver
	decoys       *decoyserver.Handler // nil when there is no responder
	webhooks     *webhook.Webhooks    // nil when none are configured
	health       health

	dropped     dropped
	deadLetters atomic.Int64
	lastDead    atomic.Pointer[deadLetter]
}

// policy is everything made of the configuration that a reload can replace.
// All that can fail happens while it is made.
type policy struct {
	catalogue *decoy.Catalogue
	rules     *ruleset.Set
	rulebook  *detect.Rulebook
	guard     *respond.Guard
	specs     *inventory.Specs
	tiers     *evidence.Policy
}

func newPolicy(cfg config.Service, running *ruleset.Set) (policy, error) {
	catalogue, err := Catalogue(cfg.Decoys)
	if err != nil {
		return policy{}, err
	}
	guard, err := GuardOptions(cfg.Network)
	if err != nil {
		return policy{}, err
	}
	specs, err := Specs(cfg.Routes)
	if err != nil {
		return policy{}, err
	}
	set, err := Rules(cfg.Rules, cfg.Network, running)
	if err != nil {
		return policy{}, err
	}
	tiers, err := config.Policy(cfg.Evidence, cfg.Tiers)
	if err != nil {
		return policy{}, err
	}
	return policy{
		catalogue: catalogue, rules: set, rulebook: detect.NewRulebook(set.Collection, RulebookOptions(cfg.Rules)),
		guard: respond.NewGuard(guard), specs: specs, tiers: tiers,
	}, nil
}

// warn tells what an operator may not mean.
func (p *policy) warn(log *slog.Logger) {
	for _, warning := range p.tiers.Warnings() {
		log.Warn("the tiers may not be what was meant", "warning", warning)
	}
}

// New opens the data directory and reads everything that the configuration
// names. It starts nothing.
func New(cfg config.Service, opts Options) (*Service, error) {
	s := &Service{config: cfg, opts: opts, log: opts.Log, metrics: prometheus.NewRegistry(), started: time.Now()}
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	if s.policy, err = newPolicy(cfg, nil); err != nil {
		return nil, err
	}
	s.policy.warn(s.log)
	if s.dir, err = OpenDataDir(cfg.DataDir); err != nil {
		return nil, err
	}
	tokens, err := openTokens(s.dir, cfg.API.TokenFile)
	if err != nil {
		return nil, err
	}
	if s.identity, err = openIdentity(s.dir, certificateHosts(cfg), s.started); err != nil {
		return nil, err
	}
	keys, err := openKeyring(s.dir, cfg, s.started)
	if err != nil {
		return nil, err
	}
	if err := s.masking.set(cfg.Privacy, keys); err != nil {
		return nil, err
	}
	s.routes = newRouting(cfg.Routes, s.policy.specs)
	s.tokens.Store(tokens)
	s.catalogue.Store(s.policy.catalogue)
	s.useRules(s.policy.rules)
	return s, nil
}

// certificateHosts are the names under which clients and agents reach us.
func certificateHosts(cfg config.Service) []string {
	hosts := append([]string{"localhost", "127.0.0.1", "::1"}, cfg.API.Names...)
	for _, address := range append([]string{cfg.API.Listen, cfg.Bus.Listen}, cfg.Bus.Advertise...) {
		host, _, _ := net.SplitHostPort(address)
		if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// Run starts everything, and returns when ctx has ended and everything has
// stopped, or when a part that the rest cannot do without has failed.
func (s *Service) Run(ctx context.Context) (err error) {
	l := newLifecycle(s.log)
	defer func() {
		err = errors.Join(err, l.stop())
		s.log.Info("honeymoat has stopped")
	}()
	if err := s.startBus(ctx, l); err != nil {
		return err
	}
	// A second service on the same bus waits here until this one is gone.
	return s.bus.Hold(ctx, "service", holder(), s.config.Bus.LeaseTTL, func(ctx context.Context) error {
		return s.serve(ctx, l.above())
	})
}

// serve runs all that only one service on a bus may do.
func (s *Service) serve(ctx context.Context, l *lifecycle) (err error) {
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := s.startAlerting(l); err != nil {
		return err
	}
	if err := s.newDetection(s.policy); err != nil {
		return err
	}
	l.start("bus", func(ctx context.Context) error { return s.bus.Run(ctx, s.responder.Touch) })
	if err := l.await(ctx, s.bus.Ready()); err != nil {
		return err
	}
	if _, err := s.responder.Load(ctx); err != nil {
		return fmt.Errorf("load what was known before: %w", err)
	}
	if err := s.detector.Forgot(); err != nil {
		s.log.Warn("a part of what detection remembered cannot be read, and begins anew", "error", err)
	}
	if err := s.loadRoutes(ctx); err != nil {
		return err
	}
	if err := s.startStore(l); err != nil {
		return err
	}
	l.start("respond", s.responder.Run)
	if err := s.startFeeds(ctx, l); err != nil {
		return err
	}
	l.start("detect", s.detect)
	l.start("clock", s.tellTime)
	s.startSlow(l)
	l.start("trim", func(ctx context.Context) error { return s.bus.Trim(ctx, s.processed, s.writer.RecordsDone) })
	if err := s.startIngest(l); err != nil {
		return err
	}
	if err := s.startDecoyServer(l); err != nil {
		return err
	}
	l.start("hash keys", s.rotateKeys)
	if err := s.startWebhooks(l); err != nil {
		return err
	}
	l.start("health", s.watchHealth)
	if err := s.startFront(l); err != nil {
		return err
	}
	if _, err := s.busServer.Listen(s.bus.Agents().Lookup); err != nil {
		return fmt.Errorf("let agents in: %w", err)
	}
	s.log.Info("honeymoat runs", "version", s.opts.Version, "front", s.config.API.PublicURL(), "data", s.config.DataDir)
	return l.wait(ctx)
}
