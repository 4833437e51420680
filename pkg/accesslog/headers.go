package accesslog

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// headerGoal tells what a request header is, by its name in any case, with
// hyphens or underscores. A request id in a header is the client's own, and
// means nothing.
func headerGoal(name, clientHeader string) goal {
	name = canonical(name)
	if name == canonical(clientHeader) {
		return goal{role: clientHeaderRole}
	}
	return knownHeader([]byte(name))
}

// knownHeader is headerGoal of a name in lower case, with hyphens.
func knownHeader(name []byte) goal {
	switch string(name) {
	case "user-agent":
		return goal{role: textRole, text: event.UserAgent}
	case "referer":
		return goal{role: textRole, text: event.Referer}
	case "x-forwarded-for":
		return goal{role: forwardedRole}
	case "forwarded":
		return goal{role: forwardedElseRole}
	case "host":
		return goal{role: hostRole}
	case "content-type":
		return goal{role: textRole, text: event.ContentType}
	case "cookie":
		return goal{role: cookieRole}
	case "authorization":
		return goal{role: authorizationRole}
	case "x-api-key", "api-key", "apikey":
		return goal{role: keyRole}
	}
	return goal{}
}

func canonical(header string) string {
	return strings.ReplaceAll(strings.ToLower(header), "_", "-")
}

// cookieGoal tells what a cookie is: one whose name says so holds a session.
func cookieGoal(name string) goal {
	if isSessionCookie([]byte(name)) {
		return goal{role: textRole, text: event.Session}
	}
	return goal{}
}
