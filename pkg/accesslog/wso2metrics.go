package accesslog

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newWSO2Metrics reads WSO2 API Manager's apim_metrics.log, which is to be
// preferred to its other logs: one line a request, with status, times, user,
// application and the route template. No path and no host are in it.
//
// The user agent is a family's name ("Chrome"), not the header, so rows have
// the flag no_user_agent nevertheless. A client can set the correlation id by
// a header, so it is no request id.
//
// userIp is the first entry of X-Forwarded-For where that header is there, so
// whoever calls could have made it up: it becomes the client only with
// Options.ForwardedAppended, for gateways that have a proxy in front which
// sets the header anew.
func newWSO2Metrics(o Options) (Parser, error) {
	return newPreset(o, jsonDialect{
		marks:  [][]string{{"/apiMethod", "/apiResourceTemplate"}, {"/proxyResponseCode", "/responseLatency", "/errorCode"}},
		before: beforeWSO2Metrics,
		fields: []place{
			{"time", "/requestTimestamp", ""}, {"method", "/apiMethod", ""}, {"route", "/apiResourceTemplate", ""},
			{"status", "/proxyResponseCode", ""},
			{"duration", "/responseLatency", "ms"}, {"upstream_duration", "/backendLatency", "ms"},
			{"response_bytes", "/responseSize", ""}, {"response_bytes", "/properties/responseSize", ""},
			{"forwarded_for", "/userIp", ""}, {"user_agent", "/userAgent", ""},
			{"user", "/userName", ""}, {"user", "/properties/userName", ""},
			{"application", "/applicationName", ""}, {"api", "/apiName", ""},
			{"tenant", "/apiCreatorTenantDomain", ""},
		},
		after: afterWSO2Metrics,
	})
}

// beforeWSO2Metrics takes off "… apimMetrics: apim:response, properties :".
// Events of requests that failed are called apim:faulty.
func beforeWSO2Metrics(_ *jsonLog, record []byte) ([]byte, Reason) {
	start := bytes.IndexByte(record, '{')
	if start < 0 || start > 0 && !bytes.Contains(record[:start], []byte("apim:")) {
		return nil, NoMetrics
	}
	return record[start:], Parsed
}

func afterWSO2Metrics(p *jsonLog) Reason {
	p.seen &^= agentMark
	p.forget(event.User, "UNKNOWN", "anonymous")
	p.forget(event.Application, "UNKNOWN")
	p.forget(event.UserAgent, "UNKNOWN", "Other")
	return Parsed
}
