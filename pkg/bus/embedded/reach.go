package embedded

import "github.com/nats-io/nats-server/v2/server"

// request is something that an agent may ask the service or the streams.
type request struct {
	subject  string
	response server.ServiceRespType
}

// requests is all that an agent may publish.
func requests(agent string, segments []string) []request {
	list := []request{
		{"lines." + agent + ".>", server.Singleton}, // answered by the stream's acknowledgement
		{"last." + agent + ".>", server.Singleton},
		{"hello." + agent, server.Singleton},
		{"report." + agent, server.Singleton},
		{"touch." + agent, server.Singleton},
		{"retries." + agent, server.Singleton},
		{"retried." + agent, server.Singleton},
	}
	for _, s := range segments {
		list = append(list, request{"snapshot." + agent + "." + s, server.Chunked})
	}
	return list
}

// feeds is all that an agent may subscribe to, besides answers.
func feeds(agent string, segments []string) []string {
	list := []string{"withdraw." + agent}
	for _, s := range segments {
		list = append(list, "delta."+s+".>", "heartbeat."+s)
	}
	return list
}

// permissions say the same once more, for the agent's own account.
func permissions(agent string, segments []string) *server.Permissions {
	var publish []string
	for _, r := range requests(agent, segments) {
		publish = append(publish, r.subject)
	}
	subscribe := append(feeds(agent, segments), "_INBOX.>")
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: subscribe},
	}
}
