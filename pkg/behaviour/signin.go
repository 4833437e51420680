package behaviour

import (
	"bytes"
	"math"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// signIn is what is remembered of an address that signs in, or of a name that
// was refused.
type signIn struct {
	start, last int64 // of the window; 0 = none goes on
	site        uint64
	attempts    uint32
	failures    uint32
	others      sketch // an address: names that failed; a name: addresses where it failed
	agent       uint32 // user agent of the last failure
	next        float32
	told        uint8
	guessed     bool   // a success was told of
	windows     uint16 // that there were, this one included
	chance      float32
}

// signInPeers is what is ordinary of those at a site.
type signInPeers struct {
	failures peers // of an address
	failed   share // of its attempts
	guessers kindred
	names    peers // that failed at an address
	spread   peers // addresses at which a name failed
}

func (s *signIn) worth() float64 { return float64(s.attempts) + 1e6*float64(s.told) }

// usualFailed is the share of sign-ins that fail before anything is known.
const usualFailed = 0.15

// outcome is how a sign-in ended.
type outcome uint8

const (
	noSignIn outcome = iota
	failed
	succeeded
	accepted // no sign-in: a request with a name that was answered
)

// signInOf tells whether a record is a sign-in, or the refusal of a name.
func (p *pass) signInOf(r *record) outcome {
	named := len(p.batch.Text(event.User, r.row)) > 0
	if r.status == 401 && named {
		return failed
	}
	if method := p.batch.Text(event.Method, r.row); string(method) != "POST" || !isSignIn(r.path) {
		if named && r.given && p.observer.hot.has(r.address) {
			return accepted
		}
		return noSignIn
	}
	switch {
	case r.status == 400 || r.status == 401 || r.status == 403 || r.status == 422 || r.status == 423 || r.status == 429:
		return failed
	case r.given || r.status == 302 || r.status == 303:
		return succeeded
	}
	return noSignIn
}

// isSignIn tells paths at which people and programs prove who they are.
func isSignIn(path []byte) bool {
	path = bytes.TrimRight(path, "/")
	last := path[bytes.LastIndexByte(path, '/')+1:]
	if dot := bytes.IndexByte(last, '.'); dot > 0 {
		last = last[:dot]
	}
	if len(last) < 3 || len(last) > 16 {
		return false
	}
	var lower [16]byte
	for i, c := range last {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(last)]) {
	case "login", "log-in", "log_in", "signin", "sign-in", "sign_in", "auth", "authenticate", "authorize", "session", "sessions", "token",
		"tokens", "access_token", "accesstoken", "logon", "signon", "sso", "login_check", "j_security_check", "wp-login", "verify", "otp", "mfa":
		return true
	}
	return false
}

// signIn watches sign-ins, by address and by name.
func (p *pass) signIn(r *record) {
	outcome := p.signInOf(r)
	if outcome == noSignIn || r.address == 0 {
		return
	}
	p.locate(r)
	o := p.observer
	place, _ := o.froms.take(r.address)
	s := o.froms.at(place)
	o.open(o.froms, place, r, o.endFrom)
	if outcome != accepted {
		s.attempts++
	}
	if outcome == failed {
		p.failedThere(r, s)
	} else {
		p.guessed(r, s)
	}
}

// failedThere watches an address at which a sign-in failed.
func (p *pass) failedThere(r *record, s *signIn) {
	o := p.observer
	s.failures++
	s.agent = uint32(r.agent)
	if s.failures == uint32(o.limits.Failures) {
		o.hot.add(r.address)
	}
	if name := p.batch.Text(event.User, r.row); len(name) > 0 {
		s.others.add(o.hash(name, uint64(kindUser)))
		p.refusedName(r, name)
	}
	p.stuffed(r, s)
}

// refusedName watches a name that was refused.
func (p *pass) refusedName(r *record, name []byte) {
	o := p.observer
	place, _ := o.names.take(o.hash(name, uint64(kindUser)))
	s := o.names.at(place)
	o.open(o.names, place, r, o.endName)
	s.attempts++
	s.failures++
	s.others.add(r.address)
	p.scattered(r, s)
}

// open makes sure that a window goes on.
func (o *Observer) open(t *table[signIn], place int, r *record, end func(*signIn)) {
	s := t.at(place)
	if s.start != 0 && o.over(s.start, s.last, r.time) {
		end(s)
	}
	if s.start == 0 {
		*s = signIn{start: r.time, last: r.time, site: r.site, windows: min(s.windows+1, 1000)}
		t.until[place] = r.time + int64(o.limits.Pause)
		o.visit(r)
	}
	s.last = max(s.last, r.time)
}

// sweepSignIns ends windows that are over although nobody comes back.
func (o *Observer) sweepSignIns(t *table[signIn], end func(*signIn), now int64) {
	place := t.due(now)
	if place < 0 {
		return
	}
	s := t.at(place)
	if t.until[place] = o.ended(s.start, s.last, now); t.until[place] == 0 {
		end(s)
	}
}

// endFrom ends the window of an address.
func (o *Observer) endFrom(s *signIn) {
	if place := o.sites.find(s.site); s.start != 0 && place >= 0 {
		known, weight := &o.sites.at(place).signIns, s.weight()
		if known.failures.full() {
			known.guessers.fade()
		}
		known.failures.learn(float64(s.failures), weight)
		known.failed.learn(float64(s.failures), float64(s.attempts), weight)
		known.guessers.learn(s.failures, s.attempts, weight, s.windows-1)
		if s.others.count > 0 {
			known.names.learn(float64(s.others.count), weight)
		}
	}
	*s = signIn{windows: s.windows}
}

// endName ends the window of a name.
func (o *Observer) endName(s *signIn) {
	if place := o.sites.find(s.site); s.start != 0 && place >= 0 {
		o.sites.at(place).signIns.spread.learn(float64(s.others.count), s.weight())
	}
	*s = signIn{windows: s.windows}
}

func (s *signIn) weight() float32 {
	if s.told > 0 {
		return 0.25
	}
	return 1
}

// judge is that of pass.judge, for a sign-in.
func (s *signIn) judge(measure, chance, rare float64) bool {
	if !(chance < rare) {
		s.next = float32(measure*1.15 + 1)
		return false
	}
	s.next = float32(2 * measure)
	if s.told < math.MaxUint8 {
		s.told++
	}
	return true
}

// hotAddresses tells quickly of most addresses that they have not failed often.
type hotAddresses struct {
	bits [64]uint64
	set  uint32
}

func (h *hotAddresses) add(address uint64) {
	if h.has(address) {
		return
	}
	if h.set++; h.set > 1024 {
		*h = hotAddresses{set: 1}
	}
	h.bits[address>>58] |= 1 << (address >> 52 & 63)
}

func (h *hotAddresses) has(address uint64) bool {
	return h.bits[address>>58]&(1<<(address>>52&63)) != 0
}

func (s *signIn) code(c *codec) {
	whole(c, &s.start, math.MaxInt64)
	whole(c, &s.last, math.MaxInt64)
	c.fixed(&s.site)
	whole(c, &s.attempts, math.MaxUint32)
	whole(c, &s.failures, math.MaxUint32)
	s.others.code(c)
	whole(c, &s.agent, math.MaxUint32)
	c.float(&s.next)
	whole(c, &s.told, math.MaxUint8)
	c.flag(&s.guessed)
	whole(c, &s.windows, math.MaxUint16)
	c.float(&s.chance)
}

func (s *signInPeers) code(c *codec) {
	for _, p := range []*peers{&s.failures, &s.names, &s.spread} {
		p.code(c)
	}
	s.failed.code(c)
	s.guessers.code(c)
}
