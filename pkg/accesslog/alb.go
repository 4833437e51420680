package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// alb reads the access log of an AWS Application Load Balancer:
//
//	type time elb client:port target:port t1 t2 t3 status target-status received sent "request" "agent" cipher tls group "trace" "domain" …
//
// The three times are seconds, -1 where the step was not reached; their sum is
// the request's time, and the second is the target's. The time is when the
// answer began or, of a WebSocket, when it was closed. Both sizes include
// headers. What AWS appended to the line since is ignored.
type alb struct{ sink }

func newALB(o Options) (Parser, error) { return &alb{newSink(o, true)}, nil }

// Parse implements Parser.
func (p *alb) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	kind, v := token(record)
	at, v := token(v)
	if !isALB(kind) {
		return NoMatch
	}
	if !p.time(unit{form: rfc3339}, at) {
		return BadTime
	}
	_, v = token(v) // the load balancer
	client, v := token(v)
	p.callers.peer, _ = parseAddr(withoutPort(client))
	_, v = token(v) // the target
	v = p.times(v)
	v, reason := p.answer(v)
	if reason != Parsed {
		return reason
	}
	if reason := p.asked(v); reason != Parsed {
		return reason
	}
	return p.finish()
}

func isALB(kind []byte) bool {
	switch string(kind) {
	case "http", "https", "h2", "grpcs", "ws", "wss":
		return true
	}
	return false
}

func (p *alb) times(v []byte) (rest []byte) {
	total, known := int64(0), true
	for step := range 3 {
		var word []byte
		word, v = token(v)
		n, ok := decimal(word, seconds)
		if !ok || n < 0 {
			known = false
			continue
		}
		total += n
		if step == 1 {
			p.SetNumber(event.UpstreamDuration, n)
		}
	}
	if known {
		p.SetNumber(event.Duration, total)
	}
	return v
}

// answer reads the statuses and sizes.
func (p *alb) answer(v []byte) (rest []byte, reason Reason) {
	status, v := token(v)
	if !isStatus(status) && string(status) != "-" {
		return nil, BadStatus
	}
	p.put(goal{role: numberRole, number: event.Status}, status)
	_, v = token(v) // the target's
	for _, f := range [...]event.NumberField{event.RequestBytes, event.ResponseBytes} {
		var size []byte
		size, v = token(v)
		if _, ok := whole(size); !ok && string(size) != "-" {
			return nil, BadSize
		}
		p.put(goal{role: wireRole, number: f}, size)
	}
	return v, Parsed
}

// asked reads the request line and what follows it. Its target is a whole URL
// with the listener's port, whatever the client wrote.
func (p *alb) asked(v []byte) Reason {
	request, v, ok := quoted(v)
	if !ok {
		return NoClosingQuote
	}
	agent, v, ok := quoted(v)
	if !ok {
		return NoClosingQuote
	}
	if bytes.HasPrefix(request, []byte("- ")) {
		p.Flag(event.BadRequest) // it could not be read: "- http://host:80- -"
	} else {
		p.request(p.unescape(request))
		p.text(event.Host, withoutPort(p.Text(event.Host, p.Rows())))
	}
	p.text(event.UserAgent, p.unescape(agent))
	_, v = token(v) // cipher
	version, v := token(v)
	p.text(event.TLSVersion, version)
	_, v = token(v) // target group
	if trace, _, ok := quoted(v); ok {
		p.text(event.RequestID, ownTrace(trace))
	}
	return Parsed
}

// ownTrace gives the part of X-Amzn-Trace-Id that the load balancer made: Self
// where a client sent a Root of its own.
func ownTrace(v []byte) []byte {
	for part := range bytes.SplitSeq(v, []byte{';'}) {
		if own, ok := bytes.CutPrefix(part, []byte("Self=")); ok {
			return own
		}
	}
	root, _, _ := bytes.Cut(v, []byte{';'})
	return bytes.TrimPrefix(root, []byte("Root="))
}
