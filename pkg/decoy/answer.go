package decoy

import (
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Bounds of a response.
const (
	maxBody  = 256 << 10
	maxDelay = 10 * time.Second
)

// ownHeaders are set by whoever sends the response.
var ownHeaders = [...]string{"Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "X-Honeymoat-Decision"}

// response reads an answer: the name of one under "responses", or one written
// out, perhaps on top of a named one ("like").
func (r *reading) response(node ast.Node, named map[string]Response) Response {
	if s, ok := node.(*ast.StringNode); ok {
		return r.named(s, named)
	}
	answer := Response{Status: 404}
	f := r.fields(node, "a response", "like", "status", "headers", "body", "delay")
	if like, ok := f["like"].(*ast.StringNode); ok {
		answer = r.named(like, named)
	}
	value(r, f["status"], &answer.Status, "a number such as 200")
	if answer.Status < 200 || answer.Status > 599 {
		r.fail(tokenOf(f["status"], node), "from 200 to 599", "status %d is no final HTTP status", answer.Status)
	}
	if f["headers"] != nil {
		answer.Headers = r.headers(f["headers"])
	}
	var body string
	if value(r, f["body"], &body, "text; use | for several lines") {
		answer.Body = []byte(body)
	}
	if len(answer.Body) > maxBody {
		r.fail(tokenOf(f["body"], node), "", "a body of %d bytes is longer than %d", len(answer.Body), maxBody)
	}
	if f["delay"] != nil && r.duration(&answer.Delay, f["delay"]) && (answer.Delay < 0 || answer.Delay > maxDelay) {
		r.fail(f["delay"].GetToken(), "at most 10s: each waiting answer holds a connection", "delay %s is out of bounds", answer.Delay)
	}
	return answer
}

func (r *reading) named(node *ast.StringNode, named map[string]Response) Response {
	answer, ok := named[node.Value]
	if !ok {
		names := make([]string, 0, len(named))
		for name := range named {
			names = append(names, name)
		}
		slices.Sort(names)
		r.fail(node.GetToken(), nearest(node.Value, names), "there is no response %q under responses", node.Value)
		return Response{Status: 404}
	}
	return answer
}

func (r *reading) headers(node ast.Node) []Header {
	var headers []Header
	for _, e := range r.entries(node, "headers") {
		h := Header{Name: textproto.CanonicalMIMEHeaderKey(e.Key.GetToken().Value)}
		value(r, e.Value, &h.Value, "text in quotes")
		if !validHeader(h) {
			r.fail(e.Key.GetToken(), "letters, digits and dashes in the name, one line in the value", "header %q cannot be sent", h.Name)
		}
		if slices.Contains(ownHeaders[:], h.Name) {
			r.fail(e.Key.GetToken(), "leave it out: whoever answers sets it", "header %q is not the catalogue's to set", h.Name)
		}
		headers = append(headers, h)
	}
	return headers
}

func validHeader(h Header) bool {
	nameByte := func(c rune) bool {
		return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
	}
	return h.Name != "" && strings.IndexFunc(h.Name, func(c rune) bool { return !nameByte(c) }) < 0 &&
		strings.IndexFunc(h.Value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) < 0
}

// nearest suggests the name that was probably meant.
func nearest(name string, among []string) string {
	if best := mistake.Nearest(name, among); best != "" {
		return "did you mean " + best + "?"
	}
	return "one of " + strings.Join(among, ", ")
}
