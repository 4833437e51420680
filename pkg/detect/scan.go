package detect

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// An agent's own refusals last a minute; their lines may come late.
const (
	maxRefusals = 1 << 16
	refusalFor  = time.Hour
)

// scan is one pass over a batch.
type scan struct {
	detector *Detector
	policy   *policy
	ruler    *ruler
	lookout  *lookout
	batch    *event.Batch
	out      *Result
	ours     []int // rows that we refused or answered ourselves
}

// run looks at rows. What we refused ourselves is evidence of nothing.
func (s *scan) run(from, to int) {
	s.ruler.scan(s.batch, from, to)
	ingress := s.batch.Direction != event.Egress // what we call ourselves is no decoy of ours
	measured := ingress && s.detector.options.Measure && s.batch.Kind != event.Decoy
	for row := from; row < to; row++ {
		refused := ingress && s.row(row)
		hits, tickets := s.next(row)
		if refused {
			continue
		}
		if measured && !s.isOurs(row) {
			s.try(row)
			s.fare(row)
		}
		s.indicated(row)
		s.rules(row, hits, tickets)
	}
	s.advance(from, to)
	s.count(from, to)
	s.learn(from, to)
}

// count has the rows counted that the application answered.
func (s *scan) count(from, to int) {
	if t := s.detector.options.Traffic; t != nil {
		t.Add(s.batch, from, to, s.ours, s.now())
	}
}

// now is the time for what counts by the clock: without one, that at which the
// batch was read.
func (s *scan) now() time.Time {
	if s.detector.options.Now != nil {
		return s.detector.options.Now()
	}
	return time.Unix(0, s.batch.Received)
}

// isOurs tells whether the last row that was looked at was answered by us.
func (s *scan) isOurs(row int) bool { return len(s.ours) > 0 && s.ours[len(s.ours)-1] == row }

// row looks for touches of decoys and for our own denials. It tells whether
// the row is one.
func (s *scan) row(row int) (refused bool) {
	b := s.batch
	d, found := s.policy.catalogue.Find(b.Text(event.Host, row), b.Text(event.Method, row), b.Text(event.Path, row))
	marked := len(b.Text(event.DecisionAction, row)) > 0
	if !found && b.Kind == event.Decoy {
		d, found = s.policy.catalogue.Unlisted(), true
	}
	if found {
		return s.candidate(d, row, marked) || s.saysDenied(row)
	}
	return marked && s.marked(row) || s.saysDenied(row)
}

// marked is a row with a mark whose request was for no decoy.
func (s *scan) marked(row int) (refused bool) {
	switch s.mark(row, 0) {
	case markDenied:
		return s.deny(row)
	case markDiverted:
		return s.deny(row) // by a block: the client saw a decoy that it did not ask for
	case markFlagged:
		s.flag(row)
	}
	return false
}

// saysDenied tells of a row in a finished log whether it says of itself that
// we denied it.
func (s *scan) saysDenied(row int) bool {
	if !s.detector.options.Finished || !refuses(s.batch.Text(event.DecisionAction, row)) {
		return false
	}
	_, err := block.ParseID(string(s.batch.Text(event.DecisionID, row)))
	return err == nil
}

// candidate is a row whose request was for a decoy.
func (s *scan) candidate(d *decoy.Decoy, row int, marked bool) (refused bool) {
	t, ok := s.touch(d, row)
	id := block.ID(0)
	if ok && marked {
		id = decoy.ProvisionalID(s.batch.Shipper, t.Finding().ID)
	}
	switch s.mark(row, id) {
	case markOwnTouch:
		s.ours = append(s.ours, row)
		s.remember(id, t.Time)
	case markDenied:
		return s.deny(row)
	case markDiverted:
		s.ours = append(s.ours, row)
	case markFlagged:
		s.flag(row)
		fallthrough
	default:
		if !s.countsByStatus(&t, row) {
			return false
		}
	}
	if !ok {
		s.detector.counts.noClient.Add(1)
		return false
	}
	t.Doubted = !t.Served && s.detector.doubts(d, s.where(row), t.Time)
	s.tell(t.Finding(), nil, row)
	return false
}

