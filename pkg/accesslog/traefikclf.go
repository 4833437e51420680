package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// traefikCLF reads Traefik's access log in its common format:
//
//	client - user [time] "request" status size "referer" "agent" count "router" "server" 12ms
//
// Status and size are the backend's. Traefik puts quotes around what a client
// sent and escapes none in it: the end of the line, which a client has no say
// in, tells where the agent ends.
//
// The client is the forwarded-for header where there is one, or else the peer.
// Its last entry is believed, since Traefik drops the header unless a hop that
// it trusts sent it: do not use this format with forwardedHeaders.insecure.
type traefikCLF struct{ combined }

func newTraefikCLF(o Options) (Parser, error) { return &traefikCLF{combined{newSink(o, true)}}, nil }

// Parse implements Parser.
func (p *traefikCLF) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	p.escaped = false
	start, rest, reason := p.moment(record)
	if reason != Parsed {
		return reason
	}
	rest, ok := p.tail(rest)
	if !ok {
		return NoMatch
	}
	if rest, reason = p.answer(rest); reason != Parsed {
		return reason
	}
	referer, agent, ok := bytes.Cut(rest, []byte(`" "`))
	if !ok || referer[0] != '"' {
		return NoMatch
	}
	p.text(event.Referer, referer[1:])
	p.text(event.UserAgent, bytes.TrimSuffix(agent, []byte{'"'}))
	return p.client(start)
}

// client reads what stands before the time. Both the client's and the user's
// text may hold what stands between them; then nobody can tell who it was.
func (p *traefikCLF) client(v []byte) Reason {
	between := []byte(" - ")
	at := bytes.Index(v, between)
	if at < 1 {
		return NoAddress
	}
	client, user := v[:at], bytes.TrimSuffix(v[at+len(between):], []byte{' '})
	switch {
	case bytes.Contains(user, between):
		p.Flag(event.BadForwarded)
	case bytes.IndexByte(client, ',') >= 0:
		p.text(event.ForwardedFor, client)
		p.callers.peer, _ = p.hops.last(p.Batch, client)
	default:
		p.callers.peer, _ = parseAddr(client)
	}
	p.text(event.User, user)
	return p.finish()
}

// tail reads the end of a line from the right: its time, the backend's server,
// the router, and how many requests there were before.
func (p *traefikCLF) tail(v []byte) (rest []byte, ok bool) {
	at := bytes.LastIndexByte(v, ' ')
	took, ok := spelledDuration(v[at+1:])
	if !ok || at < 0 {
		return nil, false
	}
	rest, _, ok = lastQuoted(v[:at])
	rest, router, fine := lastQuoted(rest)
	at = bytes.LastIndexByte(rest, ' ')
	if !ok || !fine || at < 0 {
		return nil, false
	}
	if _, ok = whole(rest[at+1:]); !ok && string(rest[at+1:]) != "-" {
		return nil, false
	}
	p.SetNumber(event.Duration, took)
	p.text(event.API, router)
	return rest[:at], true
}

// lastQuoted takes a field in quotes, or "-", off the end of v. It has no quote
// in it.
func lastQuoted(v []byte) (rest, field []byte, ok bool) {
	if rest, ok := bytes.CutSuffix(v, []byte(" -")); ok {
		return rest, nil, true
	}
	v, ok = bytes.CutSuffix(v, []byte{'"'})
	at := bytes.LastIndexByte(v, '"')
	if !ok || at < 1 || v[at-1] != ' ' {
		return nil, nil, false
	}
	return v[:at-1], v[at+1:], true
}
