package spoa

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Identify adds who is behind a request, from its headers.
type Identify func(r *block.Request, header func(name string) string)

// question reads the messages of a NOTIFY frame. Arguments that are not known
// are left aside, so that a configuration may be newer than the agent.
func question(body reader, identify Identify) (block.Request, error) {
	var q, told block.Request
	headers := ""
	for r := &body; ; {
		if r.bad {
			return q, invalid
		}
		if r.rest == "" {
			break
		}
		_ = r.text() // the message's name: there is one kind
		for n := r.byte(); n > 0; n-- {
			name, v := r.named()
			if name == "headers" {
				headers = v.text
				continue
			}
			tell(&told, name, v)
		}
	}
	q = told
	if headers != "" {
		fromHeaders(&q, &told, headers, identify)
	}
	return q, nil
}

// tell takes an argument that HAProxy has worked out itself.
func tell(q *block.Request, name string, v value) {
	if name == "client" {
		q.Client = v.address().Unmap()
		return
	}
	if field := fieldOf(q, name); field != nil && v.kind == typeText {
		*field = v.text
	}
}

func fieldOf(q *block.Request, name string) *string {
	switch name {
	case "id":
		return &q.RequestID
	case "method":
		return &q.Method
	case "host":
		return &q.Host
	case "path":
		return &q.Path
	case "api":
		return &q.API
	case "user":
		return &q.User
	case "application":
		return &q.Application
	case "key":
		return &q.Key
	case "token":
		return &q.Token
	case "session":
		return &q.Session
	case "fingerprint":
		return &q.Fingerprint
	case "user_agent":
		return &q.UserAgent
	case "country":
		return &q.Country
	case "network":
		return &q.Network
	}
	return nil
}

// fromHeaders adds what headers say; what HAProxy told by itself stands.
func fromHeaders(q, told *block.Request, headers string, identify Identify) {
	header := func(name string) string { return headerOf(headers, name) }
	if q.Host == "" {
		q.Host = header("Host")
	}
	if q.UserAgent == "" {
		q.UserAgent = header("User-Agent")
	}
	if identify == nil {
		return
	}
	identify(q, header)
	for _, name := range [...]string{"api", "user", "application", "key", "token", "session", "fingerprint", "country", "network"} {
		if v := *fieldOf(told, name); v != "" {
			*fieldOf(q, name) = v
		}
	}
}

// headerOf finds the first header of a name among lines of "name: value".
func headerOf(headers, name string) string {
	for headers != "" {
		var line string
		line, headers, _ = strings.Cut(headers, "\n")
		if len(line) > len(name) && line[len(name)] == ':' && strings.EqualFold(line[:len(name)], name) {
			return strings.TrimSpace(line[len(name)+1:])
		}
	}
	return ""
}
