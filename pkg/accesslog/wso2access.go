package accesslog

import (
	"bytes"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// wso2Access reads WSO2's http_access_*.log:
//
//	forwarded-for peer ident user [time] "POST /token HTTP/1.1" - size "referer" "agent"
//	forwarded-for peer  user [time] "- - " 200 - "-" "-"
//
// The gateway writes the request and the answer to it as two lines that
// nothing connects, and lines of other requests lie between them. So a
// request's status is unknown, its size is the request's, and answers are
// skipped. Format wso2-metrics tells more.
type wso2Access struct{ combined }

func newWSO2Access(o Options) (Parser, error) { return &wso2Access{combined{newSink(o, true)}}, nil }

// Parse implements Parser.
func (p *wso2Access) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	start, rest, reason := p.moment(record)
	if reason != Parsed {
		return reason
	}
	if bytes.HasPrefix(rest, []byte(`"- - " `)) {
		return Skipped
	}
	if reason := p.asked(rest[1:]); reason != Parsed {
		return reason
	}
	if reason := p.from(start); reason != Parsed {
		return reason
	}
	if ambiguous(rest) {
		p.callers.peer = netip.Addr{}
		p.SetText(event.ForwardedFor, nil)
		p.Flag(event.BadForwarded)
	}
	if p.finish() != Parsed {
		return NoRequest
	}
	b.Flag(event.NoBytes)
	return Parsed
}

// ambiguous tells whether a second time stands in a record. A client may have
// written what follows the first one into its forwarded-for list, or what stands
// before the second one into a header at the end: WSO2 escapes neither, and
// nobody can tell which address is its.
func ambiguous(rest []byte) bool {
	const after = `] "`
	for {
		end := bytes.Index(rest, []byte(after))
		if end < 0 {
			return false
		}
		if open := bytes.LastIndexByte(rest[:end], '['); open >= 0 {
			if _, ok := clfTime(rest[open+1 : end]); ok {
				return true
			}
		}
		rest = rest[end+len(after):]
	}
}

// asked reads from the request line on. WSO2 does not escape quotes: the
// request ends before what only the gateway writes there, the status "-".
func (p *wso2Access) asked(v []byte) Reason {
	for from := 0; ; {
		i := bytes.Index(v[from:], []byte(`" - `))
		if i < 0 {
			return BadStatus
		}
		end := from + i
		size, rest := token(v[end+4:])
		n, ok := whole(size)
		if from = end + 1; !ok && string(size) != "-" {
			continue
		}
		p.request(v[:end])
		if ok {
			p.SetNumber(event.RequestBytes, n)
		}
		return p.sent(rest)
	}
}

// sent reads referer and agent.
func (p *wso2Access) sent(v []byte) Reason {
	referer, v, ok := quoted(v)
	if !ok {
		p.agents = false
		return Parsed
	}
	p.agents = true
	p.text(event.Referer, referer)
	agent, _, ok := quoted(v)
	if !ok {
		return NoClosingQuote
	}
	p.text(event.UserAgent, agent)
	return Parsed
}

// from reads what stands before the time, from its end: a client can write
// anything into the forwarded-for list.
func (p *wso2Access) from(v []byte) Reason {
	v = bytes.TrimRight(v, " ")
	var fields [3][]byte // user, ident, peer
	for i := range fields {
		at := bytes.LastIndexByte(v, ' ')
		if at < 0 {
			return NoAddress
		}
		fields[i], v = v[at+1:], bytes.TrimRight(v[:at], " ")
	}
	peer, ok := parseAddr(fields[2])
	if !ok {
		return NoAddress
	}
	p.callers.peer = peer
	p.text(event.User, fields[0])
	p.text(event.ForwardedFor, v)
	return Parsed
}
