package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newWSO2API reads WSO2 API Manager's api.log, at any of its levels:
//
//	[2022-02-07 14:10:57,687]  INFO {API_LOG} pizzashack - {"sourceIP":"…","verb":"GET","apiTo":"…","flow":"REQUEST_IN",…}
//
// A request passes four lines, its flows, with one correlation id. A record
// makes a row by itself or not at all, or else reading a file again from the
// middle would not give the same rows; and the answer's lines do not name the
// client. So REQUEST_IN is the row, with a status that is unknown, and the
// other flows are skipped. Format wso2-metrics tells more.
//
// The address may be the first entry of X-Forwarded-For, see newWSO2Metrics; a
// client can set the correlation id, so it is no request id.
func newWSO2API(o Options) (Parser, error) {
	header := o.ClientHeader
	o.ClientHeader = "" // it is in the list of headers
	names := headerNames{client: []byte(canonical(header))}
	p, err := newJSONDialect(o, jsonDialect{
		marks:  [][]string{{"/flow"}, {"/apiTo", "/verb"}},
		keep:   []string{"/flow", "/headers"},
		before: beforeWSO2API,
		fields: []place{
			{"method", "/verb", ""}, {uriKey, "/apiTo", ""},
			{"forwarded_for", "/sourceIP", ""}, {"status", "/statusCode", ""},
		},
		after: func(p *jsonLog) Reason { return afterWSO2API(p, &names) },
	})
	if err != nil {
		return nil, err
	}
	p.hops.header = header != ""
	return p, nil
}

// beforeWSO2API reads the time and the API's name.
func beforeWSO2API(p *jsonLog, record []byte) ([]byte, Reason) {
	const mark, end = "{API_LOG} ", " - {"
	head, name, ok := bytes.Cut(record, []byte(mark))
	start, bracket := bytes.Index(name, []byte(end)), bytes.IndexByte(head, ']')
	if !ok || start < 0 || bracket < 0 || head[0] != '[' {
		return nil, NoAPILog
	}
	if !p.time(unit{form: rfc3339}, head[1:bracket]) {
		return nil, BadTime
	}
	p.text(event.API, name[:start])
	return name[start+len(end)-1:], Parsed
}

func afterWSO2API(p *jsonLog, names *headerNames) Reason {
	row, flow := p.Rows(), p.kept[0]
	if len(flow) > 0 && string(flow) != "REQUEST_IN" {
		return Skipped
	}
	if path := p.Text(event.Path, row); len(path) > 0 && path[0] != '/' {
		p.decoded = append(append(p.decoded[:0], '/'), path...)
		p.SetText(event.Path, p.decoded)
	}
	if len(p.kept[1]) > 0 {
		p.seen |= agentMark
		p.listed(p.kept[1], names)
	}
	return Parsed
}

// listed reads headers as an array of strings: ["accept=*/*", "Host=h", …].
func (p *jsonLog) listed(array []byte, names *headerNames) {
	s := scanner{data: array, at: 1}
	for s.skipSpace(); s.peek() == '"'; s.skipSpace() {
		raw, ok := s.text()
		if !ok {
			return
		}
		name, value, _ := bytes.Cut(raw, []byte{'='})
		if g := names.goal(name); g.role != nothing {
			p.put(g, p.plain(value, true))
		}
		s.comma()
	}
}
