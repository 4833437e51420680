package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// player is the part of the service that decides: detector, ledger and guard,
// with the time of the records.
type player struct {
	detector *detect.Detector
	watch    *watch.Watch
	ledger   *respond.Ledger
	guard    *respond.Guard
	quiet    time.Duration
	found    detect.Result
	told     []told
}

func newPlayer(o options) (*player, error) {
	cfg := config.DefaultService()
	cfg.Baselines.AlertsPerDay = o.budget
	normal, err := service.Watch(cfg.Baselines, o.seed)
	if err != nil {
		return nil, err
	}
	catalogue, err := service.Catalogue(cfg.Decoys)
	if err != nil {
		return nil, err
	}
	set, err := service.Rules(cfg.Rules, cfg.Network, nil)
	if err != nil {
		return nil, err
	}
	guard, err := service.GuardOptions(cfg.Network)
	if err != nil {
		return nil, err
	}
	ledger := service.LedgerOptions(cfg.Blocks)
	ledger.Finished = true
	return &player{
		watch: normal,
		detector: detect.New(detect.Options{
			Catalogue: catalogue, Rulebook: detect.NewRulebook(set.Collection, service.RulebookOptions(cfg.Rules)),
			Internal: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Watch: normal, Behaviour: service.Behaviour(cfg.Behaviour, o.seed),
		}),
		ledger: respond.NewLedger(ledger), guard: respond.NewGuard(guard), quiet: cfg.Alerting.ResolveAfter,
	}, nil
}

// take looks at a minute of one gateway's log, as the service does when it
// comes.
func (p *player) take(b *event.Batch, now int64) error {
	p.detector.Detect(b, &p.found)
	p.judge(now)
	p.detector.Tick(time.Unix(0, now), &p.found)
	p.judge(now)
	p.ledger.Rest(p.quiet, time.Unix(0, now))
	return nil
}

func (p *player) judge(now int64) {
	at := time.Unix(0, now)
	p.ledger.Expire(at)
	for i := range p.found.Findings {
		f := &p.found.Findings[i]
		v := p.ledger.Judge(respond.Evidence{Finding: *f}, p.guard, at)
		p.ledger.Settle(f.ID, v.Block)
		p.told = append(p.told, told{
			at: now, rule: f.Rule, family: f.Family, actor: f.Actor.String(), title: f.Title, reason: f.Reason,
			before: v.Before, tier: max(v.Tier, v.Before), statistical: f.Statistic != nil && f.Family != finding.Decoy, since: sinceOf(f),
		})
	}
}

// sinceOf is when what a finding tells of began.
func sinceOf(f *finding.Finding) int64 {
	if f.Statistic == nil || f.Statistic.Since.IsZero() {
		return f.Time.UnixNano()
	}
	return f.Statistic.Since.UnixNano()
}

// learning says what was still being learnt at the end.
func (p *player) learning() string {
	var parts []string
	for _, l := range p.watch.Learning() {
		if l.Learning > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d %s", l.Learning, l.Series, l.Dimension))
		}
	}
	if len(parts) == 0 {
		return "nothing is still being learnt"
	}
	return "still learning: " + strings.Join(parts, ", ")
}
