package accesslog

import (
	"bytes"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// haproxy reads what "option httplog" and "option httpslog" write, with or
// without syslog's words before it:
//
//	client:port [accepted] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cookie cookie termination conns queues[ {captures}[ {captures}]] "request"[ …]
//
// Times have no zone. Captured headers may hold spaces, and their braces are
// missing where none are configured. A line that syslog cut is kept as far as
// it reaches, once it has a status. With logasap a "+" marks the time and the
// size that were still growing; they are kept as logged. Lines of TCP proxies, of failed
// connections and of HAProxy itself are Skipped.
//
// With Options.Pattern it reads a log-format instead, see haproxyformat.go.
type haproxy struct{ sink }

func newHAProxy(o Options) (Parser, error) {
	if strings.TrimSpace(o.Pattern) != "" {
		return newHAProxyFormat(o)
	}
	return &haproxy{newSink(o, false)}, nil
}

// Parse implements Parser.
func (p *haproxy) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	start, rest, ok := p.accepted(record)
	if !ok {
		if bytes.Contains(record, []byte("haproxy")) {
			return Skipped
		}
		return NoTime
	}
	p.callers.peer, _ = parseAddr(withoutPort(start))
	_, rest = token(rest) // frontend
	_, rest = token(rest) // backend/server
	timers, rest := token(rest)
	status, rest := token(rest)
	if bytes.Count(timers, []byte{'/'}) < 4 {
		return Skipped // of a TCP proxy, or of a connection that failed
	}
	if !isStatus(status) {
		return BadStatus
	}
	termination, rest := p.answer(rest)
	p.times(timers)
	p.status(status, termination)
	p.asked(rest)
	return p.finish()
}

// accepted finds the time of acceptance, the first thing in brackets that is
// one: what stands before it is the client, and nothing that a client says.
func (p *haproxy) accepted(record []byte) (client, rest []byte, ok bool) {
	const layout = "06/Feb/2009:12:14:14.655"
	for from := 0; ; {
		i := bytes.IndexByte(record[from:], '[')
		if i < 0 {
			return nil, nil, false
		}
		from += i + 1
		end := from + len(layout)
		if from < 2 || len(record) < end+2 || record[end] != ']' || record[from-2] != ' ' {
			continue
		}
		ns, fine := haproxyTime(record[from:end])
		if !fine {
			continue
		}
		p.moment(ns, false)
		client = record[:from-2]
		return client[bytes.LastIndexByte(client, ' ')+1:], record[end+1:], true
	}
}

// haproxyTime reads "06/Feb/2009:12:14:14.655".
func haproxyTime(v []byte) (ns int64, ok bool) {
	if v[2] != '/' || v[6] != '/' || v[11] != ':' || v[20] != '.' {
		return 0, false
	}
	days, ok := civil(digits(v[7:11]), monthNumber(v[3:6]), digits(v[0:2]))
	clock, fine := clock(v[12:20])
	millis := digits(v[21:24])
	return (days*day+clock)*second + millis*1e6, ok && fine && millis >= 0
}

func isStatus(v []byte) bool {
	n, ok := whole(v)
	return string(v) == "-1" || ok && n < 1000
}

// answer reads what stands between the status and the counts of connections.
func (p *haproxy) answer(v []byte) (termination, rest []byte) {
	size, v := token(v)
	p.measure(goal{role: wireRole, number: event.ResponseBytes}, size)
	cookie, v := token(v)
	if name, value, ok := bytes.Cut(cookie, []byte{'='}); ok && isSessionCookie(name) {
		p.text(event.Session, value)
	}
	_, v = token(v) // cookie of the answer
	return token(v)
}

// status sets the status. It is -1 where there was no answer; the first letter
// of the termination state tells whether that is because the client left.
func (p *haproxy) status(v, termination []byte) {
	if n, ok := whole(v); ok {
		p.SetNumber(event.Status, n)
	} else if len(termination) > 0 && termination[0]|0x20 == 'c' {
		p.SetNumber(event.Status, 0)
	}
}

// times reads TR/Tw/Tc/Tr/Ta. The upstream took the time to connect and the
// time until it answered; -1 is a step that was not reached.
func (p *haproxy) times(v []byte) {
	var timers [5]int64
	for i := range timers {
		var word []byte
		word, v, _ = bytes.Cut(v, []byte{'/'})
		n, ok := whole(bytes.TrimPrefix(word, []byte{'+'}))
		if timers[i] = n * 1e6; !ok {
			timers[i] = event.Unknown
		}
	}
	connect, respond, total := timers[2], timers[3], timers[4]
	if total != event.Unknown {
		p.SetNumber(event.Duration, total)
	}
	if connect != event.Unknown && respond != event.Unknown {
		p.SetNumber(event.UpstreamDuration, connect+respond)
	}
}

// asked reads what stands after the termination state: connections, queues,
// captures and the request line.
func (p *haproxy) asked(v []byte) {
	_, v = token(v)
	_, v = token(v)
	for len(v) > 0 && v[0] == '{' {
		end := bytes.IndexByte(v, '}') // one in a value is #7D
		if end < 0 {
			p.Flag(event.Truncated)
			return
		}
		v = bytes.TrimLeft(v[end+1:], " ")
	}
	if len(v) == 0 || v[0] != '"' {
		p.Flag(event.Truncated)
		return
	}
	request, rest, closed := bytes.Cut(v[1:], []byte{'"'}) // one in a value is #22
	if !closed {
		p.Flag(event.Truncated)
		p.cutRequest(p.unhash(request))
		return
	}
	if string(request) == "<BADREQ>" {
		p.Flag(event.BadRequest)
	} else {
		p.request(p.unhash(request))
	}
	p.secured(rest)
}

// cutRequest reads a request line without its end.
func (p *haproxy) cutRequest(v []byte) {
	method, target, ok := bytes.Cut(v, []byte{' '})
	if !isMethod(method) {
		return
	}
	p.text(event.Method, method)
	if ok {
		target, _, _ = bytes.Cut(target, []byte(" HTTP"))
		p.target(target)
	}
}

// secured reads what httpslog adds: error codes, then server name, version and
// ciphers of TLS.
func (p *haproxy) secured(v []byte) {
	_, v = token(v)
	name, v, ok := bytes.Cut(bytes.TrimSpace(v), []byte{'/'})
	version, _, fine := bytes.Cut(v, []byte{'/'})
	if !ok || !fine {
		return
	}
	if bytes.HasPrefix(version, []byte("TLS")) || bytes.HasPrefix(version, []byte("SSL")) {
		p.text(event.TLSVersion, version)
	}
	if len(p.Text(event.Host, p.Rows())) == 0 {
		p.text(event.Host, name)
	}
}

// unhash undoes HAProxy's escaping. The result is valid until the next call.
func (p *haproxy) unhash(v []byte) []byte {
	if bytes.IndexByte(v, '#') < 0 {
		return v
	}
	p.valid = false
	p.decoded = appendHashUnescaped(p.decoded[:0], v)
	return p.decoded
}
