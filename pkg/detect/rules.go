package detect

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma/correlate"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// ruler holds events against a rulebook, and remembers what its correlations
// have to. One goroutine at a time uses it.
type ruler struct {
	book    *Rulebook
	scanner *match.Scanner
	windows *correlate.Engine
	clock   *correlate.Clock
	fields  []match.Field // of the windows, in their order
	clients []bool        // which of them are the client's address
	hits    []hit
	tickets []int        // of hits, as far as correlations expect them
	taken   int          // how many hits were
	told    map[told]int // findings of this batch, by place in the result
	record  record       // that correlations read
	hit     func(row, rule int)
	emit    func(correlate.Match)
}

type hit struct{ row, rule int32 }

// told is who was found by what.
type told struct {
	rule  int32
	actor finding.Actor
}

func newRuler(b *Rulebook) *ruler {
	r := &ruler{
		book: b, scanner: b.program.Scanner(), told: map[told]int{},
		windows: correlate.New(b.collection.Correlations, b.options.Windows),
		clock:   correlate.NewClock(b.options.Windows.Lateness),
	}
	r.hit = func(row, rule int) { r.hits = append(r.hits, hit{int32(row), int32(rule)}) }
	r.emit = func(m correlate.Match) { r.record.scan.correlated(m, r.record.row) }
	for _, name := range r.windows.Fields() {
		f, _ := match.FieldOf(name) // one that no log has is always unknown
		r.fields = append(r.fields, f)
		r.clients = append(r.clients, isField(f, event.ClientAddress.String()))
	}
	return r
}

// isField tells whether a field is the schema's of this name.
func isField(f match.Field, name string) bool {
	other, _ := match.FieldOf(name)
	return f.Same(other)
}

// succeed gives the ruler of another rulebook, which remembers what this one
// does of the correlations that both have.
func (r *ruler) succeed(b *Rulebook) *ruler {
	if r.book == b {
		return r
	}
	next := newRuler(b)
	next.windows.Adopt(r.windows)
	next.clock.Adopt(r.clock)
	return next
}

// scan finds the rows that rules match.
func (r *ruler) scan(b *event.Batch, from, to int) {
	r.hits, r.tickets, r.taken = r.hits[:0], r.tickets[:0], 0
	clear(r.told)
	r.scanner.Scan(b, from, to, r.hit)
}

// lookahead is how many hits correlations are told of in advance, and unwanted
// the ticket of one that none refers to.
const (
	lookahead = 64
	unwanted  = -1
)

// next takes the hits of a row, with the numbers that correlations know them by.
func (s *scan) next(row int) (hits []hit, tickets []int) {
	r := s.ruler
	from := r.taken
	for r.taken < len(r.hits) && int(r.hits[r.taken].row) <= row {
		r.taken++
	}
	if r.taken > len(r.tickets) {
		r.tickets = r.tickets[:from]
		s.expect(max(r.taken, from+lookahead))
	}
	return r.hits[from:r.taken], r.tickets[from:r.taken]
}

// expect tells the correlations of the hits that have no ticket, up to some.
func (s *scan) expect(to int) {
	r := s.ruler
	r.windows.ExpectNothing()
	for _, h := range r.hits[len(r.tickets):min(to, len(r.hits))] {
		ticket := unwanted
		if rule := r.book.program.Rules()[h.rule]; r.windows.Wants(rule) {
			r.record.reset(s, int(h.row))
			ticket = r.windows.Expect(rule, &r.record)
		}
		r.tickets = append(r.tickets, ticket)
	}
}

// rules makes findings of the rules that match a row, and feeds the
// correlations that refer to them.
func (s *scan) rules(row int, hits []hit, tickets []int) {
	for i, h := range hits {
		j := &s.ruler.book.singles[h.rule]
		if !j.silent {
			s.found(j, h)
		}
		if tickets[i] != unwanted {
			s.ruler.record.reset(s, row)
			s.ruler.windows.FeedExpected(tickets[i], &s.ruler.record, s.ruler.emit)
		}
	}
}

// found makes a finding of a match.
func (s *scan) found(j *judgement, h hit) {
	row := int(h.row)
	actor, ok := s.actor(j.actor, row)
	if !ok {
		s.detector.counts.noClient.Add(1)
		return
	}
	key := told{h.rule, actor}
	if at, ok := s.ruler.told[key]; ok && !s.detector.options.Finished {
		s.out.Findings[at].Repeats++
		return
	}
	f := j.blank
	f.Actor, f.Time = actor, s.time(row)
	f.Sighting = s.sighting(row).Bounded()
	f.Reason = s.request(row)
	f.API = string(s.batch.Text(event.API, row))
	f.ID = finding.NewID("rule", f.Rule, f.RuleVersion, actor.String(), f.Sighting.Record)
	s.ruler.told[key] = len(s.out.Findings)
	s.tell(f, j.scopes, row)
}

// noRow: no row of the batch has completed a correlation.
const noRow = -1

