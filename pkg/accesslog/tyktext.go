package accesslog

import (
	"bytes"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// tykText reads Tyk's access log as text, lines of logfmt with
// prefix=access-log; others are Skipped.
//
// The time names no year, and no zone: the year is that in which the line is no
// later than a day after it was read, and the time is flagged as assumed. There
// are no sizes. The latencies are milliseconds.
//
// client_ip is what Tyk took from X-Real-IP or the first entry of
// X-Forwarded-For, whoever sent them: it is the client only where
// Options.ClientHeader says that trusted hops set such a header and the peer,
// remote_addr, is one. api_key is a hash already, and the same for all who
// gave none.
type tykText struct {
	sink
	named bool // client_ip is believed
}

func newTykText(o Options) (Parser, error) {
	return &tykText{newSink(o, true), o.ClientHeader != ""}, nil
}

// Parse implements Parser.
func (p *tykText) Parse(record []byte, b *event.Batch) Reason {
	p.begin(record, b)
	access := false
	for rest := record; len(bytes.TrimSpace(rest)) > 0; {
		key, value, after, quoted, ok := logfmtPair(rest)
		if !ok {
			return p.other(record)
		}
		if rest = after; quoted && bytes.IndexByte(value, '\\') >= 0 {
			p.valid = false
			p.decoded = appendJSONUnescaped(p.decoded[:0], value)
			value = p.decoded
		}
		if string(key) == "prefix" {
			if access = string(value) == "access-log"; !access {
				return Skipped
			}
		}
		p.pair(key, value)
	}
	if !access {
		return p.other(record)
	}
	return p.finish()
}

// other tells a line of the gateway's own from a stranger's.
func (p *tykText) other(record []byte) Reason {
	if bytes.HasPrefix(record, []byte(`time="`)) && bytes.Contains(record, []byte(" level=")) {
		return Skipped
	}
	return NoMatch
}

func (p *tykText) pair(key, value []byte) {
	switch string(key) {
	case "time":
		p.moment(value)
	case "api_key":
		if len(bytes.Trim(value, "0")) > 0 {
			p.put(goal{role: keyRole}, value)
		}
	case "client_ip":
		if p.named {
			p.put(goal{role: clientHeaderRole}, value)
		}
	default:
		p.put(tykGoal(key), value)
	}
}

func tykGoal(key []byte) goal {
	switch string(key) {
	case "remote_addr":
		return goal{role: peerRole}
	case "method":
		return textGoal(event.Method)
	case "path":
		return goal{role: uriRole}
	case "host":
		return goal{role: hostRole}
	case "protocol":
		return textGoal(event.Protocol)
	case "status":
		return goal{role: numberRole, number: event.Status}
	case "latency_total":
		return took(event.Duration, milliseconds)
	case "upstream_latency":
		return took(event.UpstreamDuration, milliseconds)
	case "user_agent":
		return textGoal(event.UserAgent)
	case "api_name":
		return textGoal(event.API)
	case "organization_id", "org_id":
		return textGoal(event.Tenant)
	case "trace_id":
		return textGoal(event.RequestID)
	}
	return goal{}
}

// moment reads "Jan 29 08:27:09", or a whole time where Tyk is set to write one.
func (p *tykText) moment(v []byte) {
	if p.time(unit{form: rfc3339}, v) {
		return
	}
	last := time.Unix(0, p.Received).UTC().Year()
	if p.Received == 0 {
		return
	}
	for year := last + 1; year >= last-1; year-- {
		m := moment{year: int64(year), month: 1, day: 1}
		rest, ok := m.layout("%b %e %T", v)
		days, fine := civil(m.year, m.month, m.day)
		if !ok || len(rest) > 0 {
			return
		}
		ns := local((days*day+m.hour*3600+m.minute*60+m.second)*second, p.zone)
		if fine && ns <= p.Received+int64(24*time.Hour) {
			p.SetNumber(event.Time, ns)
			p.Flag(event.TimeAssumed)
			return
		}
	}
}
