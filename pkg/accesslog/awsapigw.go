package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newAWSGateway reads the access log of AWS API Gateway in JSON. The keys are
// the operator's own: this knows those of AWS's examples for REST and HTTP
// APIs and names after the $context variables; a mapping adds others.
//
// A client can set requestId, so the request id is extendedRequestId or none.
// resourcePath and routeKey are templates that the gateway matched; the path
// as requested is known only where the log has $context.path.
func newAWSGateway(o Options) (Parser, error) {
	return newPreset(o, jsonDialect{
		marks: [][]string{{"/extendedRequestId", "/requestId"}, {"/httpMethod", "/routeKey", "/resourcePath"}},
		keep:  []string{"/routeKey"},
		fields: []place{
			{"time", "/requestTimeEpoch", "epoch_ms"}, {"time", "/requestTime", ""},
			{"method", "/httpMethod", ""}, {uriKey, "/path", ""}, {"route", "/resourcePath", ""},
			{"protocol", "/protocol", ""}, {"host", "/domainName", ""}, {"status", "/status", ""},
			{"response_bytes", "/responseLength", ""}, {"duration", "/responseLatency", "ms"},
			{"upstream_duration", "/integrationLatency", "ms"}, {"upstream_duration", "/integration.latency", "ms"},
			{"upstream_duration", "/integration/latency", "ms"},
			{"peer_address", "/ip", ""}, {"peer_address", "/sourceIp", ""},
			{"peer_address", "/identity.sourceIp", ""}, {"peer_address", "/identity/sourceIp", ""},
			{"user_agent", "/userAgent", ""}, {"user_agent", "/identity.userAgent", ""}, {"user_agent", "/identity/userAgent", ""},
			{"user", "/authorizer.principalId", ""}, {"user", "/principalId", ""}, {"user", "/user", ""},
			{"user", "/identity.user", ""}, {"user", "/caller", ""},
			{"application", "/apiKeyId", ""}, {"application", "/identity.apiKeyId", ""},
			{"request_id", "/extendedRequestId", ""}, {"api", "/apiId", ""}, {"tls_version", "/tlsVersion", ""},
		},
		after: afterAWSGateway,
	})
}

// afterAWSGateway reads a route key: "GET /pets/{id}", or "$default".
func afterAWSGateway(p *jsonLog) Reason {
	row := p.Rows()
	method, route, ok := bytes.Cut(p.kept[0], []byte{' '})
	if !ok {
		return Parsed
	}
	if len(p.Text(event.Method, row)) == 0 && string(method) != "ANY" {
		p.text(event.Method, method)
	}
	if len(p.Text(event.Route, row)) == 0 {
		p.text(event.Route, route)
	}
	return Parsed
}
