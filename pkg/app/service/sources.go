package service

import (
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/config"
)

// startIngest follows the logs that the service reads itself, takes those that
// are pushed, and reads again what it could not parse when it is asked to.
func (s *Service) startIngest(l *lifecycle) (err error) {
	to := s.bus.Publisher(bus.Local)
	s.quarantine, err = shipping.OpenQuarantine(shipping.QuarantineOptions{
		Dir: s.dir.QuarantineDir(), MaxBytes: int64(s.config.Spool.MaxBytes),
		Sources: sourcesOf(s.config), Trusted: trustedHops(s.config),
		Privacy: s.config.Privacy, To: to, Desk: s.bus.Retries().Desk(bus.Local),
		Log: s.log.With("part", "quarantine"), Metrics: s.metrics,
	})
	if err != nil {
		return err
	}
	l.push("quarantine", s.quarantine.Close)
	opts := shipping.Options{
		Sources: sourcesOf(s.config), Trusted: trustedHops(s.config),
		Positions: s.dir.Positions(), To: to, Keeper: s.quarantine, Privacy: s.config.Privacy,
		Log: s.log.With("part", "ingest"), Metrics: s.metrics, Input: s.opts.Input,
	}
	if s.receiver, err = shipping.NewReceiver(opts); err != nil {
		return err
	}
	opts.Pushed = s.receiver.Stats
	if s.shipper, err = shipping.NewShipper(opts); err != nil {
		return err
	}
	s.bus.Retries().Notify(s.quarantine.Heard)
	l.start("retries", s.quarantine.Run)
	l.start("ingest", s.shipper.Run)
	l.start("receive", s.receiver.Run)
	return nil
}

// pushedByHTTP are the names of the sources whose lines come to the front.
func (s *Service) pushedByHTTP() (names []string) {
	for _, source := range s.config.Sources {
		if source.HTTP {
			names = append(names, source.Name)
		}
	}
	return names
}

// sourcesOf are the configured logs and that of the own decoy responder.
func sourcesOf(cfg config.Service) []config.Source {
	return cfg.Decoys.Responder.WithDecoyLog(cfg.Sources, "")
}

func trustedHops(cfg config.Service) func(netip.Addr) bool {
	return block.NewAllowlist(cfg.Network.TrustedHops.Prefixes()).Contains
}

// useSources puts other sources into force, for lines that come and for those
// in quarantine.
func (s *Service) useSources(cfg config.Service) error {
	next := shipping.Options{Sources: sourcesOf(cfg), Trusted: trustedHops(cfg), Privacy: cfg.Privacy}
	if err := s.shipper.Use(next); err != nil {
		return err
	}
	s.receiver.Outdated(next.Sources)
	return s.quarantine.Use(next)
}
