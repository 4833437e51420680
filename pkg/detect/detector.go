package detect

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/rollout"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/correlate"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
	"github.com/honeymoat/honeymoat/pkg/traffic"
)

// Options configure a Detector.
type Options struct {
	// Catalogue is the decoys; nil means none.
	Catalogue *decoy.Catalogue
	// Rulebook is the rules; nil means none.
	Rulebook *Rulebook
	// Indicators are the threat indicators; nil means none.
	Indicators *Indicators
	// Internal are our own networks: a decoy touched from there is a breach.
	Internal []netip.Prefix
	// Known tells whether an id in a decision mark is that of a block or of an
	// agent's refusal. Nil knows none. It must be safe for concurrent use.
	Known func(block.ID) bool
	// Mask takes secrets and people out of a finding, once its id is made of
	// what was there. Nil masks nothing. It must be safe for concurrent use.
	Mask func(*finding.Finding)
	// Names gives what the agents of a segment call a user, key, token or
	// session: its hash under the segment's match key. Nil or "" gives none. It
	// must be safe for concurrent use.
	Names func(segment string, a finding.Actor) string
	// Traffic counts who sent what, and is told the names of whom findings are
	// about. Nil counts nothing. It is kept with the detector's memory.
	Traffic *traffic.Counts
	// Watch knows what is normal, and Behaviour how actors go about it. Nil looks
	// at nothing. They are the detector's from then on, and kept with its memory.
	Watch     *watch.Watch
	Behaviour *behaviour.Observer
	// Now tells the time for Traffic and Watch; nil takes that at which a batch was read.
	Now func() time.Time
	// Measure has what rollouts are judged by put into the result.
	Measure bool
	// Finished: the log is that of another time, and the decisions that its
	// marks name are not known any more. A request for a decoy that a gateway
	// says an agent diverted is then a touch, and one that it says was denied is
	// no evidence for rules; other unknown marks mean nothing, as ever. Every
	// record that a rule matches is a finding, and not a repeat.
	Finished bool
	// MaxServed bounds how many pairs of decoy and host are remembered as
	// served by the application; 0 means 10,000.
	MaxServed int
	// ServedFor is how long that is remembered, by the records' time, after
	// the application served the path last; 0 means 30 days.
	ServedFor time.Duration
}

// Detector finds. Detect is called by one goroutine at a time; the other
// methods may be called at the same time.
type Detector struct {
	options  Options
	policy   atomic.Pointer[policy]
	mu       sync.Mutex // guards what follows, up to the counts
	served   *memory[string]
	refusals *memory[block.ID] // provisional refusals of agents, seen in their logs
	listed   *memory[string]   // findings of indicators that were told
	forgot   error             // what began anew, and why
	counts   counters

	ruling  sync.Mutex // guards ruler, lookout, trials and scan
	scan    scan       // of the batch that is looked at
	latest  time.Time  // of the records that were looked at, the time of the latest
	ruler   *ruler
	lookout *lookout // nil without indicators
	trials  *trials

	indicators atomic.Pointer[Indicators]
	suspect    func(*behaviour.Suspicion) // has scan tell of it
}

// policy is what a reload replaces.
type policy struct {
	catalogue *decoy.Catalogue
	internal  *block.Allowlist
	rulebook  *Rulebook
}

// New makes a detector.
func New(o Options) *Detector {
	if o.MaxServed == 0 {
		o.MaxServed = 10_000
	}
	if o.ServedFor == 0 {
		o.ServedFor = 30 * 24 * time.Hour
	}
	if o.Known == nil {
		o.Known = func(block.ID) bool { return false }
	}
	if o.Mask == nil {
		o.Mask = func(*finding.Finding) {}
	}
	if o.Names == nil {
		o.Names = func(string, finding.Actor) string { return "" }
	}
	d := &Detector{
		options:  o,
		served:   newMemory[string](o.MaxServed, o.ServedFor),
		refusals: newMemory[block.ID](maxRefusals, refusalFor),
		listed:   newMemory[string](maxListed, listedFor),
		trials:   newTrials(maxTrials),
	}
	d.suspect = func(said *behaviour.Suspicion) { d.scan.suspected(said) }
	if o.Rulebook == nil {
		o.Rulebook = NewRulebook(&sigma.Collection{}, RulebookOptions{})
	}
	d.ruler = newRuler(o.Rulebook)
	d.Reload(o.Catalogue, o.Rulebook, o.Internal)
	d.SetIndicators(o.Indicators)
	return d
}

// Reload replaces catalogue, rules and internal networks from the next batch
// on. Correlations that are in both rulebooks remember what they did.
func (d *Detector) Reload(c *decoy.Catalogue, rules *Rulebook, internal []netip.Prefix) {
	d.policy.Store(&policy{catalogue: c, rulebook: rules, internal: block.NewAllowlist(internal)})
}

// SetIndicators replaces the threat indicators from the next batch on; nil
// means none.
func (d *Detector) SetIndicators(known *Indicators) { d.indicators.Store(known) }