// deny counts a row that we refused.
func (s *scan) deny(row int) (refused bool) {
	s.ours = append(s.ours, row)
	s.out.Denials = append(s.out.Denials, s.denial(row))
	return true
}

// flag counts a row that an agent flagged.
func (s *scan) flag(row int) { s.out.Flags = append(s.out.Flags, s.denial(row)) }

func (s *scan) denial(row int) Denial {
	id, _ := block.ParseID(string(s.batch.Text(event.DecisionID, row)))
	return Denial{Block: id, Client: s.batch.Addr(event.ClientAddress, row), Time: s.time(row), Row: row}
}

// countsByStatus tells whether an unmarked request for a decoy counts, by how
// it was answered: every line of a decoy log, and refusals by the application
// (4xx). An answer with success means that the application serves the path:
// that is a finding too, which takes the decoy out of force on this host. A
// redirect tells neither (many hosts redirect everything to https or to a
// login), nor does a failure of the server, nor a success for OPTIONS, which
// many hosts give browsers for any path: else whoever asks so would take decoys
// out of force.
func (s *scan) countsByStatus(t *decoy.Touch, row int) bool {
	if s.batch.Kind == event.Decoy {
		return true
	}
	status := s.batch.Number(event.Status, row)
	switch {
	case status >= 400 && status < 500:
		return true
	case status >= 200 && status < 300 || status == 304:
		if s.carriesDivert(row) {
			return s.detector.options.Finished // answered by our decoy, whoever's mark it is
		}
		if string(s.batch.Text(event.Method, row)) == http.MethodOptions {
			return false
		}
		t.Served = true
		s.detector.counts.served.Add(1)
		s.detector.serves(t.Decoy, s.where(row), s.time(row))
		return true
	}
	return false
}

// touch describes the row; it fails when the client is not known, because
// nobody may be blamed then.
func (s *scan) touch(d *decoy.Decoy, row int) (decoy.Touch, bool) {
	t := decoy.Touch{Decoy: d, Time: s.time(row), Sighting: s.sighting(row)}
	client := s.batch.Addr(event.ClientAddress, row)
	if !client.IsValid() {
		return t, false
	}
	t.Actor = finding.ActorOf(client)
	t.Internal = s.policy.internal.Contains(client)
	return t, true
}

func (s *scan) sighting(row int) finding.Sighting {
	b := s.batch
	text := func(f event.TextField) string { return string(b.Text(f, row)) }
	number := func(f event.NumberField) int64 {
		if n := b.Number(f, row); n != event.Unknown {
			return n
		}
		return 0
	}
	via := finding.ViaAccess
	if b.Kind == event.Decoy {
		via = finding.ViaDecoy
	}
	return finding.Sighting{
		Via: via, Record: b.RecordID(row), Source: b.Source, Gateway: b.Gateway, File: b.Path,
		Line: number(event.Line), RequestID: text(event.RequestID), Method: text(event.Method),
		Host: text(event.Host), Path: text(event.Path), Status: number(event.Status), UserAgent: text(event.UserAgent),
	}
}

func (s *scan) time(row int) time.Time {
	at := s.batch.Number(event.Time, row)
	if at == event.Unknown {
		at = s.batch.Received
	}
	return time.Unix(0, at).UTC()
}

// where is the place of a request.
func (s *scan) where(row int) string {
	return place(s.batch.Gateway, s.batch.Source, string(s.batch.Text(event.Host, row)))
}

// clientOf is the address behind an actor, for policies about addresses: the
// first one of a prefix. It is invalid for actors that are no addresses.
func clientOf(a finding.Actor) netip.Addr {
	if p, err := netip.ParsePrefix(a.Value); err == nil {
		return p.Addr()
	}
	addr, err := netip.ParseAddr(a.Value)
	if err != nil {
		return netip.Addr{}
	}
	return addr
}
