package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newCaddy reads Caddy's access log with the json encoder. The time may be in
// any of the encoder's forms; a duration_format other than seconds needs a
// field of its own, such as duration: {pointer: /duration, unit: text}. Lines
// of other loggers are skipped.
//
// remote_ip is the peer; client_ip is who Caddy takes for the client, behind
// its trusted_proxies.
func newCaddy(o Options) (Parser, error) {
	at := titledIn("/request/headers/")
	return newPreset(o, jsonDialect{
		header:  at,
		headers: "/request/headers",
		marks:   [][]string{{"/request/remote_ip", "/request/remote_addr", "/request/client_ip"}, {"/status"}},
		keep:    []string{"/logger", "/level"},
		fields: append([]place{
			{"time", "/ts", ""}, {"time", "/time", ""},
			{"method", "/request/method", ""}, {uriKey, "/request/uri", ""}, {"protocol", "/request/proto", ""},
			{"host", "/request/host", ""}, {"status", "/status", ""},
			{"response_bytes", "/size", ""}, {"request_bytes", "/bytes_read", ""}, {"duration", "/duration", "s"},
			{"peer_address", "/request/remote_ip", ""}, {"peer_address", "/request/remote_addr", ""},
			{"client_address", "/request/client_ip", ""}, {"user", "/user_id", ""},
			{"tls_version", "/request/tls/version", ""},
			{decisionKey, "/resp_headers/X-Honeymoat-Decision", ""},
		}, headerPlaces(at)...),
		after: afterCaddy,
	})
}

func afterCaddy(p *jsonLog) Reason {
	logger, level := p.kept[0], p.kept[1]
	switch {
	case len(logger) > 0 && !bytes.HasPrefix(logger, []byte("http.log.access")):
		return Skipped
	case len(logger) == 0 && len(level) > 0 && p.seen&p.tree.marks == 0:
		return Skipped
	}
	if v, ok := whole(p.Text(event.TLSVersion, p.Rows())); ok {
		p.SetString(event.TLSVersion, tlsVersion(v))
	}
	return Parsed
}

// tlsVersion names a version by its number on the wire.
func tlsVersion(n int64) string {
	switch n {
	case 0x0301:
		return "TLSv1.0"
	case 0x0302:
		return "TLSv1.1"
	case 0x0303:
		return "TLSv1.2"
	case 0x0304:
		return "TLSv1.3"
	}
	return ""
}
