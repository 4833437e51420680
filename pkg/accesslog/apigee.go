package accesslog

// newApigee reads what Apigee's MessageLogging policy sends to Cloud Logging:
// a LogEntry whose jsonPayload has the policy's flow variables as flat keys
// with dots, or that object alone. Public examples have few keys; this knows
// the flow variables that Apigee documents, by their own names, and a mapping
// adds others. Numbers are strings.
//
// client.ip is whoever connected to Apigee, which may be a load balancer;
// client.resolved.ip is who Apigee takes for the client.
func newApigee(o Options) (Parser, error) {
	return newPreset(o, jsonDialect{
		marks:  [][]string{apigeeMarks()},
		fields: append(apigeePlaces(), place{"time", "/timestamp", ""}, place{"time", "/receiveTimestamp", ""}),
	})
}

// apigeeVariables lists flow variables, those to be preferred first. The
// developer of an application stands for it where it has no name.
func apigeeVariables() []place {
	return []place{
		{"time", "client.received.start.timestamp", "epoch_ms"}, {"time", "system.timestamp", "epoch_ms"},
		{"method", "request.verb", ""}, {uriKey, "request.uri", ""}, {uriKey, "request.url", ""}, {uriKey, "proxy.url", ""},
		{"protocol", "request.version", ""}, {"host", "request.header.host", ""}, {"host", "request.header.Host", ""},
		{"status", "response.status.code", ""}, {"status", "message.status.code", ""},
		{"request_bytes", "request.content-length", ""}, {"request_bytes", "request.header.content-length", ""},
		{"response_bytes", "response.content-length", ""}, {"response_bytes", "response.header.content-length", ""},
		{"client_address", "client.resolved.ip", ""}, {"peer_address", "client.ip", ""}, {"peer_address", "proxy.client.ip", ""},
		{"forwarded_for", "request.header.x-forwarded-for", ""}, {"forwarded_for", "request.header.X-Forwarded-For", ""},
		{"user_agent", "request.header.user-agent", ""}, {"user_agent", "request.header.User-Agent", ""},
		{"referer", "request.header.referer", ""}, {"referer", "request.header.Referer", ""},
		{"content_type", "request.header.content-type", ""}, {"content_type", "request.header.Content-Type", ""},
		{"application", "app.name", ""}, {"application", "developer.app.name", ""}, {"application", "developer.email", ""},
		{keyKey, "client_id", ""}, {"request_id", "messageid", ""},
		{"api", "proxy.name", ""}, {"api", "apiproxy.name", ""}, {"tenant", "environment.name", ""},
	}
}

// apigeePlaces has each variable in jsonPayload and at the top.
func apigeePlaces() []place {
	var all []place
	for _, v := range apigeeVariables() {
		all = append(all, place{v.name, "/jsonPayload/" + v.path, v.unit}, place{v.name, "/" + v.path, v.unit})
	}
	return all
}

// apigeeMarks are the keys of which a record must have one.
func apigeeMarks() []string {
	var all []string
	for _, v := range []string{
		"proxy.name", "apiproxy.name", "organization.name", "environment.name", "response.status.code", "message.status.code",
	} {
		all = append(all, "/jsonPayload/"+v, "/"+v)
	}
	return all
}
