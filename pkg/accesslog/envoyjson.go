package accesslog

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newEnvoyJSON reads Envoy's access log with json_format. The keys are the
// operator's own: this knows those of Istio's default and of Envoy's
// documentation, and a mapping adds others. Envoy makes x-request-id itself
// unless it is told to keep the client's. A status of 0 says that the client
// left before an answer; lines of plain TCP connections are skipped.
func newEnvoyJSON(o Options) (Parser, error) {
	at := func(name string) string {
		return "/" + escapeStep(strings.ReplaceAll(strings.ToLower(name), "-", "_"))
	}
	return newPreset(o, jsonDialect{
		header: at,
		marks:  [][]string{{"/response_code"}, {"/path", "/x_envoy_original_path", "/method"}},
		fields: []place{
			{"time", "/start_time", ""}, {"time", "/timestamp", ""}, {"time", "/time", ""},
			{"method", "/method", ""}, {uriKey, "/x_envoy_original_path", ""}, {uriKey, "/path", ""},
			{"protocol", "/protocol", ""}, {"host", "/authority", ""}, {"host", "/host", ""},
			{"status", "/response_code", ""},
			{"request_bytes", "/bytes_received", ""}, {"response_bytes", "/bytes_sent", ""},
			{"duration", "/duration", "ms"},
			{"upstream_duration", "/upstream_service_time", "ms"}, {"upstream_duration", "/x_envoy_upstream_service_time", "ms"},
			{"peer_address", "/downstream_direct_remote_address", ""}, {"peer_address", "/downstream_direct_remote_address_without_port", ""},
			{"client_address", "/downstream_remote_address", ""}, {"client_address", "/downstream_remote_address_without_port", ""},
			{"forwarded_for", "/x_forwarded_for", ""}, {"user_agent", "/user_agent", ""},
			{"referer", "/referer", ""}, {"content_type", "/content_type", ""},
			{"request_id", "/request_id", ""}, {"request_id", "/x_request_id", ""},
			{"api", "/route_name", ""}, {"api", "/upstream_cluster", ""},
			{"tls_version", "/downstream_tls_version", ""},
		},
		after: afterEnvoyJSON,
	})
}

// afterEnvoyJSON tells a connection from a request. What Envoy could not read
// as a request has no method either, but an answer.
func afterEnvoyJSON(p *jsonLog) Reason {
	row := p.Rows()
	requested := len(p.Text(event.Method, row)) > 0 || len(p.Text(event.Path, row)) > 0
	if !requested && p.Number(event.Status, row) <= 0 && p.seen&p.tree.marks == p.tree.marks {
		return Skipped
	}
	return Parsed
}
