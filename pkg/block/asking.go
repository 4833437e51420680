package block

import (
	"math/bits"
	"net/netip"
	"time"

	"github.com/zeebo/xxh3"
)

// asking is one request on its way through the sets: what it has in the forms
// in which sets are asked, and what the entries that it meets say. It lives on
// the stack of who asks.
type asking struct {
	request *Request
	client  netip.Addr // canonical; invalid when it is not known
	now     time.Duration
	segment string // that is being asked
	secrets secrets

	most     *Entry // that stands before the others
	segments string // the segment of most
	rank     rank   // of most
	enforced bool   // most is
	flag     *Entry // that goes with it
	flagRank rank
}

func newAsking(r *Request, now time.Duration) asking {
	return asking{request: r, client: canonicalAddr(r.Client), now: now}
}

// canonicalAddr is an address in the form in which sets know it.
func canonicalAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// meet takes one more entry whose target the request meets into account. A nil
// one, and one that is over, say nothing.
func (a *asking) meet(e *Entry, r rank) {
	if e == nil || a.now >= e.Deadline {
		return
	}
	enforced := e.enforcedOn(a.request)
	if e.Action == Flag && enforced && (a.flag == nil || r.before(e, a.flagRank, a.flag)) {
		a.flag, a.flagRank = e, r
	}
	if a.most == nil || a.stands(e, enforced, r) {
		a.most, a.enforced, a.rank, a.segments = e, enforced, r, a.segment
	}
}

// stands tells whether an entry stands before what is the most so far.
func (a *asking) stands(e *Entry, enforced bool, r rank) bool {
	switch mine, its := e.Action.strength(), a.most.Action.strength(); {
	case enforced != a.enforced:
		return enforced
	case mine != its:
		return mine > its
	default:
		return r.before(e, a.rank, a.most)
	}
}

// decision is what all that were asked say together.
func (a *asking) decision() Decision {
	if a.most == nil {
		return Decision{}
	}
	e := a.most
	d := Decision{ID: e.ID, Segment: a.segments, Action: e.Action.known(), Terms: e.Terms, Mode: Shadow, Found: true}
	if a.enforced {
		d.Mode = Enforce
	}
	if d.Action == Throttle {
		d.Bucket.Block = e.ID
		if e.Terms != nil && e.Terms.Each {
			d.Bucket.Client = subject(a.request.Client)
		}
	}
	if a.flag != nil && !d.Exempt() {
		d.Flag = Mark{a.flag.ID, a.flag.Terms}
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

// ask tells the tally of the entries that the request meets.
func (x *index) ask(a *asking) {
	if x.prefixes != nil && a.client.IsValid() {
		x.askPrefixes(a)
	}
	for codes := x.uses.scopes; codes != 0; codes &= codes - 1 {
		x.askScope(a, byte(bits.TrailingZeros16(codes)))
	}
}

// askPrefixes goes from the longest prefix around the client to the shortest.
func (x *index) askPrefixes(a *asking) {
	for around, bits := bare(a.client), a.client.BitLen(); bits >= 0; {
		p, list, ok := x.prefixes.LookupPrefixLPM(netip.PrefixFrom(around, bits))
		if !ok {
			return
		}
		for i := range list {
			a.meetFiled(&list[i])
		}
		bits = p.Bits() - 1
	}
}

// bare is an address made anew: one out of an asking would take the whole
// asking to the heap.
func bare(a netip.Addr) netip.Addr {
	if a.Is4() {
		return netip.AddrFrom4(a.As4())
	}
	return netip.AddrFrom16(a.As16())
}

func (x *index) askScope(a *asking, code byte) {
	switch code {
	case codeAddress:
		if a.client.IsValid() {
			x.askList(a, addressKey(a.client))
		}
	case codeRoute:
		x.routes.walk(a.request.Method, a.request.Path, func(k listKey) { x.askList(a, k) })
	case codeKey, codeToken, codeSession, codeUser:
		x.askSecret(a, code)
	default:
		if v := a.request.value(code); v != "" {
			x.askList(a, listKeyOf(code, v))
		}
	}
}

func (x *index) askSecret(a *asking, code byte) {
	if a.request.value(code) == "" {
		return
	}
	for i, k := range a.secrets.keys {
		if x.uses.hasKey(code, k.key.ID) {
			x.askList(a, listKey(xxh3.HashSeed(a.secrets.hashed(i, code, a.request)[:], uint64(code))))
		}
	}
}

func (x *index) askList(a *asking, k listKey) {
	b := x.lists.bucket(k)
	for i := range b.keys {
		if b.keys[i] == k {
			a.meetFiled(&b.values[i])
		}
	}
}

func (a *asking) meetFiled(f *filed) {
	if a.now < f.entry.Deadline && a.meets(f.target) {
		a.meet(&f.entry, f.target.rank())
	}
}

// meets tells whether the request has all that a target asks for. What has to
// be hashed is compared last.
func (a *asking) meets(t Target) bool {
	if t.prefix.IsValid() && !t.prefix.Contains(a.client) {
		return false
	}
	hidden := false
	for rest := t.rest; rest != ""; {
		var code byte
		var want string
		code, want, rest = cutCriterion(rest)
		if secretCode(code) {
			hidden = true
		} else if !a.has(code, want) {
			return false
		}
	}
	return !hidden || a.hasSecrets(t.rest)
}

func (a *asking) has(code byte, want string) bool {
	if code == codeRoute {
		return routeMatches(want, a.request.Method, a.request.Path)
	}
	return a.request.value(code) == want
}

func (a *asking) hasSecrets(rest string) bool {
	for rest != "" {
		var code byte
		var want string
		code, want, rest = cutCriterion(rest)
		if secretCode(code) && !a.secrets.has(code, want, a.request) {
			return false
		}
	}
	return true
}
