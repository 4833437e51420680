package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/inventory"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Options say what is read, and by whose measure.
type Options struct {
	Files      []string  // plain, gzip or zstd, "-" is Input; several are merged by time
	Input      io.Reader // plain, gzip or zstd
	Log        accesslog.Options
	Kind       event.Kind
	Catalogue  *decoy.Catalogue     // nil: decoys are not looked for, not in decoy logs either
	Rulebook   *detect.Rulebook     // nil: no rules
	Indicators *detect.Indicators   // nil: no threat indicators
	Watch      *watch.Watch         // nil: no baselines
	Behaviour  *behaviour.Observer  // nil: behaviour is not looked at
	Routes     *inventory.Templater // gives records their routes; nil: they have what the log tells
	Internal   []netip.Prefix
	Guard      respond.GuardOptions
	Ledger     respond.LedgerOptions
	Mask       func(*finding.Finding) // takes out of a finding what nobody may keep; nil = nothing is masked
	Findings   io.Writer              // a JSON object a finding and line; nil = none
	Progress   func(bytes int)        // bytes of the files read, compressed ones as they lie; may be nil
}

// Finding is a line of the findings file.
type Finding struct {
	File   string         `json:"file"`
	Line   *int64         `json:"line"` // 1-based; null when no line triggered it
	Time   time.Time      `json:"time"`
	Rule   string         `json:"rule"`
	Family finding.Family `json:"family"`
	Tier   finding.Tier   `json:"tier"`
	Score  float64        `json:"score"`
	Actor  finding.Actor  `json:"actor"`
	Title  string         `json:"title"`
}

// Blocked is somebody who would have been blocked.
type Blocked struct {
	Actor         finding.Actor `json:"actor"`
	AfterRequests int64         `json:"after_requests"` // of whom the block hits; the triggering one counted
	File          string        `json:"file"`
	Line          int64         `json:"line"`
	Seconds       int64         `json:"seconds"`
	Tier          finding.Tier  `json:"tier"`
	Reasons       []string      `json:"reasons"`
	// Of the block. Users, keys, tokens and sessions are hashed in Target.
	Scope  block.Scope  `json:"scope"`
	Target string       `json:"target"`
	Action block.Action `json:"action"`
	Repeat int          `json:"repeat,omitempty"` // blocks before it on the same target
}

// Summary is what a replay says at its end.
type Summary struct {
	Lines          int64     `json:"lines"` // parsed and quarantined
	Parsed         int64     `json:"parsed"`
	Quarantined    int64     `json:"quarantined"`
	Findings       int64     `json:"findings"`
	WouldBlock     []Blocked `json:"would_block"`
	InShadow       int64     `json:"in_shadow"` // blocks that would be recorded, or flag, and refuse nothing
	Seconds        float64   `json:"seconds"`
	LinesPerSecond float64   `json:"lines_per_second"`

	// Anomalies are what findings of baselines and behaviour rest on, by the time
	// since when; the first ones only, of very many.
	Anomalies []Anomaly `json:"anomalies"`

	Rules   map[string]int64  `json:"rules"`   // findings by rule
	Titles  map[string]string `json:"titles"`  // of Rules
	Reasons map[string]int64  `json:"reasons"` // quarantined lines by reason
	Formats []string          `json:"formats"` // of the files, in their order
}

// Run reads all files and gives the summary. An error names the file.
func Run(ctx context.Context, o Options) (Summary, error) {
	begun := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	readers := make([]*reader, len(o.Files))
	for i, path := range o.Files {
		readers[i] = newReader(path, i)
		g.Go(func() error { return readers[i].run(ctx, o) })
	}
	p := newPlayer(o)
	g.Go(func() error { return p.play(ctx, readers) })
	if err := g.Wait(); err != nil {
		return Summary{}, err
	}
	for _, r := range readers {
		p.sum.Formats = append(p.sum.Formats, r.format)
	}
	p.sum.Anomalies = p.odd.sorted()
	p.sum.Lines = p.sum.Parsed + p.sum.Quarantined
	p.sum.Seconds = time.Since(begun).Seconds()
	p.sum.LinesPerSecond = float64(p.sum.Lines) / max(p.sum.Seconds, 1e-9)
	return p.sum, nil
}

// player runs rows, in the order of their times, through detector and ledger.
type player struct {
	detector *detect.Detector
	ledger   *respond.Ledger
	guard    *respond.Guard
	decoys   bool // findings of decoys count
	findings *json.Encoder
	requests *counter
	routes   *inventory.Assigner // nil: as the log tells them
	found    detect.Result
	odd      anomalies
	sum      Summary
}

// newRoutes gives records their routes, as they become known.
func newRoutes(t *inventory.Templater) *inventory.Assigner {
	if t == nil {
		return nil
	}
	return t.NewAssigner()
}

