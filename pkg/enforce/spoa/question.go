package spoa

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Identify adds who is behind a request, from its headers and the query of its
// URI. What is known already stays.
type Identify func(q *block.Request, uri string, header func(name string) string)

// question reads the messages of a NOTIFY frame. Arguments that are not known
// are left aside, so that a configuration may be newer than the agent.
func question(body reader, identify Identify) (block.Request, error) {
	var q block.Request
	var uri, headers string
	for r := &body; r.rest != ""; {
		_ = r.text() // the message's name: there is one kind
		for n := r.byte(); n > 0; n-- {
			switch name, v := r.named(); name {
			case "client":
				q.Client = v.address().Unmap()
			case "uri":
				uri = v.text
			case "headers":
				headers = v.text
			default:
				tell(&q, name, v)
			}
		}
		if r.bad {
			return q, invalid
		}
	}
	complete(&q, uri, headers, identify)
	return q, nil
}

// complete adds what the URI and the headers say; what HAProxy told by itself
// stands.
func complete(q *block.Request, uri, headers string, fill Identify) {
	header := identify.Lines(func(name string) []string { return linesOf(headers, name) })
	q.Path, _, _ = strings.Cut(uri, "?")
	if q.Host == "" {
		q.Host = header("Host")
	}
	if q.UserAgent == "" {
		q.UserAgent = header("User-Agent")
	}
	if fill != nil {
		fill(q, uri, header)
	}
}

// tell takes an argument that HAProxy has worked out itself.
func tell(q *block.Request, name string, v value) {
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

// linesOf finds the headers of a name among lines of "name: value".
func linesOf(headers, name string) (found []string) {
	for headers != "" {
		var line string
		line, headers, _ = strings.Cut(headers, "\n")
		if len(line) > len(name) && line[len(name)] == ':' && strings.EqualFold(line[:len(name)], name) {
			found = append(found, strings.TrimSpace(line[len(name)+1:]))
		}
	}
	return found
}
