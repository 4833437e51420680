package detect

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Options configure a Detector.
type Options struct {
	// Catalogue is the decoys; nil means none.
	Catalogue *decoy.Catalogue
	// Internal are our own networks: a decoy touched from there is a breach.
	Internal []netip.Prefix
	// Known tells whether an id in a decision mark is that of a block or of an
	// agent's refusal. Nil knows none. It must be safe for concurrent use.
	Known func(block.ID) bool
	// Mask takes secrets and people out of a finding, once its id is made of
	// what was there. Nil masks nothing. It must be safe for concurrent use.
	Mask func(*finding.Finding)
	// Finished: the log is that of another time, and the decisions that its
	// marks name are not known any more. A request for a decoy that a gateway
	// says an agent diverted is then a touch; other unknown marks mean nothing,
	// as ever.
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
	mu       sync.Mutex // guards served and refusals
	served   *memory[string]
	refusals *memory[block.ID] // provisional refusals of agents, seen in their logs
	counts   counters
}

// policy is what a reload replaces.
type policy struct {
	catalogue *decoy.Catalogue
	internal  *block.Allowlist
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
	d := &Detector{
		options:  o,
		served:   newMemory[string](o.MaxServed, o.ServedFor),
		refusals: newMemory[block.ID](maxRefusals, refusalFor),
	}
	d.Reload(o.Catalogue, o.Internal)
	return d
}

// Reload replaces catalogue and internal networks from the next batch on.
func (d *Detector) Reload(c *decoy.Catalogue, internal []netip.Prefix) {
	d.policy.Store(&policy{catalogue: c, internal: block.NewAllowlist(internal)})
}

// masked gives a finding without what nobody may keep. All that detection has
// to see of a request it has seen by then.
func (d *Detector) masked(f finding.Finding) finding.Finding {
	d.options.Mask(&f)
	return f
}

// Denial is a request that an agent refused. It counts on its block and is
// never evidence.
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
	IgnoredMarks int // decision marks that name no known id
}

// Reset empties the result and keeps its memory.
func (r *Result) Reset() {
	clear(r.Findings)
	*r = Result{Findings: r.Findings[:0], Denials: r.Denials[:0]}
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
	if b.Direction == event.Egress {
		return // what we call ourselves is no decoy of ours
	}
	w := scan{detector: d, policy: d.policy.Load(), batch: b, out: out}
	for row := from; row < to; row++ {
		w.row(row)
	}
	d.counts.findings.Add(uint64(len(out.Findings)))
	d.counts.denials.Add(uint64(len(out.Denials)))
	d.counts.ignoredMarks.Add(uint64(out.IgnoredMarks))
}

// Stats are counts since the start.
type Stats struct {
	Rows         uint64 // rows looked at
	Findings     uint64
	Denials      uint64 // rows that an agent had refused
	IgnoredMarks uint64 // decision marks that named no known id
	NoClient     uint64 // touches whose client is not known
	Served       uint64 // touches that the application itself answered
}

type counters struct{ rows, findings, denials, ignoredMarks, noClient, served atomic.Uint64 }

// Stats gives the counts.
func (d *Detector) Stats() Stats {
	c := &d.counts
	return Stats{
		Rows: c.rows.Load(), Findings: c.findings.Load(), Denials: c.denials.Load(),
		IgnoredMarks: c.ignoredMarks.Load(), NoClient: c.noClient.Load(), Served: c.served.Load(),
	}
}