func newPlayer(o Options) *player {
	requests := newCounter()
	o.Ledger.Finished = true
	p := &player{
		detector: detect.New(detect.Options{
			Catalogue: o.Catalogue, Rulebook: o.Rulebook, Indicators: o.Indicators, Internal: o.Internal, Mask: o.Mask,
			Watch: o.Watch, Behaviour: o.Behaviour, Names: requests.name, Finished: true,
		}),
		routes:   newRoutes(o.Routes),
		decoys:   o.Catalogue != nil,
		ledger:   respond.NewLedger(o.Ledger),
		guard:    respond.NewGuard(o.Guard),
		requests: requests,
		sum:      Summary{WouldBlock: []Blocked{}, Rules: map[string]int64{}, Titles: map[string]string{}, Reasons: map[string]int64{}},
	}
	if o.Findings != nil {
		p.findings = json.NewEncoder(o.Findings)
	}
	return p
}

// play takes the rows of all readers in the order of their times.
func (p *player) play(ctx context.Context, readers []*reader) error {
	m := merger{readers: readers}
	for {
		run, err := m.next(ctx)
		if err != nil {
			return err
		}
		if run.batch == nil {
			return p.finish()
		}
		if err := p.run(run); err != nil {
			return err
		}
	}
}

// run plays consecutive rows of one file.
func (p *player) run(r run) error {
	if r.from == 0 {
		p.quarantined(r.batch)
		if p.routes != nil {
			p.routes.Learn(r.batch)
		}
	}
	p.sum.Parsed += int64(r.to - r.from)
	p.detector.DetectRows(r.batch, r.from, r.to, &p.found)
	row := r.from
	for i := range p.found.Findings {
		f := &p.found.Findings[i]
		if f.Family == finding.Decoy && !p.decoys {
			continue
		}
		for ; row < r.to && r.batch.Number(event.Line, row) <= f.Sighting.Line; row++ {
			p.requests.add(r.batch, row)
		}
		if err := p.judge(f); err != nil {
			return err
		}
	}
	for ; row < r.to; row++ {
		p.requests.add(r.batch, row)
	}
	return nil
}

// finish takes what is found at the end only.
func (p *player) finish() error {
	p.detector.Finish(&p.found)
	for i := range p.found.Findings {
		if err := p.judge(&p.found.Findings[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) quarantined(b *event.Batch) {
	p.sum.Quarantined += int64(len(b.Rejected))
	for i := range b.Rejected {
		p.sum.Reasons[b.Rejected[i].Reason]++
	}
}

// judge gives a finding to the ledger as the service would, at the time of
// its line.
func (p *player) judge(f *finding.Finding) error {
	now := f.Time
	p.ledger.Expire(now)
	v := p.ledger.Judge(respond.Evidence{Finding: *f}, p.guard, now)
	if v.Proposal != nil {
		p.ledger.Made(*v.Proposal, f.Actor, v.Wanted)
		p.ledger.Settle(f.ID, v.Proposal.ID)
	} else {
		p.ledger.Settle(f.ID, v.Block)
	}
	p.odd.add(f)
	if !v.First {
		return nil
	}
	p.sum.Findings++
	p.sum.Rules[f.Rule]++
	p.sum.Titles[f.Rule] = f.Title
	switch {
	case v.Proposal == nil:
	case v.Proposal.Mode == block.Enforce && v.Proposal.Action != block.Flag:
		p.blocks(f, v)
	default:
		p.sum.InShadow++
	}
	return p.write(f)
}

func (p *player) blocks(f *finding.Finding, v respond.Verdict) {
	actor, _ := p.ledger.Actor(f.Actor)
	p.sum.WouldBlock = append(p.sum.WouldBlock, Blocked{
		Actor: f.Actor, Scope: v.Proposal.Target.Scope(), Target: v.Proposal.Target.String(), Action: v.Proposal.Action,
		AfterRequests: p.requests.sent(v.Proposal, f.Actor),
		File:          f.Sighting.File, Line: f.Sighting.Line, Seconds: v.Proposal.LifetimeSeconds,
		Tier: v.Tier, Reasons: actor.Reasons, Repeat: v.Proposal.Repeat,
	})
}

func (p *player) write(f *finding.Finding) error {
	if p.findings == nil {
		return nil
	}
	line := Finding{
		File: f.Sighting.File, Time: f.Time, Rule: f.Rule, Family: f.Family,
		Tier: f.Tier, Score: f.Score, Actor: f.Actor, Title: f.Title,
	}
	if f.Sighting.Line > 0 {
		line.Line = &f.Sighting.Line
	}
	if err := p.findings.Encode(line); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	return nil
}
