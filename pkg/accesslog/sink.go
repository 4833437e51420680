package accesslog

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// sink is the open row of a batch with what several of its values decide
// together: who the client is, whose request it was, what is unknown.
type sink struct {
	row
	hops    hops
	zone    *time.Location // of times that name none; nil = unknown, read as UTC
	callers callers
	agents  bool // the log can tell the user agent

	methodless bool // the log does not tell the method
}

func newSink(o Options, agents bool) sink {
	return sink{hops: newHops(o), zone: o.Zone, agents: agents}
}

// begin starts the row of a record.
func (s *sink) begin(record []byte, b *event.Batch) {
	s.row.begin(record, b)
	s.callers = callers{}
}

// finish sets what depends on several values.
func (s *sink) finish() Reason {
	row := s.Rows()
	method, status := s.Text(event.Method, row), s.Number(event.Status, row)
	if len(method) == 0 && status == event.Unknown && len(s.Text(event.Path, row)) == 0 {
		return NoRequest
	}
	if !s.methodless && !isMethod(method) {
		s.Flag(event.BadRequest)
	}
	if status == event.Unknown {
		s.Flag(event.StatusUnknown)
	}
	if s.Number(event.ResponseBytes, row) == event.Unknown {
		s.Flag(event.NoBytes)
	}
	if !s.agents {
		s.Flag(event.NoUserAgent)
	}
	s.principal(row)
	s.hops.set(s.Batch, s.callers, s.Text(event.ForwardedFor, row))
	return Parsed
}

// principal takes the user, or else the application, for the principal of a
// row that has no key or token. Whoever was refused for want of a proof may
// have given any name.
func (s *sink) principal(row int) {
	if len(s.Text(event.Principal, row)) > 0 || s.Number(event.Status, row) == unauthorized {
		return
	}
	for _, f := range [...]event.TextField{event.User, event.Application} {
		if v := s.Text(f, row); len(v) > 0 {
			s.SetString(event.PrincipalKind, f.String())
			s.SetText(event.Principal, v)
			return
		}
	}
}

// put sets a value that is not escaped any more. "" and "-" are how logs
// write "unknown". A value that cannot be read is unknown; the rest of the
// record is still worth having.
func (s *sink) put(g goal, v []byte) {
	if len(v) == 0 || len(v) == 1 && v[0] == '-' {
		return
	}
	switch g.role {
	case textRole:
		s.text(g.text, v)
	case numberRole, wireRole, durationRole, sumRole:
		s.measure(g, v)
	case timeRole:
		s.time(g.unit, v)
	case uriRole:
		s.target(v)
	case queryRole:
		s.text(event.Query, bytes.TrimPrefix(v, []byte{'?'}))
	case requestRole:
		s.request(v)
	case hostRole:
		s.text(event.Host, v)
	case decisionRole:
		s.decision(v)
	default:
		s.identity(g.role, v)
	}
}

// identity sets a value that tells who it was.
func (s *sink) identity(r role, v []byte) {
	switch r {
	case peerRole:
		setAddr(&s.callers.peer, v)
	case clientRole:
		setAddr(&s.callers.near, v)
	case proxyRole:
		setAddr(&s.callers.proxied, v)
	case clientHeaderRole:
		setAddr(&s.callers.named, bytes.TrimSpace(v))
	case forwardedRole:
		s.text(event.ForwardedFor, v)
	case forwardedElseRole:
		if len(s.Text(event.ForwardedFor, s.Rows())) == 0 {
			s.text(event.ForwardedFor, v)
		}
	case userRole:
		s.text(event.User, v)
	case authorizationRole:
		s.authorization(v)
	case cookieRole:
		s.cookies(v)
	case keyRole:
		s.credential("key", v)
	case tokenRole:
		s.credential("token", v)
	}
}

// setAddr sets an address unless v is none: a name, or a socket's path.
func setAddr(to *netip.Addr, v []byte) {
	if a, ok := parseAddr(v); ok {
		*to = a
	}
}

