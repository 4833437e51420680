package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// pattern reads what a gateway writes by a format string: fields with literal
// text between them. A gateway's compiler makes one with a patternBuilder.
//
// An address that stands ahead of everything that a client sends is certain;
// one behind such text, in a log that does not escape what ends a field, is
// dropped where the text makes it doubtful.
type pattern struct {
	sink
	head   []byte // literal before the first field
	slots  []slot
	escape escaping

	// watched are the slots of addresses whose place a client could move by
	// what it sends. If guarded, it cannot while the record has no more than
	// the pattern's own quotes.
	watched []int
	guarded bool
	quotes  int

	// Of the open record.
	record  []byte
	spans   []span
	dead    []span // by slot: where it may begin without the rest of the record fitting
	died    bool   // some of dead are set
	lenient bool   // any text may be a word
	floor   floor
}

// span is where a field's value is in the record.
type span struct{ start, end int }

// floor asks for a cut in which a slot ends later than in another one.
type floor struct{ slot, end int }

// escaping is how a log writes what would break its own syntax.
type escaping uint8

const (
	escapedHex  escaping = iota // \xHH, \", \\, \n …
	escapedJSON                 // as in JSON strings
	escapedHash                 // #HH
	escapedNot
)

// Parse implements Parser.
func (p *pattern) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	if !bytes.HasPrefix(record, p.head) || !p.fields(record) {
		return NoMatch
	}
	doubtful := p.doubtful()
	for i := range p.slots {
		s := &p.slots[i]
		if s.goal.role == nothing || s.spare || doubtful && s.goal.isAddress() {
			continue
		}
		p.set(s, p.spans[i])
	}
	if doubtful {
		p.Flag(event.BadForwarded)
	}
	return p.finish()
}

// set sets the value of a slot.
func (p *pattern) set(s *slot, at span) {
	v := p.record[at.start:at.end]
	switch {
	case len(v) == 0 || len(v) == 1 && v[0] == '-':
	case s.shape == timeShape && s.time.span == at:
		p.moment(s.time.ns, s.time.zoned)
	default:
		p.put(s.goal, p.plain(v))
	}
}

// plain undoes the log's escaping. The result is valid until the next call.
func (p *pattern) plain(v []byte) []byte {
	switch {
	case p.escape == escapedHex:
		return p.unescape(v)
	case p.escape == escapedJSON && p.escaped && bytes.IndexByte(v, '\\') >= 0:
		p.valid = false
		p.decoded = appendJSONUnescaped(p.decoded[:0], v)
		return p.decoded
	case p.escape == escapedHash && bytes.IndexByte(v, '#') >= 0:
		p.valid = false
		p.decoded = appendHashUnescaped(p.decoded[:0], v)
		return p.decoded
	}
	return v
}

// doubtful tells whether the record can be read in another way in which an
// address stands elsewhere. A gateway that does not escape lets a client write
// into the log what looks like the fields after its own; which reading is the
// true one nobody can tell, and then no address is better than a forged one.
func (p *pattern) doubtful() bool {
	if len(p.watched) == 0 || p.guarded && bytes.Count(p.record, []byte{'"'}) == p.quotes {
		return false
	}
	for _, i := range p.watched {
		if i > 0 && p.endsLater(i-1) || p.endsLater(i) {
			return true
		}
	}
	return false
}

// endsLater looks for a cut in which a slot ends later, and leaves the one
// that was found first.
func (p *pattern) endsLater(i int) bool {
	p.floor = floor{slot: i, end: p.spans[i].end + 1}
	p.revive()
	for j := range p.spans {
		p.slots[j].kept = p.spans[j]
	}
	found := p.cut(0, len(p.head))
	for j := range p.spans {
		p.spans[j] = p.slots[j].kept
	}
	p.floor = floor{}
	return found
}

func (p *pattern) revive() {
	p.died = false
	for i := range p.dead {
		p.dead[i] = span{0, -1}
	}
}

// appendHashUnescaped undoes #HH.
func appendHashUnescaped(dst, v []byte) []byte {
	for i := 0; i < len(v); i++ {
		if v[i] == '#' {
			if c, n := hexByte(v[i+1:]); n > 0 {
				dst = append(dst, c)
				i += n - 1
				continue
			}
		}
		dst = append(dst, v[i])
	}
	return dst
}
