package accesslog

import (
	"bytes"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// combined reads the common and combined log formats of Apache and nginx:
//
//	[vhost ]address ident user [time] "request" status size[ "referer" "agent"[ "forwarded-for"] …]
//
// The third quoted field is the forwarded-for of nginx's packaged "main"
// format; bare numbers with a fraction after it are the request's and the
// upstream's time in seconds. Anything else at the end is ignored.
type combined struct{ sink }

func newCombined(o Options) (Parser, error) { return &combined{newSink(o, true)}, nil }

// Parse implements Parser.
func (p *combined) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	start, rest, reason := p.moment(record)
	if reason != Parsed {
		return reason
	}
	rest, reason = p.answer(rest)
	if reason != Parsed {
		return reason
	}
	forwarded, reason := p.headers(rest)
	if reason != Parsed {
		return reason
	}
	return p.caller(start, forwarded)
}

// moment reads the time, and gives what stands before and after it.
func (p *combined) moment(record []byte) (start, rest []byte, reason Reason) {
	// A user name may hold "[" and spaces, but never an unescaped quote: the
	// first `] "` ends the time.
	end := bytes.Index(record, []byte(`] "`))
	if end < 0 {
		if bytes.IndexByte(record, '[') < 0 {
			return nil, nil, NoTime
		}
		return nil, nil, NoRequest
	}
	open := bytes.LastIndexByte(record[:end], '[')
	if open < 0 {
		return nil, nil, NoTime
	}
	at, ok := clfTime(record[open+1 : end])
	if !ok {
		return nil, nil, BadTime
	}
	p.SetNumber(event.Time, at)
	return record[:open], record[end+2:], Parsed
}

// caller reads what stands before the time.
func (p *combined) caller(v, forwarded []byte) Reason {
	first, rest := token(v)
	if len(first) == 0 {
		return NoAddress
	}
	if first[len(first)-1] == ',' {
		forwarded, rest = p.forwardedFirst(v, forwarded)
		p.whoever(netip.Addr{}, forwarded, rest)
		return Parsed
	}
	peer, ok := parseAddr(first)
	second, after := token(rest)
	if other, also := parseAddr(second); also && (!ok || behindHost(after)) {
		p.text(event.Host, withoutPort(first))
		peer, rest = other, after
	} else if also {
		// Either may be what a client has made up: the host that it asked for,
		// or what its ident server says.
		peer = netip.Addr{}
		p.Flag(event.BadForwarded)
	}
	p.whoever(peer, forwarded, rest)
	return Parsed
}

// forwardedFirst reads a list where an address should stand: the gateway logs
// X-Forwarded-For there, which a client may have written, and no peer.
func (p *combined) forwardedFirst(v, forwarded []byte) (list, rest []byte) {
	rest = v
	for more := true; more; {
		var entry []byte
		entry, rest = token(rest)
		more = len(entry) > 0 && entry[len(entry)-1] == ','
	}
	p.Flag(event.BadForwarded)
	if len(forwarded) > 0 {
		return forwarded, rest
	}
	p.text(event.ForwardedFor, p.unescape(bytes.TrimSpace(v[:len(v)-len(rest)])))
	return p.Text(event.ForwardedFor, p.Rows()), rest
}

// whoever notes who asked; rest is ident and user.
func (p *combined) whoever(peer netip.Addr, forwarded, rest []byte) {
	p.callers.peer = peer
	p.hops.set(p.Batch, p.callers, forwarded)
	_, user := token(rest)
	if user = bytes.TrimSpace(user); len(user) > 0 && string(user) != "-" {
		p.text(event.User, p.unescape(user))
		p.principal(p.Rows())
	}
}

// behindHost tells whether ident and user follow an address, so that what
// stands before it is a host, even one that a client asked for by an address.
func behindHost(v []byte) bool {
	ident, user := token(v)
	return string(ident) == "-" && len(bytes.TrimSpace(user)) > 0
}

// answer reads the request, the status and the size.
func (p *combined) answer(v []byte) (rest []byte, reason Reason) {
	request, rest, ok := quoted(v)
	if !ok {
		return nil, NoClosingQuote
	}
	p.request(p.unescape(request))
	status, rest := token(rest)
	if n, ok := whole(status); ok && n < 1000 {
		p.SetNumber(event.Status, n)
	} else if string(status) == "-" {
		p.Flag(event.StatusUnknown)
	} else {
		return nil, BadStatus
	}
	size, rest := token(rest)
	if n, ok := whole(size); ok {
		p.SetNumber(event.ResponseBytes, n)
	} else if len(size) == 0 || string(size) == "-" {
		p.Flag(event.NoBytes)
	} else {
		return nil, BadSize
	}
	return rest, Parsed
}

// headers reads what stands after the size.
func (p *combined) headers(v []byte) (forwarded []byte, reason Reason) {
	if len(v) == 0 || v[0] != '"' {
		p.Flag(event.NoUserAgent)
		p.times(v)
		return nil, Parsed
	}
	referer, v, ok := quoted(v)
	if !ok {
		return nil, NoClosingQuote
	}
	p.text(event.Referer, p.unescape(referer))
	if len(v) == 0 || v[0] != '"' {
		p.Flag(event.NoUserAgent)
		p.times(v)
		return nil, Parsed
	}
	agent, rest, ok := quoted(v)
	if !ok {
		// Cut within its last field: what stands before it is evidence still.
		p.Flag(event.Truncated)
		agent, rest = v[1:], nil
	}
	v = rest
	p.text(event.UserAgent, p.unescape(agent))
	if len(v) > 0 && v[0] == '"' {
		if forwarded, v, ok = quoted(v); ok {
			p.text(event.ForwardedFor, p.unescape(forwarded))
			forwarded = p.Text(event.ForwardedFor, p.Rows())
		}
	}
	p.times(v)
	return forwarded, Parsed
}

// times reads bare numbers with a fraction as request and upstream time.
func (p *combined) times(v []byte) {
	field := event.Duration
	for len(v) > 0 && field <= event.UpstreamDuration {
		var word []byte
		if word, v = token(v); bytes.IndexByte(word, '.') < 0 {
			continue
		}
		if n, ok := decimal(word, 9); ok && n >= 0 {
			p.SetNumber(field, n)
			field++
		}
	}
}

func withoutPort(host []byte) []byte {
	if i := bytes.LastIndexByte(host, ':'); i > 0 {
		if _, ok := whole(host[i+1:]); ok {
			return host[:i]
		}
	}
	return host
}
