package accesslog

// newKong reads what Kong's logging plugins write: file-log, http-log and the
// like. Times are milliseconds, and -1 for an upstream that was not asked;
// sizes include the headers. client_ip is who Kong takes for the client, behind
// its trusted_ips.
//
// The consumer is the application, and the credential that it used is the key:
// Kong itself redacts the header Authorization. The service is the API, since
// Kong's routes have patterns of their own and no template.
func newKong(o Options) (Parser, error) {
	at := lowerIn("/request/headers/")
	return newPreset(o, jsonDialect{
		header:  at,
		headers: "/request/headers",
		marks:   [][]string{{"/latencies"}, {"/started_at"}, {"/request"}, {"/response"}},
		fields: append([]place{
			{"time", "/started_at", "epoch_ms"},
			{"method", "/request/method", ""}, {uriKey, "/request/uri", ""}, {uriKey, "/request/url", ""},
			{"status", "/response/status", ""},
			{bytesInKey, "/request/size", ""}, {bytesOutKey, "/response/size", ""},
			{"duration", "/latencies/request", "ms"}, {"upstream_duration", "/latencies/proxy", "ms"},
			{"client_address", "/client_ip", ""},
			{"application", "/consumer/username", ""}, {"application", "/consumer/custom_id", ""},
			{"application", "/consumer/id", ""}, {"application", "/authenticated_entity/consumer_id", ""},
			{"api", "/service/name", ""}, {"api", "/route/name", ""}, {"api", "/service/id", ""}, {"api", "/route/id", ""},
			{"request_id", "/request/id", ""}, {"tls_version", "/request/tls/version", ""},
			{"tenant", "/workspace_name", ""},
			{decisionKey, "/response/headers/x-honeymoat-decision", ""},
		}, append(headerPlaces(at), place{keyKey, "/authenticated_entity/id", ""})...),
	})
}
