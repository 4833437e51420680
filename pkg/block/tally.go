package block

import "net/netip"

// tally is what the entries that a request meets say together.
type tally struct {
	asked string // the segment that is asked

	most     *Entry // that stands before the others
	segment  string // of most
	rank     rank   // of most
	enforced bool   // most is
	flag     *Entry // that goes with it
	flagRank rank
}

// add takes one more entry into account.
func (t *tally) add(e *Entry, r rank, enforced bool) {
	if e.Action == Flag && enforced && (t.flag == nil || r.before(e, t.flagRank, t.flag)) {
		t.flag, t.flagRank = e, r
	}
	if t.most == nil || t.stands(e, r, enforced) {
		t.most, t.segment, t.rank, t.enforced = e, t.asked, r, enforced
	}
}

// stands tells whether an entry stands before what is the most so far.
func (t *tally) stands(e *Entry, r rank, enforced bool) bool {
	switch its, most := e.Action.strength(), t.most.Action.strength(); {
	case enforced != t.enforced:
		return enforced
	case its != most:
		return its > most
	default:
		return r.before(e, t.rank, t.most)
	}
}

// decision is the tally as it is told to others.
func (t *tally) decision(client netip.Addr) Decision {
	if t.most == nil {
		return Decision{}
	}
	e := t.most
	d := Decision{ID: e.ID, Segment: t.segment, Action: e.Action.known(), Terms: e.Terms, Mode: Shadow, Found: true}
	if t.enforced {
		d.Mode = Enforce
	}
	if d.Action == Throttle {
		d.Bucket.Block = e.ID
		if e.Terms != nil && e.Terms.Each {
			d.Bucket.Client = subject(client)
		}
	}
	if t.flag != nil && !d.Exempt() {
		d.Flag = Mark{t.flag.ID, t.flag.Terms}
	}
	return d
}

// rank orders targets by how little they match: more criteria first, then
// longer prefixes.
type rank uint16

func plainRank(bits int) rank { return rank(256 + bits) }

func (t Target) rank() rank {
	r := rank(0)
	for rest := t.rest; rest != ""; r += 256 {
		_, _, rest = cutCriterion(rest)
	}
	if t.prefix.IsValid() {
		r += plainRank(t.prefix.Bits())
	}
	return r
}

// before tells whether an entry of the rank stands before another of the same
// strength: the same whoever looks in whatever order.
func (r rank) before(e *Entry, other rank, o *Entry) bool {
	if r != other {
		return r > other
	}
	return e.ID < o.ID
}
