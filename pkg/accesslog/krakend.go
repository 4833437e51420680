package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// krakend reads the lines that KrakenD's router, Gin, writes:
//
//	[GIN] 2022/10/25 - 10:00:00 | 200 |  4.529µs |  172.17.0.1 | GET  "/user/foo"
//
// Its time has no zone; there is no agent, user or size. KrakenD's own lines
// are Skipped.
//
// The address is what Gin took for the client. As KrakenD comes, it believes
// X-Forwarded-For whoever sent it, so that a client can make it up: it is kept
// as the forwarded-for, and is the client only with Options.ForwardedAppended,
// which says that trusted_proxies is set or forwarded_by_client_ip is not.
type krakend struct {
	sink
	plain []byte
}

func newKrakenD(o Options) (Parser, error) { return &krakend{sink: newSink(o, false)}, nil }

// Parse implements Parser.
func (p *krakend) Parse(record []byte, b *event.Batch) Reason {
	at := bytes.Index(record, []byte("[GIN] "))
	if at < 0 {
		if bytes.Contains(record, []byte("[KRAKEND]")) {
			return Skipped
		}
		return NoMatch
	}
	record = p.withoutColors(record[at+len("[GIN] "):])
	p.begin(record, b)
	var parts [4][]byte
	for i := range parts {
		var ok bool
		if parts[i], record, ok = bytes.Cut(record, []byte{'|'}); !ok {
			return NoMatch
		}
		parts[i] = bytes.TrimSpace(parts[i])
	}
	if !p.time(unit{form: layout, layout: "%Y/%m/%d - %T"}, parts[0]) {
		return BadTime
	}
	if !isStatus(parts[1]) {
		return BadStatus
	}
	p.put(goal{role: numberRole, number: event.Status}, parts[1])
	p.put(goal{role: durationRole, number: event.Duration, unit: unit{form: spelled}}, parts[2])
	p.put(goal{role: forwardedRole}, parts[3])
	if !p.asked(bytes.TrimSpace(record)) {
		return NoRequest
	}
	return p.finish()
}

// asked reads the method and the path, which is quoted as Go quotes.
func (p *krakend) asked(v []byte) bool {
	method, rest := token(v)
	rest = bytes.TrimLeft(rest, " ")
	if len(rest) < 2 || rest[0] != '"' || rest[len(rest)-1] != '"' {
		return false
	}
	p.text(event.Method, method)
	p.target(p.ungo(rest[1 : len(rest)-1]))
	return true
}

// ungo undoes Go's escaping. The result is valid until the next call.
func (p *krakend) ungo(v []byte) []byte {
	if bytes.IndexByte(v, '\\') < 0 {
		return v
	}
	p.valid = false
	p.decoded = appendJSONUnescaped(p.decoded[:0], v)
	return p.decoded
}

// withoutColors drops the colors that Gin writes to a terminal.
func (p *krakend) withoutColors(v []byte) []byte {
	if bytes.IndexByte(v, '\x1b') < 0 {
		return v
	}
	p.plain = p.plain[:0]
	for len(v) > 0 {
		text, rest, colored := bytes.Cut(v, []byte("\x1b["))
		p.plain = append(p.plain, text...)
		if v = rest; colored {
			_, v, _ = bytes.Cut(rest, []byte{'m'})
		}
	}
	return p.plain
}
