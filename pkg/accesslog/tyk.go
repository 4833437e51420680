package accesslog

import (
	"github.com/honeymoat/honeymoat/pkg/event"
)

// tykPlaces tells where Tyk's access log has what, in either of its forms.
//
// client_ip is what X-Real-IP or X-Forwarded-For say, if they are there, so
// that a client can forge it: the peer is remote_addr, and only with
// Options.ClientHeader is client_ip what a trusted peer says of the client. Tyk
// logs the path after undoing its percent escapes, and neither query nor sizes.
// The trace id may be the client's own, and is no request id.
func tykPlaces() []place {
	return []place{
		{"time", "/time", ""}, {"method", "/method", ""}, {"path", "/path", ""},
		{"protocol", "/protocol", ""}, {"host", "/host", ""}, {"status", "/status", ""},
		{"duration", "/latency_total", "ms"}, {"upstream_duration", "/upstream_latency", "ms"},
		{"peer_address", "/remote_addr", ""}, {"forwarded_for", "/client_ip", ""},
		{"user_agent", "/user_agent", ""}, {keyKey, "/api_key", ""},
		{"api", "/api_name", ""}, {"api", "/api_id", ""}, {"tenant", "/org_id", ""},
	}
}

// tykPrefix is what tells the access log from the rest of what Tyk logs to the
// same place.
const tykPrefix = "access-log"

// noTykKey is the hash of no key.
const noTykKey = "00000000"

// newTykJSON reads the form with log_format: json. Lines of other prefixes are
// skipped.
func newTykJSON(o Options) (*jsonLog, error) {
	return newJSONDialect(o, jsonDialect{
		header: func(string) string { return "/client_ip" },
		marks:  [][]string{{"/prefix"}},
		keep:   []string{"/prefix"},
		fields: tykPlaces(),
		after: func(p *jsonLog) Reason {
			if prefix := p.kept[0]; len(prefix) > 0 && string(prefix) != tykPrefix {
				return Skipped
			}
			if string(p.Text(event.Principal, p.Rows())) == noTykKey {
				p.SetText(event.Principal, nil)
				p.SetText(event.PrincipalKind, nil)
			}
			p.ownForwarded()
			return Parsed
		},
	})
}
