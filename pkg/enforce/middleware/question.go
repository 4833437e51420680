package middleware

import (
	"net/http"
	"net/textproto"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// question is what a decider is asked, kept from one request to another so
// that nothing is allocated for most.
type question struct {
	request block.Request
	headers http.Header
	header  func(name string) string // of headers
}

func newQuestion() any {
	q := new(question)
	q.header = identify.Lines(q.lines)
	return q
}

// giveBack forgets the request: what it showed of its client must not lie
// around.
func (q *question) giveBack(to *sync.Pool) {
	q.request, q.headers = block.Request{}, nil
	to.Put(q)
}

// lines gives the lines of a header. Most that are asked for are not there and
// are asked for by the name under which they would be.
func (q *question) lines(name string) []string {
	if lines, ok := q.headers[name]; ok || isCanonical(name) {
		return lines
	}
	return q.headers[textproto.CanonicalMIMEHeaderKey(name)]
}

// isCanonical tells whether a header's name is written as in "X-Api-Key".
func isCanonical(name string) bool {
	first := true
	for i := range len(name) {
		c := name[i]
		if first && 'a' <= c && c <= 'z' || !first && 'A' <= c && c <= 'Z' {
			return false
		}
		first = c == '-'
	}
	return true
}
