package service

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/store"
)

const (
	// slowFirst is when the store is asked first: it starts beside us.
	slowFirst = 30 * time.Second
	// slowRetry is when a store that could not answer is asked again.
	slowRetry = time.Minute
	// slowRows is how many rows, an actor and day each, are held in memory:
	// about 100 MB where all of them are full.
	slowRows = 100_000
)

// startSlow judges what actors do over days, unless that is switched off.
func (s *Service) startSlow(l *lifecycle) {
	cfg := s.config.Behaviour
	if !cfg.Enabled || cfg.Every <= 0 {
		return
	}
	j := newSlowJob(s.store, s.responder.Found, slowOptions{
		Every: cfg.Every, Judge: slow.Options{Days: cfg.Days, Disabled: cfg.Disable, Blind: blindKinds(s.masking.privacy.Fields)},
	}, s.log.With("part", "slow behaviour"))
	l.start("slow behaviour", j.run)
}

// blindKinds are the kinds of actors whose values in the store do not tell who
// is who, by the policies of fields.
func blindKinds(fields map[string]string) []finding.ActorKind {
	if p := fields["client_address"]; p != "" && p != "clear" {
		return []finding.ActorKind{finding.Address, finding.Prefix}
	}
	return nil
}

// dayCounts is the store, as far as the job asks it.
type dayCounts interface {
	ReceivedDays(ctx context.Context, from, to int32) ([]store.ReceivedDay, error)
	ActorDays(ctx context.Context, received int32, limit int) ([]slow.ActorDay, error)
}

// slowOptions say how often and how far back the job looks.
type slowOptions struct {
	Every time.Duration
	Judge slow.Options
}

// slowJob asks the store now and then what actors did, and has it judged. What
// was received on a day is asked for once, and again when events of that day
// have come or gone since: what has been erased is forgotten here too.
type slowJob struct {
	store   dayCounts
	found   func(context.Context, []finding.Finding) error
	options slowOptions
	log     *slog.Logger
	now     func() time.Time

	received map[int32]receivedDay
	due      *int32          // the first day of which rows have changed since they were judged; nil = none
	told     map[string]bool // ids of what was found before
}

// maxTold is how many findings are known not to be told again. To tell one
// twice does no harm: its id is known.
const maxTold = 10_000

// receivedDay is what actors did in the events that were received on a day.
type receivedDay struct {
	events int64
	days   []slow.ActorDay
}

func newSlowJob(counts dayCounts, found func(context.Context, []finding.Finding) error, o slowOptions, log *slog.Logger) *slowJob {
	if o.Judge.Days == 0 {
		o.Judge.Days = slow.DefaultDays
	}
	return &slowJob{store: counts, found: found, options: o, log: log, now: time.Now, received: map[int32]receivedDay{}, told: map[string]bool{}}
}

// run asks until ctx ends. A store that is away only delays: the days that were
// missed are judged when it is back.
func (j *slowJob) run(ctx context.Context) error {
	away := false
	for wait := slowFirst; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		err := j.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			wait, away = j.options.Every, false
			continue
		case !away:
			away = true
			j.log.Warn("what actors do over days cannot be judged now; it is tried again every minute", "error", err)
		}
		wait = min(j.options.Every, slowRetry)
	}
}

// round judges what has changed since the last one.
func (j *slowJob) round(ctx context.Context) error {
	if err := j.refresh(ctx); err != nil || j.due == nil {
		return err
	}
	options := j.options.Judge
	options.From = *j.due
	var all []slow.ActorDay
	for _, r := range j.received {
		all = append(all, r.days...)
	}
	var findings []finding.Finding
	for _, s := range slow.Judge(all, options) {
		f := s.Finding()
		f.API, f.Owner = s.API, s.Owner
		if !j.told[f.ID] {
			findings = append(findings, f)
		}
	}
	if err := j.found(ctx, findings); err != nil {
		return fmt.Errorf("tell of %d findings: %w", len(findings), err)
	}
	j.due = nil
	if len(j.told) > maxTold {
		clear(j.told)
	}
	for i := range findings {
		j.told[findings[i].ID] = true
	}
	j.log.Debug("judged what actors do over days", "rows", len(all), "found", len(findings))
	return nil
}

// refresh asks for the days that have changed. Twice as many days are held as
// are judged together, so that a job that was away judges the days between as
// it would have then.
func (j *slowJob) refresh(ctx context.Context) error {
	today := int32(j.now().Unix() / (24 * 3600))
	span := int32(2 * j.options.Judge.Days)
	volumes, err := j.store.ReceivedDays(ctx, today-span+1, today)
	if err != nil {
		return err
	}
	maps.DeleteFunc(j.received, func(day int32, _ receivedDay) bool {
		return !slices.ContainsFunc(volumes, func(v store.ReceivedDay) bool { return v.Day == day })
	})
	for _, v := range volumes {
		if r, known := j.received[v.Day]; known && r.events == v.Events {
			continue
		}
		days, err := j.store.ActorDays(ctx, v.Day, slowRows/int(span))
		if err != nil {
			return err
		}
		j.received[v.Day] = receivedDay{v.Events, days}
		for i := range days {
			if day := days[i].Day; j.due == nil || day < *j.due {
				j.due = &day
			}
		}
	}
	return nil
}