// correlated makes a finding of what several matches have to do with each
// other. row is the one that completed it, or noRow.
func (s *scan) correlated(m correlate.Match, row int) {
	j, inForce := s.ruler.book.correlations[m.Correlation]
	if !inForce || j.silent {
		return // one that is left out goes on counting for those that refer to it
	}
	if !m.Trigger {
		row = noRow
	}
	f := j.blank
	switch {
	case j.group >= 0:
		f.Actor = actorNamed(j.actor, m.Group[j.group])
	case row >= 0:
		f.Actor, _ = s.actor(j.actor, row)
	}
	if f.Actor.Value == "" {
		s.detector.counts.noClient.Add(1)
		return
	}
	f.Time, f.Reason = time.Unix(0, m.Time).UTC(), reasonOf(&m)
	f.ID = finding.NewID(append([]string{"correlation", f.Rule, f.RuleVersion, strconv.FormatInt(m.Window, 10)}, m.Group...)...)
	f.Sighting = s.sightingOf(&m, row)
	s.tell(f, j.scopes, row)
}

// sightingOf is the record that completed a correlation; of one that time
// completed the last record that is known.
func (s *scan) sightingOf(m *correlate.Match, row int) finding.Sighting {
	if row >= 0 {
		return s.sighting(row).Bounded()
	}
	via := finding.Sighting{Via: finding.ViaAccess}
	if n := len(m.Sample); n > 0 {
		via.Record = event.FormatRecordID(m.Sample[n-1].File, m.Sample[n-1].Offset)
	}
	return via
}

// maxGroupText bounds how much of a group is told, in bytes.
const maxGroupText = 256

func reasonOf(m *correlate.Match) string {
	c := m.Correlation
	what := map[string]string{"value_count": "different values", "event_count": "events", "temporal": "kinds of events", "temporal_ordered": "kinds of events in order"}[string(c.Type)]
	if what == "" {
		what = strings.TrimPrefix(string(c.Type), "value_")
	}
	reason := fmt.Sprintf("%s %s within %s", strconv.FormatFloat(m.Count, 'f', -1, 64), what, c.Timespan)
	if len(c.Fields) > 0 {
		reason += " of " + strings.Join(c.Fields, ", ")
	}
	if len(m.Group) > 0 {
		reason += " for " + finding.Clip(strings.Join(m.Group, ", "), maxGroupText)
	}
	return reason + ", since " + time.Unix(0, m.First).UTC().Format(time.RFC3339)
}

// actor is whom a row is about.
func (s *scan) actor(kind finding.ActorKind, row int) (finding.Actor, bool) {
	b := s.batch
	text := func(f event.TextField) (finding.Actor, bool) {
		v := b.Text(f, row)
		return finding.Actor{Kind: kind, Value: string(v)}, len(v) > 0
	}
	switch kind {
	case finding.User:
		return text(event.User)
	case finding.Application:
		return text(event.Application)
	case finding.Session:
		return text(event.Session)
	case finding.Fingerprint:
		return text(event.TLSFingerprint)
	case finding.Key, finding.Token:
		return text(event.Principal)
	}
	client := b.Addr(event.ClientAddress, row)
	if !client.IsValid() {
		return finding.Actor{}, false
	}
	return finding.ActorOf(client), true
}

// actorNamed is an actor by the value that a correlation grouped by.
func actorNamed(kind finding.ActorKind, value string) finding.Actor {
	if kind != finding.Address {
		return finding.Actor{Kind: kind, Value: finding.Clip(value, maxGroupText)}
	}
	a, err := finding.ParseActor(value)
	if err != nil {
		return finding.Actor{} // no address: nobody is blamed
	}
	return a
}

// request is a row's request in words.
func (s *scan) request(row int) string {
	b := s.batch
	var text strings.Builder
	text.Write(b.Text(event.Method, row))
	text.WriteByte(' ')
	text.Write(b.Text(event.Path, row))
	if q := b.Text(event.Query, row); len(q) > 0 {
		text.WriteByte('?')
		text.Write(q)
	}
	said := event.Excerpt([]byte(text.String()))
	if status := b.Number(event.Status, row); status != event.Unknown {
		said += " was answered " + strconv.FormatInt(status, 10)
	}
	return said
}

// record is a row as correlations read it.
type record struct {
	scan *scan
	row  int
	text []byte // what Value gave
}

func (r *record) reset(s *scan, row int) { *r = record{scan: s, row: row, text: r.text[:0]} }

// Time implements correlate.Record.
func (r *record) Time() int64 { return r.scan.time(r.row).UnixNano() }

// Order implements correlate.Record.
func (r *record) Order() (file string, offset int64) {
	return r.scan.batch.File, r.scan.batch.Number(event.Offset, r.row)
}

// Value implements correlate.Record. An IPv6 client is its /64, as evidence
// about it is.
func (r *record) Value(field int) []byte {
	s, before := r.scan, len(r.text)
	client := s.batch.Addr(event.ClientAddress, r.row)
	switch {
	case !s.ruler.clients[field] || !client.IsValid():
		r.text = s.ruler.fields[field].Text(s.batch, r.row, r.text)
	case client.Is4():
		r.text = client.AppendTo(r.text)
	default:
		r.text = netip.PrefixFrom(client, 64).Masked().AppendTo(r.text)
	}
	return r.text[before:]
}

// advance tells the correlations how far event time has come: by the last row,
// since the latest one may be that of a wrong clock.
func (s *scan) advance(from, to int) {
	if from >= to {
		return
	}
	if last := s.batch.Number(event.Time, to-1); last != event.Unknown {
		now := s.ruler.clock.Tell(s.batch.File, last)
		s.ruler.record.reset(s, noRow)
		s.ruler.windows.Advance(now, s.ruler.emit)
	}
}
