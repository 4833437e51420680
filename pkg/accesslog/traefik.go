package accesslog

import "github.com/honeymoat/honeymoat/pkg/event"

// newTraefik reads Traefik's access log with format: json. Durations are
// nanoseconds. Headers are dropped unless accessLog.fields.headers keeps them,
// and stand under request_<Header> then.
//
// Traefik logs a forwarded-for header in place of the client, ClientHost, and
// the peer as ClientAddr. Without ClientAddr, which only a configuration of
// fields takes away, ClientHost is believed where it is a single address: do
// not take it away with forwardedHeaders.insecure, which lets clients write
// that header.
//
// A router's name is no route template, since a router has many paths: it is
// the API.
func newTraefik(o Options) (Parser, error) {
	at := titledIn("/request_")
	return newPreset(o, jsonDialect{
		header: at,
		marks: [][]string{
			{"/RequestMethod", "/RequestPath"},
			{"/ClientHost", "/ClientAddr"},
			{"/DownstreamStatus", "/OriginStatus", "/Duration"},
		},
		fields: append([]place{
			{"time", "/StartUTC", "rfc3339"}, {"time", "/StartLocal", "rfc3339"}, {"time", "/time", ""},
			{"method", "/RequestMethod", ""}, {uriKey, "/RequestPath", ""}, {"protocol", "/RequestProtocol", ""},
			{"host", "/RequestHost", ""}, {"host", "/RequestAddr", ""},
			{"status", "/DownstreamStatus", ""}, {"response_bytes", "/DownstreamContentSize", ""},
			{"request_bytes", "/RequestContentSize", ""},
			{"duration", "/Duration", "ns"}, {"upstream_duration", "/OriginDuration", "ns"},
			{"peer_address", "/ClientAddr", ""}, {"user", "/ClientUsername", ""},
			{"api", "/RouterName", ""}, {"api", "/ServiceName", ""}, {"tls_version", "/TLSVersion", ""},
			{decisionKey, "/downstream_X-Honeymoat-Decision", ""},
		}, append(headerPlaces(at), place{"forwarded_for", "/ClientHost", ""})...),
		after: afterTraefik,
	})
}

func afterTraefik(p *jsonLog) Reason {
	row := p.Rows()
	if v := p.Text(event.TLSVersion, row); len(v) == len("1.3") {
		p.decoded = append(append(p.decoded[:0], "TLSv"...), v...)
		p.SetText(event.TLSVersion, p.decoded)
	}
	if !p.callers.peer.IsValid() {
		p.callers.peer, _ = parseAddr(p.Text(event.ForwardedFor, row))
	}
	p.ownForwarded()
	return Parsed
}
