package service

import (
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus"
)

// startIngest follows the logs that the service reads itself.
func (s *Service) startIngest(l *lifecycle) (err error) {
	s.pipeline, err = shipping.New(shipping.Options{
		Sources:   s.config.Decoys.Responder.WithDecoyLog(s.config.Sources, ""),
		Trusted:   block.NewAllowlist(s.config.Network.TrustedHops.Prefixes()).Contains,
		Positions: s.dir.Positions(), To: s.bus.Publisher(bus.Local),
		Log: s.log.With("part", "ingest"), Metrics: s.metrics,
	})
	if err != nil {
		return err
	}
	l.start("ingest", s.pipeline.Run)
	return nil
}
