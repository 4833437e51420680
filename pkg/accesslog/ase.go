package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// ase reads the logs of PingIntelligence's API Security Enforcer. A record is
// a line with bracketed fields and the request, and its headers a line each:
//
//	[Tue Aug 14 22:51:49:707 2018] [thread:209] [info] [connectionid:1804289383] [connectinfo:100.100.1.1:36663] [type:request] [api:shop] [request_payload_length:0] GET /a HTTP/1.1
//	User-Agent: curl/7.35.0
//	Host: app
//
// Milliseconds follow a colon, and one published example has no space between
// day and hour. No zone is named, see Options.Zone. The gateway writes no
// status beside a request: records of answers and of connections are skipped.
//
// Access logs are called http_ws_80_pid_19017_access_2018-01-22_13-10.log, are
// rotated every 10 minutes and compressed. Decoy logs are called
// decoy_pid_<pid>__<date>_<hh-mm>.log and rotated every 24 hours; the vendor
// describes the date as year-day-month and gives 2017-04-04 for an example,
// which is also year-month-day. Nothing depends on it: a record's time is its
// own. No line of a decoy log was seen in public: the grammar of the access log
// is assumed. The source of decoy logs has kind decoy, since each of its
// records is a touch.
type ase struct {
	sink
	names headerNames
}

func newASE(o Options) (Parser, error) {
	return &ase{sink: newSink(o, true), names: headerNames{client: []byte(canonical(o.ClientHeader))}}, nil
}

// Parse implements Parser.
func (p *ase) Parse(record []byte, b *event.Batch) Reason {
	record = bytes.TrimSpace(record)
	if len(record) == 0 {
		return Skipped
	}
	if !beginsASE(record) {
		return NoRecordStart
	}
	p.begin(record, b)
	first, headers, _ := bytes.Cut(record, []byte{'\n'})
	request, reason := p.fields(first)
	if reason != Parsed {
		return reason
	}
	if len(request) == 0 || bytes.HasPrefix(request, []byte("HTTP/")) {
		return Skipped
	}
	p.request(request)
	p.headers(headers)
	if p.finish() != Parsed {
		return NoRequest
	}
	return Parsed
}

// fields reads the bracketed fields and gives what stands after them.
func (p *ase) fields(v []byte) (request []byte, reason Reason) {
	for i := 0; len(v) > 0 && v[0] == '['; i++ {
		end := bytes.IndexByte(v, ']')
		if end < 0 {
			return nil, NoTime
		}
		field := v[1:end]
		v = bytes.TrimLeft(v[end+1:], " ")
		if i == 0 {
			at, ok := aseTime(field)
			if !ok {
				return nil, BadTime
			}
			p.moment(at, false)
			continue
		}
		p.field(field)
	}
	return bytes.TrimSpace(v), Parsed
}

func (p *ase) field(v []byte) {
	name, value, _ := bytes.Cut(v, []byte{':'})
	switch string(name) {
	case "connectinfo":
		p.put(goal{role: peerRole}, value)
	case "api", "api_id":
		p.put(goal{role: textRole, text: event.API}, value)
	case "request_payload_length":
		p.put(goal{role: numberRole, number: event.RequestBytes}, value)
	}
}

// headers reads a header from each line.
func (p *ase) headers(v []byte) {
	for len(v) > 0 {
		var header []byte
		header, v, _ = bytes.Cut(v, []byte{'\n'})
		name, value, ok := bytes.Cut(header, []byte{':'})
		if !ok {
			continue
		}
		if g := p.names.goal(bytes.TrimSpace(name)); g.role != nothing {
			p.put(g, bytes.TrimSpace(value))
		}
	}
}

// maxASERecord bounds a record's lines: what is longer is cut at a line's end.
const maxASERecord = DefaultMaxLine

// aseRecord is the Splitter: a record ends where a line begins another one.
func aseRecord(data []byte) int {
	window := data[:min(len(data), maxASERecord)]
	for at := 0; ; {
		i := bytes.Index(window[at:], []byte("\n["))
		if i < 0 {
			break
		}
		if at += i + 1; beginsASE(window[at:]) {
			return at
		}
	}
	if len(data) < maxASERecord {
		return 0
	}
	if i := bytes.LastIndexByte(window, '\n'); i >= 0 {
		return i + 1
	}
	if i := bytes.IndexByte(data[maxASERecord:], '\n'); i >= 0 {
		return maxASERecord + i + 1
	}
	return 0
}

// beginsASE tells whether a line begins with "[Tue Aug 14".
func beginsASE(v []byte) bool {
	return len(v) > len("[Tue Aug 1") && v[0] == '[' && v[4] == ' ' && v[8] == ' ' &&
		monthNumber(v[5:8]) > 0 && isWeekday(v[1:4]) && (v[9] == ' ' || v[9] >= '0' && v[9] <= '9')
}

func isWeekday(v []byte) bool {
	i := bytes.Index([]byte("SunMonTueWedThuFriSat"), v)
	return i >= 0 && i%3 == 0
}

// aseTime reads "Tue Aug 14 22:51:49:707 2018" as Unix nanoseconds of UTC. The
// hour is the two digits before the first colon, whether a space stands before
// it or not.
func aseTime(v []byte) (int64, bool) {
	colon := bytes.IndexByte(v, ':')
	if colon < len("Tue Aug 122") || len(v) < colon+len(":51:49") || v[3] != ' ' || v[7] != ' ' {
		return 0, false
	}
	year := bytes.LastIndexByte(v, ' ')
	if year < colon+len(":51:49") || len(v)-year != len(" 2018") {
		return 0, false
	}
	dayOfMonth, ok := whole(bytes.TrimSpace(v[8 : colon-2]))
	days, fine := civil(digits(v[year+1:]), monthNumber(v[4:7]), dayOfMonth)
	clock, valid := clock(v[colon-2 : colon+6])
	millis, known := aseMillis(v[colon+6 : year])
	return (days*day+clock)*second + millis*(second/1000), ok && fine && valid && known
}

// aseMillis reads ":707", or nothing.
func aseMillis(v []byte) (int64, bool) {
	if v = bytes.TrimSpace(v); len(v) == 0 {
		return 0, true
	}
	n, ok := whole(v[1:])
	return n, ok && v[0] == ':' && n < 1000
}
