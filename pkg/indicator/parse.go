package indicator

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// The formats.
const (
	Auto     = "auto" // by the first bytes: one of the others, but CSV and CrowdSec
	Plain    = "plain"
	CSV      = "csv"
	STIX     = "stix"
	MISP     = "misp"
	Crawlers = "crawlers"
	CrowdSec = "crowdsec"
)

// Formats are the names of all formats.
func Formats() []string { return []string{Auto, Plain, CSV, STIX, MISP, Crawlers, CrowdSec} }

// Table is where a CSV file keeps what.
type Table struct {
	// Columns: value, kind, confidence, labels, reference, source, seen, from,
	// until → the name of a column in the header, or its number, from 1.
	Columns   map[string]string
	Header    bool // the first row is a header although no column is named
	Separator byte // 0 = a comma
}

// Options say how a feed is read, and what is taken of it.
type Options struct {
	Feed   string // name in matches
	File   string // name in mistakes; empty = Feed
	Format string // one of Formats; empty = Auto
	Kind   Kind   // of values in plain lists, and in CSV rows that name none
	Table  Table
	// Confidence is that of indicators that tell none.
	Confidence    int
	MinConfidence int      // less confident ones are left out
	Labels        []string // added to every indicator's
	Only          []string // labels of which an indicator must have one; empty = any
	Subdomains    bool     // every domain stands for the names below it too
	// Expires is the lifetime of indicators that have no end: counted from when
	// they were last seen by their own account, else from Seen. 0 = for ever.
	Expires time.Duration
	// Seen is when the feed was last known to say what it says; it is the time
	// by which indicators that are over are left out.
	Seen time.Time
	// Own are the operator's networks: nothing is taken that overlaps them.
	Own []netip.Prefix
}

// Report tells what became of the entries of a feed.
type Report struct {
	Format   string
	Taken    int            // indicators in the list
	Repeated int            // entries whose value the feed had already
	LeftOut  map[string]int // entries that are right and not wanted, by reason
	Refused  int            // entries that are wrong, or that no feed may tell
	// Mistakes are the first hundred of those that were refused, by place.
	Mistakes mistake.List
	// Broken: what was read is no feed, or not a whole one.
	Broken error
}

// ErrNone is why a feed without an indicator is broken: so it looks when a
// server has lost its data. A person who leaves nothing but a comment in a file
// may mean it.
var ErrNone = errors.New("there is no indicator in it")

// maxMistakes is how many mistakes a report keeps.
const maxMistakes = 100

// Reasons for which entries are left out.
const (
	leftExpired    = "expired"
	leftUnsure     = "below the least confidence"
	leftLabels     = "without a wanted label"
	leftRevoked    = "revoked or deleted"
	leftContext    = "context, not for detection"
	leftElsewhere  = "not to be seen in requests"
	leftHarmless   = "harmless by the feed's own account"
	leftMilder     = "decisions that do not ban"
	leftNoPatterns = "in another pattern language"
)

// Parse reads a feed. What can be read is in the list, whatever the report
// says; a broken feed should not take the place of one that was whole.
func Parse(o Options, data []byte) (*List, Report) {
	r := &reader{options: o, data: bytes.TrimPrefix(data, []byte("\ufeff")), builder: newBuilder(o.Feed), wall: newWall(o.Own)}
	r.report = Report{Format: o.Format, LeftOut: map[string]int{}}
	if r.report.Format == "" || r.report.Format == Auto {
		r.report.Format = guess(r.data)
	}
	if err := r.read(); err != nil {
		r.report.Broken = err
	}
	list := r.builder.done()
	r.report.Taken = list.Len()
	if r.report.Taken == 0 && r.report.Broken == nil {
		r.report.Broken = ErrNone
	}
	return list, r.report
}

