package middleware

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// Options say what a Guard needs.
type Options struct {
	// Decider keeps no request that it is asked about. Required.
	Decider block.Decider
	// Identify adds who is behind a request, from its URI and headers, and
	// keeps neither. Nil: clients are known by their addresses and user agents.
	Identify func(r *block.Request, uri string, header func(name string) string)
	// Trusted are the hops whose X-Forwarded-For is believed; nil trusts none.
	Trusted func(netip.Addr) bool
	// RequestID names a request in findings and logs. It must be the service's
	// own: what a client sent is no name. Nil: requests have none.
	RequestID func(r *http.Request) string
	// Decoys answers requests that are diverted; nil: they are answered 404.
	Decoys http.Handler
	// Decided is told of every request that was refused or flagged, before it
	// is answered: for the service's own log, with the mark as the field
	// "decision". Nil: nobody is. See also DecisionOf.
	Decided func(r *http.Request, v *block.Verdict)
}

// Guard stands before handlers. It is safe for concurrent use.
type Guard struct {
	options   Options
	questions sync.Pool // of *question
}

// New makes a guard.
func New(o Options) (*Guard, error) {
	if o.Decider == nil {
		return nil, errors.New("make middleware: option Decider is missing")
	}
	if o.Identify == nil {
		o.Identify = func(*block.Request, string, func(string) string) {}
	}
	if o.Trusted == nil {
		o.Trusted = func(netip.Addr) bool { return false }
	}
	if o.RequestID == nil {
		o.RequestID = func(*http.Request) string { return "" }
	}
	if o.Decoys == nil {
		o.Decoys = http.NotFoundHandler()
	}
	if o.Decided == nil {
		o.Decided = func(*http.Request, *block.Verdict) {}
	}
	return &Guard{options: o, questions: sync.Pool{New: newQuestion}}, nil
}

// Wrap puts the guard before a handler.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if passed, ok := g.Pass(w, r); ok {
			next.ServeHTTP(w, passed)
		}
	})
}

// Pass decides about a request. If it may pass, it gives the request to go on
// with: what a client may not say about itself is taken out of its headers,
// and a flag is put in. Otherwise the request has been answered.
func (g *Guard) Pass(w http.ResponseWriter, r *http.Request) (passed *http.Request, ok bool) {
	v := g.decide(r)
	delete(r.Header, block.DecisionHeader)
	delete(r.Header, block.FlagHeader)
	if v.Refused || v.Flagged() {
		kept := v // for who reads it later
		r = r.WithContext(context.WithValue(r.Context(), decisionKey{}, &kept))
		g.options.Decided(r, &kept)
	}
	if v.Refused {
		g.refuse(w, r, &v)
		return nil, false
	}
	if v.Flagged() {
		r.Header.Set(v.Flag.Terms.FlagHeader(v.Flag.ID))
	}
	return r, true
}

// decide asks the decider. What cannot be known of a request stays unknown.
func (g *Guard) decide(r *http.Request) block.Verdict {
	q := g.questions.Get().(*question)
	defer q.giveBack(&g.questions)
	q.headers = r.Header
	path := r.URL.EscapedPath()
	q.request = block.Request{
		Client: g.client(r), Method: r.Method, Host: hostOf(r.Host), Path: path,
		UserAgent: r.UserAgent(), RequestID: g.options.RequestID(r),
	}
	g.options.Identify(&q.request, uriOf(r, path), q.header)
	return g.options.Decider.Decide(&q.request)
}

// uriOf is the path and query of a request: out of what the client wrote where
// that ends with them, else put together.
func uriOf(r *http.Request, path string) string {
	before, found := strings.CutSuffix(r.RequestURI, r.URL.RawQuery)
	if r.URL.RawQuery != "" && found {
		before, found = strings.CutSuffix(before, "?")
	}
	if found && path != "" && r.URL.Opaque == "" && !r.URL.ForceQuery && strings.HasSuffix(before, path) {
		return r.RequestURI[len(before)-len(path):]
	}
	return r.URL.RequestURI()
}

func (g *Guard) client(r *http.Request) netip.Addr {
	near, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a unix socket or a test has none
	}
	client := near.Addr().Unmap().WithZone("")
	lines := r.Header[forwardedHeader]
	if len(lines) == 0 || !g.options.Trusted(client) {
		return client
	}
	return accesslog.ClientBehind(client, []byte(strings.Join(lines, ",")), g.options.Trusted)
}

const forwardedHeader = "X-Forwarded-For"

// hostOf is a host without its port.
func hostOf(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}

func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, v *block.Verdict) {
	switch v.Action {
	case block.Divert:
		g.options.Decoys.ServeHTTP(w, r)
	case block.Drop:
		drop(w, r)
	default:
		answer(w, v)
	}
}

func answer(w http.ResponseWriter, v *block.Verdict) {
	contentType, body := v.Terms.AnswerBody()
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.Header().Set("Cache-Control", "no-store")
	if v.Action == block.Throttle {
		w.Header().Set("Retry-After", RetryAfter(v.RetryAfter))
	}
	w.WriteHeader(v.Terms.AnswerStatus(v.Action))
	_, _ = w.Write([]byte(body)) // a client that does not wait for its refusal misses nothing
}

// RetryAfter is a time as the header of that name has it: whole seconds, at
// least one.
func RetryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// drop closes the connection without an answer; over HTTP/2 it ends the
// stream.
func drop(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler) // net/http's own way to end without an answer
}

type decisionKey struct{}

// DecisionOf gives the verdict on the request of a context, if it was refused
// or flagged: handlers behind the guard read it for their logs, decoys too.
func DecisionOf(ctx context.Context) (*block.Verdict, bool) {
	v, ok := ctx.Value(decisionKey{}).(*block.Verdict)
	return v, ok
}
