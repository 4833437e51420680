package match

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// ourFields are the names of our own schema.
func ourFields() []definition {
	return []definition{
		texts("method", "HTTP method as written", event.Method),
		texts("host", "Host header or server name", event.Host),
		texts("path", "path as requested, without the query, and decoded", event.Path),
		texts("query", "query as requested, without ?, and decoded", event.Query),
		others("target", "path?query, and decoded", targetColumn, "request_uri"),
		others("url", "host and target without a scheme, and decoded", urlColumn),
		others("extension", "extension of the path's last segment, without the dot", extensionColumn),
		others("request", "request line: method, target, protocol", requestColumn, "request_line"),
		texts("protocol", "HTTP/1.1", event.Protocol),
		texts("route", "route template, /users/{id}", event.Route),
		texts("route_origin", "where the route is from: gateway, spec, inferred", event.RouteOrigin),
		texts("user_agent", "User-Agent header, and decoded", event.UserAgent, "useragent", "user-agent"),
		texts("referer", "Referer header, and decoded", event.Referer, "referrer"),
		texts("forwarded_for", "X-Forwarded-For as received: a client can forge it", event.ForwardedFor, "x-forwarded-for"),
		texts("principal_kind", "user, application, key, token", event.PrincipalKind),
		texts("principal", "whose request it was", event.Principal),
		texts("application", "application or consumer", event.Application),
		texts("user", "authenticated user", event.User, "username"),
		texts("session", "session id", event.Session),
		texts("tls_fingerprint", "JA3, JA4 or what the gateway computes", event.TLSFingerprint),
		texts("tls_version", "TLSv1.3", event.TLSVersion),
		texts("request_id", "the gateway's own request id", event.RequestID),
		texts("api", "the API that the route belongs to", event.API),
		texts("tags", "tags of the API, each for itself", event.Tags),
		texts("tenant", "tenant, where one gateway serves several", event.Tenant),
		texts("content_type", "the request's Content-Type", event.ContentType, "content-type"),
		texts("header_signature", "names and order of the request headers", event.HeaderSignature),
		texts("query_signature", "names and order of the query keys", event.QuerySignature),
		texts("country", "ISO 3166 two-letter code of the client", event.Country),
		texts("network", "autonomous system of the client, AS64500", event.Network),
		texts("sensitive", "kinds of sensitive data seen, each for itself", event.Sensitive),
		texts("decision_id", "the decision that an agent took on the request", event.DecisionID),
		texts("decision_action", "what the agent did: deny, divert, flag, throttle", event.DecisionAction),
		numbers("time", "when the request was received or answered; as a number Unix seconds, as text 2006-01-02T15:04:05Z", event.Time).
			alias("timestamp", "@timestamp"),
		others("date", "day of the request, 2006-01-02", dateColumn),
		numbers("offset", "byte offset of the record in its file", event.Offset),
		numbers("line", "number of the record's first line in its file, from 1", event.Line),
		numbers("length", "bytes of the record in its file", event.Length),
		numbers("status", "HTTP status; 0: the client left before an answer", event.Status),
		numbers("request_bytes", "size of the request in bytes", event.RequestBytes),
		numbers("response_bytes", "size of the response in bytes", event.ResponseBytes),
		numbers("duration", "request until end of the answer, nanoseconds", event.Duration),
		numbers("upstream_duration", "time spent by the upstream, nanoseconds", event.UpstreamDuration),
		numbers("quality", "what the line lacks, by name: "+string(bytes.Join(flagNames, []byte(", "))), event.Quality),
		others("peer_address", "the other end of the gateway's connection", addrColumn(event.PeerAddress)),
		others("client_address", "the client, found through trusted hops only", addrColumn(event.ClientAddress), "client_ip"),
		others("source", "configured name of the log source", sourceColumn),
		others("gateway", "gateway that wrote the log", gatewayColumn),
		others("kind", "access or decoy", kindColumn),
		others("direction", "ingress or egress", directionColumn),
		others("format", "id of the log's format", formatColumn),
		others("attack", "kinds of attack found anywhere in the request", attackColumn),
		others("attack.path", "kinds of attack found in the path", attackPathColumn),
		others("attack.query", "kinds of attack found in the query", attackQueryColumn),
		others("attack.user_agent", "kinds of attack found in the user agent", attackAgentColumn),
		others("attack.referer", "kinds of attack found in the referer", attackRefererColumn),
		others("attack.forwarded_for", "kinds of attack found in X-Forwarded-For", attackForwardedColumn),
		others("attack.host", "kinds of attack found in the host", attackHostColumn),
	}
}

// theirFields are the names of the webserver and proxy taxonomies.
func theirFields() []definition {
	path, query := textColumn(event.Path), textColumn(event.Query)
	client := addrColumn(event.ClientAddress)
	return []definition{
		their("cs-uri-query", webserver, "query; and, as public rules often mean it, the whole target and the path", query, targetColumn, path).
			alias("c-uri-query"),
		their("cs-uri-stem", webserver, "path", path).alias("c-uri-stem"),
		their("c-uri", bothTheir, "whole target; and the host with it", targetColumn, urlColumn).alias("cs-uri"),
		their("c-uri-extension", proxy, "extension of the path's last segment, without the dot", extensionColumn).alias("cs-uri-extension"),
		their("cs-method", bothTheir, "method", textColumn(event.Method)),
		their("cs-host", bothTheir, "host", textColumn(event.Host)).alias("r-dns"),
		their("cs-user-agent", webserver, "user agent", textColumn(event.UserAgent)).alias("c-useragent", "cs(user-agent)"),
		their("cs-referer", bothTheir, "referer", textColumn(event.Referer)).alias("cs-referrer", "cs(referer)"),
		their("cs-version", bothTheir, "protocol", textColumn(event.Protocol)),
		their("cs-username", webserver, "user", textColumn(event.User)),
		their("cs-content-type", bothTheir, "the request's content type", textColumn(event.ContentType)),
		their("cs-bytes", bothTheir, "size of the request in bytes", numberColumn(event.RequestBytes)),
		their("sc-bytes", bothTheir, "size of the response in bytes", numberColumn(event.ResponseBytes)),
		their("sc-status", bothTheir, "status", numberColumn(event.Status)),
		their("c-ip", webserver, "client address", client).alias("src_ip"),
		their("time-taken", webserver, "duration in milliseconds", takenColumn),
		their("cs-cookie", bothTheir, "no access log tells it: always unknown").alias("cs(cookie)"),
		their("dst_ip", proxy, "no access log tells it: always unknown").alias("s-ip"),
		their("s-port", webserver, "no access log tells it: always unknown"),
		their("s-sitename", webserver, "no access log tells it: always unknown"),
		their("s-computername", webserver, "no access log tells it: always unknown"),
		their("c-win32-status", webserver, "no access log tells it: always unknown").alias("sc-win32-status", "sc-substatus"),
	}
}
