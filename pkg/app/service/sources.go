package service

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

// startIngest follows the logs that the service reads itself.
func (s *Service) startIngest(l *lifecycle) error {
	log := s.log.With("part", "ingest")
	var logs []ingest.Source
	var files []tailer.Source
	for _, src := range s.config.Sources {
		in, file, err := sources(src, s.config.Network.TrustedHops)
		if err != nil {
			return err
		}
		logs, files = append(logs, in), append(files, file)
	}
	tail, err := tailer.New(tailer.Options{Sources: files, Positions: s.dir.Positions()}, log, s.metrics)
	if err != nil {
		return fmt.Errorf("sources: %w", err)
	}
	s.pipeline, err = ingest.New(ingest.Options{}, logs, tail, s.bus.Publisher(bus.Local), log)
	if err != nil {
		return fmt.Errorf("sources: %w", err)
	}
	l.start("ingest", s.pipeline.Run)
	return nil
}

func sources(src config.Source, trustedHops config.Networks) (ingest.Source, tailer.Source, error) {
	from, err := tailer.ParseFrom(src.From)
	if err != nil {
		return ingest.Source{}, tailer.Source{}, fmt.Errorf("source %s: %w", src.Name, err)
	}
	in := ingest.Source{Name: src.Name, Gateway: src.Gateway, Log: LogOptions(src, trustedHops)}
	if src.Kind == event.Decoy.String() {
		in.Kind = event.Decoy
	}
	return in, tailer.Source{Name: src.Name, Paths: src.Paths, From: from}, nil
}
