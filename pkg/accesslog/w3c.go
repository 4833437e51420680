package accesslog

import (
	"bytes"
	"errors"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// w3c reads the extended log file format as IIS and CloudFront write it: a
// #Fields line names the columns of the lines after it, until the next one.
// Times are UTC. Options.Pattern may give the #Fields line of a log that has
// lost its own.
//
// IIS separates by spaces and writes "+" for a space in the agent; time-taken
// is milliseconds. CloudFront separates by tabs and percent-encodes the agent;
// time-taken is seconds, with a fraction. Sizes include headers in both. s-ip
// is the server's own address and means nothing here.
type w3c struct {
	sink
	clientHeader string
	names        string // of the #Fields line
	goals        []w3cField
	date         []byte // of a #Date line, for logs without a column of it
	at           []byte // date and time of the open row
}

// w3cField is a column.
type w3cField struct {
	goal goal
	date bool // half of the time
	text bool // encoded as the log does it
}

func newW3C(o Options) (Parser, error) {
	p := &w3c{sink: newSink(o, true), clientHeader: o.ClientHeader}
	if pattern := strings.TrimSpace(o.Pattern); pattern != "" {
		p.fields(strings.TrimPrefix(pattern, "#Fields:"))
		if len(p.goals) < 2 {
			return nil, errors.New("want a #Fields line, such as #Fields: date time c-ip cs-method cs-uri-stem sc-status")
		}
	}
	return p, nil
}

// Header implements Header.
func (p *w3c) Header(line []byte) {
	if names, ok := bytes.CutPrefix(line, []byte("#Fields:")); ok {
		if string(names) != p.names {
			p.fields(string(names))
		}
	} else if date, ok := bytes.CutPrefix(line, []byte("#Date:")); ok {
		date, _ = token(date)
		p.date = append(p.date[:0], date...)
	}
}

func (p *w3c) fields(names string) {
	p.names, p.goals, p.agents = names, p.goals[:0], false
	for _, name := range strings.Fields(names) {
		f := p.field(strings.ToLower(name))
		p.agents = p.agents || f.goal == textGoal(event.UserAgent)
		p.goals = append(p.goals, f)
	}
}

// field tells what a column is.
func (p *w3c) field(name string) w3cField {
	if header, ok := strings.CutPrefix(name, "cs("); ok {
		return w3cField{goal: headerGoal(strings.TrimSuffix(header, ")"), p.clientHeader), text: true}
	}
	switch name {
	case "date":
		return w3cField{date: true}
	case "time":
		return w3cField{goal: goal{role: timeRole}}
	case "x-forwarded-for", "x-real-ip", "true-client-ip":
		return w3cField{goal: headerGoal(name, p.clientHeader)}
	}
	return w3cField{goal: w3cGoal(name)}
}

func w3cGoal(name string) goal {
	switch name {
	case "c-ip":
		return goal{role: peerRole}
	case "cs-method":
		return textGoal(event.Method)
	case "cs-uri-stem":
		return textGoal(event.Path)
	case "cs-uri-query":
		return goal{role: queryRole}
	case "cs-uri":
		return goal{role: uriRole}
	case "cs-username":
		return goal{role: userRole}
	case "cs-host", "x-host-header":
		return goal{role: hostRole}
	case "cs-version", "cs-protocol-version":
		return textGoal(event.Protocol)
	case "sc-status":
		return goal{role: numberRole, number: event.Status}
	case "sc-bytes":
		return goal{role: wireRole, number: event.ResponseBytes}
	case "cs-bytes":
		return goal{role: wireRole, number: event.RequestBytes}
	case "time-taken":
		return took(event.Duration, milliseconds)
	case "x-edge-request-id":
		return textGoal(event.RequestID)
	case "ssl-protocol":
		return textGoal(event.TLSVersion)
	case "c-country":
		return textGoal(event.Country)
	}
	return goal{}
}

// Parse implements Parser.
func (p *w3c) Parse(record []byte, b *event.Batch) Reason {
	if record[0] == '#' {
		p.Header(record)
		return Skipped
	}
	if len(p.goals) == 0 {
		return NoFields
	}
	p.begin(record, b)
	p.at = append(p.at[:0], p.date...)
	separator := byte(' ')
	if bytes.IndexByte(record, '\t') >= 0 {
		separator = '\t'
	}
	for i := range p.goals {
		column, rest, more := bytes.Cut(record, []byte{separator})
		if more != (i+1 < len(p.goals)) {
			return NoMatch
		}
		if !p.column(&p.goals[i], column, separator) {
			return BadTime
		}
		record = rest
	}
	return p.finish()
}

// column sets one column; ok is false for a time that cannot be read.
func (p *w3c) column(f *w3cField, v []byte, separator byte) (ok bool) {
	switch {
	case f.date:
		p.at = append(p.at[:0], v...)
		return true
	case f.goal.role == timeRole:
		p.at = append(append(p.at, ' '), v...)
		ns, _, ok := rfc3339Time(p.at)
		p.SetNumber(event.Time, ns)
		return ok
	case f.goal.role == durationRole && bytes.IndexByte(v, '.') >= 0:
		p.put(took(event.Duration, seconds), v)
	case f.text:
		p.put(f.goal, p.decode(v, separator))
	default:
		p.put(f.goal, v)
	}
	return true
}

// decode undoes what keeps a header's spaces out of the line. The result is
// valid until the next call.
func (p *w3c) decode(v []byte, separator byte) []byte {
	p.decoded = append(p.decoded[:0], v...)
	if separator == ' ' {
		for i, c := range p.decoded {
			if c == '+' {
				p.decoded[i] = ' '
			}
		}
		return p.decoded
	}
	p.valid = false
	return percentDecoded(p.decoded)
}

// percentDecoded undoes %HH in place.
func percentDecoded(v []byte) []byte {
	to := 0
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '%' {
			if decoded, n := hexByte(v[i+1:]); n > 0 {
				c = decoded
				i += n - 1
			}
		}
		v[to] = c
		to++
	}
	return v[:to]
}