// authorization reads the header: the scheme tells what its value is. The
// user of Basic is logged by itself where it is logged at all.
func (s *sink) authorization(v []byte) {
	scheme, value, ok := v, []byte(nil), false
	if i := bytes.IndexAny(v, " \t"); i >= 0 {
		scheme, value, ok = v[:i], v[i+1:], true
	}
	switch {
	case !ok:
		s.credential("key", v)
	case bytes.EqualFold(scheme, []byte("bearer")):
		s.credential("token", bytes.TrimSpace(value))
	case !bytes.EqualFold(scheme, []byte("basic")):
		s.credential("key", bytes.TrimSpace(value))
	}
}

// credential sets a secret as the principal; it is hashed before it is stored.
func (s *sink) credential(kind string, v []byte) {
	if redacted(v) {
		return
	}
	s.SetString(event.PrincipalKind, kind)
	s.text(event.Principal, v)
}

// measure sets a number or a duration.
func (s *sink) measure(g goal, v []byte) {
	var n int64
	var ok bool
	switch {
	case g.role == numberRole || g.role == wireRole:
		n, ok = decimal(bytes.TrimPrefix(v, []byte{'+'}), 0)
	case g.unit.form == spelled:
		n, ok = spelledDuration(v)
	default:
		n, ok = duration(v, g.unit.scale)
	}
	if !ok || n < 0 {
		return
	}
	if g.role == wireRole {
		s.Flag(event.BytesOnWire)
	}
	if before := s.Number(g.number, s.Rows()); g.role == sumRole && before != event.Unknown {
		n += before
	}
	s.SetNumber(g.number, n)
}

// decision splits "deny 0123456789abcdef"; anything else is no mark of ours.
func (s *sink) decision(v []byte) {
	action, id, ok := bytes.Cut(v, []byte{' '})
	if !ok || len(id) != 16 || !isMethod(action) {
		return
	}
	for _, c := range id {
		if hexValue(c) < 0 {
			return
		}
	}
	s.text(event.DecisionAction, action)
	s.text(event.DecisionID, id)
}

// time sets the time; ok is false when it cannot be read.
func (s *sink) time(u unit, v []byte) (ok bool) {
	ns, zoned, ok := readTime(u, v)
	if ok {
		s.moment(ns, zoned)
	}
	return ok
}

// moment sets the time that a record names, in its zone if it names one.
func (s *sink) moment(ns int64, zoned bool) {
	if !zoned {
		ns = local(ns, s.zone)
		if s.zone == nil {
			s.Flag(event.TimeAssumed)
		}
	}
	s.SetNumber(event.Time, ns)
}

func readTime(u unit, v []byte) (ns int64, zoned, ok bool) {
	form := u.form
	if form == guessed {
		form, u.scale = guessTime(v)
	}
	switch form {
	case rfc3339:
		return rfc3339Time(v)
	case layout:
		return layoutTime(u.layout, v)
	case clf:
		ns, ok = clfTime(bytes.Trim(v, "[]"))
	default:
		ns, ok = decimal(v, u.scale)
	}
	return ns, true, ok
}

// guessTime tells the form of a time by its look, and the unit of a number by
// its digits: today has 10 in seconds and 13 in milliseconds.
func guessTime(v []byte) (timeForm, int) {
	if len(v) > 4 && (v[4] == '-' || v[4] == '/') {
		return rfc3339, 0
	}
	if len(v) > 3 && (v[2] == '/' || v[0] == '[') {
		return clf, 0
	}
	digits := bytes.IndexAny(v, ".eE")
	if digits < 0 {
		digits = len(v)
	}
	switch {
	case digits <= 11:
		return epoch, seconds
	case digits <= 14:
		return epoch, milliseconds
	case digits <= 17:
		return epoch, microseconds
	}
	return epoch, nanoseconds
}

const unauthorized = 401 // a status

// callers are the addresses that a record names as the near end.
type callers struct {
	peer    netip.Addr // the other end of the connection
	near    netip.Addr // the client, where the gateway found it by itself
	proxied netip.Addr // the client, as the peer's PROXY header names it
	named   netip.Addr // the client, as the header of Options.ClientHeader names it
}
