package accesslog

// newAPISIX reads what APISIX's file-logger, http-logger and the like write
// without a log_format of one's own, which takes format json and a mapping.
// Times are milliseconds with a fraction; sizes include the headers. client_ip
// is who APISIX takes for the client, behind its real-ip settings.
//
// The consumer is the application. The service is the API, or else the route,
// whose id is no template.
func newAPISIX(o Options) (Parser, error) {
	at := lowerIn("/request/headers/")
	return newPreset(o, jsonDialect{
		header:  at,
		headers: "/request/headers",
		marks:   [][]string{{"/start_time"}, {"/latency", "/apisix_latency"}, {"/request"}, {"/response"}},
		fields: append([]place{
			{"time", "/start_time", "epoch_ms"},
			{"method", "/request/method", ""}, {uriKey, "/request/uri", ""}, {uriKey, "/request/url", ""},
			{"status", "/response/status", ""},
			{bytesInKey, "/request/size", ""}, {bytesOutKey, "/response/size", ""},
			{"duration", "/latency", "ms"}, {"upstream_duration", "/upstream_latency", "ms"},
			{"client_address", "/client_ip", ""}, {"application", "/consumer/username", ""},
			{"api", "/service_name", ""}, {"api", "/service_id", ""}, {"api", "/route_name", ""}, {"api", "/route_id", ""},
			{decisionKey, "/response/headers/x-honeymoat-decision", ""},
		}, headerPlaces(at)...),
	})
}