// masked gives a finding without what nobody may keep. All that detection has
// to see of a request it has seen by then.
func (d *Detector) masked(f finding.Finding) finding.Finding {
	d.options.Mask(&f)
	return f
}

// Denial is a request that an agent refused, whether it denied, dropped,
// throttled or led it to a decoy. It counts on its block and is never evidence.
type Denial struct {
	Block  block.ID
	Client netip.Addr // invalid when unknown
	Time   time.Time
	Row    int
}

// Result is what was found in one batch. Its slices are reused by the next
// Detect into it.
type Result struct {
	Findings     []finding.Finding
	Denials      []Denial
	Flags        []Denial // requests that an agent flagged: they passed, and are evidence as any
	IgnoredMarks int      // decision marks that name no known id
	// Measures and Gateways are what rollouts are judged by, see Options.Measure.
	Measures []Measured
	Gateways []rollout.Health
}

// Reset empties the result and keeps its memory.
func (r *Result) Reset() {
	clear(r.Findings)
	clear(r.Measures)
	*r = Result{
		Findings: r.Findings[:0], Denials: r.Denials[:0], Flags: r.Flags[:0],
		Measures: r.Measures[:0], Gateways: r.Gateways[:0],
	}
}

// Detect looks at all rows of a batch and puts what it finds into out, in the
// order of the rows, after emptying it. The same batch gives findings of the
// same ids, however often and in whatever company it is read; a batch that
// only holds ordinary rows costs no allocation.
func (d *Detector) Detect(b *event.Batch, out *Result) { d.DetectRows(b, 0, b.Rows(), out) }

// DetectRows is Detect for the rows from one to another, exclusive: so that
// batches of several files can be read in the order of their times.
func (d *Detector) DetectRows(b *event.Batch, from, to int, out *Result) {
	out.Reset()
	d.counts.rows.Add(uint64(to - from))
	d.ruling.Lock()
	defer d.ruling.Unlock()
	p := d.policy.Load()
	d.ruler = d.ruler.succeed(p.rulebook)
	d.scan = scan{detector: d, policy: p, ruler: d.ruler, lookout: d.look(), batch: b, out: out, ours: d.scan.ours[:0]}
	d.scan.run(from, to)
	if from < to {
		d.latest = latest(d.latest, d.scan.time(to-1))
	}
	d.scan.batch, d.scan.out = nil, nil
	d.counts.findings.Add(uint64(len(out.Findings)))
	d.counts.denials.Add(uint64(len(out.Denials)))
	d.counts.flags.Add(uint64(len(out.Flags)))
	d.counts.ignoredMarks.Add(uint64(out.IgnoredMarks))
}

// look gives the lookout over the indicators that hold now. The caller holds
// ruling.
func (d *Detector) look() *lookout {
	switch known := d.indicators.Load(); {
	case known == nil || known.Set.Len() == 0:
		d.lookout = nil
	case d.lookout == nil || d.lookout.known != known:
		d.lookout = newLookout(known)
	}
	return d.lookout
}

// Finish ends event time: what correlations could not judge before their
// windows were over is found now. It is for finished logs.
func (d *Detector) Finish(out *Result) {
	out.Reset()
	d.ruling.Lock()
	defer d.ruling.Unlock()
	w := &scan{detector: d, ruler: d.ruler, batch: &event.Batch{}, out: out}
	w.ruler.windows.Finish(func(m correlate.Match) { w.correlated(m, noRow) })
	if d.options.Watch != nil {
		w.finish(d.latest)
	}
	d.counts.findings.Add(uint64(len(out.Findings)))
}

// Stats are counts since the start.
type Stats struct {
	Rows         uint64 // rows looked at
	Findings     uint64
	Denials      uint64 // rows that an agent had refused
	Flags        uint64 // rows that an agent had flagged
	IgnoredMarks uint64 // decision marks that named no known id
	NoClient     uint64 // touches whose client is not known
	Served       uint64 // touches that the application itself answered
}

type counters struct{ rows, findings, denials, flags, ignoredMarks, noClient, served atomic.Uint64 }

// Stats gives the counts.
func (d *Detector) Stats() Stats {
	c := &d.counts
	return Stats{
		Rows: c.rows.Load(), Findings: c.findings.Load(), Denials: c.denials.Load(),
		Flags: c.flags.Load(), IgnoredMarks: c.ignoredMarks.Load(), NoClient: c.noClient.Load(), Served: c.served.Load(),
	}
}

// Costs tells what each rule has cost since the rulebook was loaded.
func (d *Detector) Costs() []match.Cost {
	d.ruling.Lock()
	defer d.ruling.Unlock()
	return d.ruler.scanner.Costs()
}

// Windows tells what correlations remember, and have let go.
func (d *Detector) Windows() correlate.Stats {
	d.ruling.Lock()
	defer d.ruling.Unlock()
	return d.ruler.windows.Stats()
}