// guess tells a format by how the data begin.
func guess(data []byte) string {
	head := bytes.TrimSpace(data[:min(len(data), 4096)])
	switch {
	case bytes.HasPrefix(head, []byte("[")) && bytes.Contains(head, []byte(`"pattern"`)) && bytes.Contains(head, []byte(`"instances"`)):
		return Crawlers
	case bytes.HasPrefix(head, []byte("{")) && (bytes.Contains(head, []byte(`"objects"`)) || bytes.Contains(head, []byte(`"bundle"`))):
		return STIX
	case len(head) > 0 && (head[0] == '{' || head[0] == '[' && bytes.Contains(head, []byte(`"Event"`))):
		return MISP
	}
	return Plain
}

// reader is one pass over a feed.
type reader struct {
	options Options
	data    []byte
	builder *builder
	wall    *wall
	report  Report
}

func (r *reader) read() error {
	head := bytes.TrimSpace(r.data[:min(len(r.data), 1024)])
	switch {
	case len(head) == 0:
		return errors.New("there is nothing in it")
	case head[0] == '<':
		return errors.New("this is a page (HTML or XML), not a feed")
	case bytes.IndexByte(head, 0) >= 0:
		return errors.New("these are binary data, not a feed")
	}
	switch r.report.Format {
	case Plain:
		return r.plain()
	case CSV:
		return r.csv()
	case STIX:
		return r.stix()
	case MISP:
		return r.misp()
	case Crawlers:
		return r.crawlers()
	case CrowdSec:
		return r.crowdsec()
	}
	return fmt.Errorf("format %q: want one of %s", r.options.Format, strings.Join(Formats(), ", "))
}

// place is where an entry stands; both 1-based.
type place struct{ line, column int }

// entry is an indicator as a feed has it.
type entry struct {
	Indicator
	confident bool      // the feed tells its confidence
	seen      time.Time // when it was last seen by the feed's account
}

// take adds an entry to the list, or accounts for why not.
func (r *reader) take(at place, e entry) {
	k, err := keyOf(e.Kind, e.Value)
	if err != nil {
		r.refuse(at, err)
		return
	}
	r.takeKey(at, &e, k)
}

func (r *reader) takeKey(at place, e *entry, k key) {
	if k.kind == Address {
		if err := r.wall.judge(k.prefix()); err != nil {
			r.refuse(at, err)
			return
		}
	}
	r.complete(e)
	if reason := r.unwanted(e); reason != "" {
		r.report.LeftOut[reason]++
		return
	}
	fresh, err := r.builder.add(&e.Indicator, k)
	switch {
	case err != nil:
		r.refuse(at, err)
	case !fresh:
		r.report.Repeated++
	}
}

// complete fills in what the feed's options say of entries that do not.
func (r *reader) complete(e *entry) {
	if !e.confident {
		e.Confidence = r.options.Confidence
	}
	e.Subdomains = e.Subdomains || r.options.Subdomains
	if len(r.options.Labels) > 0 {
		e.Labels = append(slices.Clone(e.Labels), r.options.Labels...)
	}
	if e.Until.IsZero() && r.options.Expires > 0 {
		if e.seen.IsZero() {
			e.seen = r.options.Seen
		}
		e.Until = e.seen.Add(r.options.Expires)
	}
}

// unwanted gives the reason for which an entry is left out, or "".
func (r *reader) unwanted(e *entry) string {
	only := r.options.Only
	switch {
	case !e.Until.IsZero() && !e.Until.After(r.options.Seen):
		return leftExpired
	case e.Confidence < r.options.MinConfidence:
		return leftUnsure
	case len(only) > 0 && !slices.ContainsFunc(e.Labels, func(label string) bool { return slices.Contains(only, label) }):
		return leftLabels
	}
	return ""
}

// refuse counts an entry that is wrong.
func (r *reader) refuse(at place, err error) { r.refuseWith(at, err, "") }

func (r *reader) refuseWith(at place, err error, hint string) {
	r.report.Refused++
	if len(r.report.Mistakes) >= maxMistakes {
		return
	}
	file := r.options.File
	if file == "" {
		file = r.options.Feed
	}
	r.report.Mistakes = append(r.report.Mistakes, mistake.Mistake{File: file, Line: at.line, Column: at.column, Message: err.Error(), Hint: hint})
}
