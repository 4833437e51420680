package block

import (
	"math/bits"
	"net/netip"
	"time"
)

// asking is one request on its way through the sets, in the forms in which
// they are asked. It lives on the stack of who asks; what leads from it to the
// heap is behind pointers, so that the request stays on the stack too.
type asking struct {
	request *Request
	client  netip.Addr // canonical; invalid when it is not known
	now     time.Duration
	secrets *secrets
	tally   *tally
	path    spelling // of the request's, once a route has asked for it
	spelled bool
	filed   bool // something is filed under what the client has, whatever its path
}

func newAsking(r *Request, now time.Duration, s *secrets, t *tally) asking {
	return asking{request: r, client: canonicalAddr(r.Client), now: now, secrets: s, tally: t}
}

// ask goes through the set of a segment whose secrets are hashed by keys.
func (a *asking) ask(segment string, s *Set, keys []*hasher) {
	if s == nil {
		return
	}
	a.tally.asked, a.secrets.keys = segment, keys
	s.exact.ask(a)
	s.index.ask(a)
	a.secrets.release()
}

// askRoutes asks the set of a segment for what is filed under routes alone.
func (a *asking) askRoutes(segment string, s *Set, keys []*hasher) {
	if s == nil || s.index.uses.scopes&routeScope == 0 {
		return
	}
	a.tally.asked, a.secrets.keys = segment, keys
	b := batch{lists: &s.index.lists, of: a, routes: true}
	s.index.routes.walk(a.request.Method, a.spelling(), &b)
	b.flush()
	a.secrets.release()
}

// meet tells the tally of an entry whose target the request meets. A nil one,
// and one that is over, say nothing.
func (a *asking) meet(e *Entry, r rank) {
	if e != nil && a.now < e.Deadline {
		a.tally.add(e, r, e.enforcedOn(a.request))
	}
}

// meetExact is meet for an entry that is on the client and nothing else.
func (a *asking) meetExact(e *Entry, r rank) {
	if e != nil {
		a.filed = true
		a.meet(e, r)
	}
}

// canonicalAddr is an address in the form in which sets know it.
func canonicalAddr(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	return a.Unmap().WithZone("")
}

// ask tells the tally of the entries that the request meets.
func (x *index) ask(a *asking) {
	if x.prefixes != nil && a.client.IsValid() && x.prefixes.Contains(bare(a.client)) {
		x.askPrefixes(a)
	}
	b := batch{lists: &x.lists, of: a}
	for codes := x.uses.scopes &^ routeScope; codes != 0; codes &= codes - 1 {
		x.askScope(a, byte(bits.TrailingZeros16(codes)), &b)
	}
	if x.uses.scopes&routeScope != 0 {
		b.routes = true
		x.routes.walk(a.request.Method, a.spelling(), &b)
	}
	b.flush()
}

// askPrefixes goes from the longest prefix around the client to the shortest.
func (x *index) askPrefixes(a *asking) {
	a.filed = true
	for around, bits := bare(a.client), a.client.BitLen(); bits >= 0; {
		p, list, ok := x.prefixes.LookupPrefixLPM(netip.PrefixFrom(around, bits))
		if !ok {
			return
		}
		a.meetFiled(list)
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

func (x *index) askScope(a *asking, code byte, b *batch) {
	switch code {
	case codeAddress:
		if a.client.IsValid() {
			b.add(addressKey(a.client))
		}
	case codeKey, codeToken, codeSession, codeUser:
		x.askSecret(a, code, b)
	default:
		if v := a.request.value(code); v != "" {
			b.add(listKeyOf(code, v))
		}
	}
}

func (x *index) askSecret(a *asking, code byte, b *batch) {
	v := a.request.value(code)
	if v == "" {
		return
	}
	for _, k := range a.secrets.keys {
		if x.uses.hasKey(code, k.key.ID) {
			b.add(a.secrets.listKey(k, code, v))
		}
	}
}

// meetFiled tells the tally of those entries whose targets the request meets.
func (a *asking) meetFiled(list []filed) {
	for i := range list {
		if f := &list[i]; a.now < f.entry.Deadline && a.meets(f.target) {
			a.meet(&f.entry, f.target.rank())
		}
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
		} else if code == codeRoute {
			if !a.isOn(want, t.exempt) {
				return false
			}
		} else if a.request.value(code) != want {
			return false
		}
	}
	return !hidden || a.hasSecrets(t.rest)
}

// isOn tells whether the request is on the route of a block, or of an
// exemption.
func (a *asking) isOn(route string, exempt bool) bool {
	s := a.spelling()
	if exempt {
		return s.exempt(route, a.request.Method)
	}
	return s.blocked(route, a.request.Method)
}

func (a *asking) spelling() *spelling {
	if !a.spelled {
		a.path, a.spelled = spell(a.request.Path), true
	}
	return &a.path
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
