package service

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Watch makes what learns what is normal; nil when it is switched off. seed is
// that of its hashes.
func Watch(cfg config.Baselines, seed uint64) (*watch.Watch, error) {
	if !cfg.Enabled {
		return nil, nil
	}
	zone, err := cfg.Location()
	if err != nil {
		return nil, err
	}
	return watch.New(watch.Options{
		Series:       series.Options{MaxSeries: cfg.MaxSeries, Seed: seed},
		AlertsPerDay: cfg.AlertsPerDay, MinLearning: cfg.Learn, Location: zone,
	}), nil
}

// Behaviour makes what looks at how actors go about it; nil when it is
// switched off.
func Behaviour(cfg config.Behaviour, seed uint64) *behaviour.Observer {
	if !cfg.Enabled {
		return nil
	}
	return behaviour.New(behaviour.Options{MaxActors: cfg.MaxActors, Disabled: cfg.Disable, Seed: seed})
}

// clockEvery is how often detection is told the time while nothing comes.
const clockEvery = time.Second

// tellTime lets detection notice what does not come: once a second, unless
// batches wait, which are of an earlier time.
func (s *Service) tellTime(ctx context.Context) error {
	ticker := time.NewTicker(clockEvery)
	defer ticker.Stop()
	var found detect.Result
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if end, err := s.bus.Ends(ctx); err != nil || end.Lines > s.responder.Sequence() {
			continue // health tells of a bus that does not answer
		}
		err := s.handle(ctx, s.responder.Sequence(), func() respond.Input {
			s.detector.Tick(time.Now(), &found)
			return respond.Input{Findings: found.Findings}
		})
		if err != nil {
			return err
		}
	}
}

// handle has the responder take what is found: one caller at a time, since
// batches and the clock both have it find something.
func (s *Service) handle(ctx context.Context, seq uint64, find func() respond.Input) error {
	s.handling.Lock()
	defer s.handling.Unlock()
	return s.responder.Handle(ctx, seq, find)
}

// baselines tells how far it is known what is normal.
func (s *Service) baselines() wire.Baselines {
	known, ok := s.detector.Watching()
	if !ok {
		return wire.Baselines{}
	}
	told := wire.Baselines{
		Enabled: true, Models: known.Stats.Models, Open: known.Stats.Open, Told: known.Stats.Incidents, Withheld: known.Stats.Withheld,
	}
	for _, l := range known.Learning {
		one := wire.Learning{Dimension: l.Dimension.String(), Series: l.Series, Learning: l.Learning, Thin: l.Thin}
		if l.Until != 0 {
			one.Until = time.Unix(0, l.Until).UTC()
		}
		told.Series = append(told.Series, one)
	}
	return told
}
