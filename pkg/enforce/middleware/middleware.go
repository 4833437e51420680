package middleware

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Options say what a Guard needs.
type Options struct {
	Decider block.Decider // required
	// Identify adds who is behind a request, from its URI and headers. Nil:
	// clients are known by their addresses and user agents.
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
type Guard struct{ options Options }

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
	return &Guard{o}, nil
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
	v := g.options.Decider.Decide(g.describe(r))
	r.Header.Del(block.DecisionHeader)
	r.Header.Del(block.FlagHeader)
	if v.Mark() != "" {
		r = r.WithContext(context.WithValue(r.Context(), decisionKey{}, &v))
		g.options.Decided(r, &v)
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

// describe tells the decider of a request. What cannot be known of it stays
// unknown.
func (g *Guard) describe(r *http.Request) *block.Request {
	q := &block.Request{
		Client: g.client(r), Method: r.Method, Host: hostOf(r.Host), Path: r.URL.EscapedPath(),
		UserAgent: r.UserAgent(), RequestID: g.options.RequestID(r),
	}
	g.options.Identify(q, r.URL.RequestURI(), identify.Lines(r.Header.Values))
	return q
}

func (g *Guard) client(r *http.Request) netip.Addr {
	near, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a unix socket or a test has none
	}
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	return accesslog.ClientBehind(near.Addr().Unmap().WithZone(""), []byte(forwarded), g.options.Trusted)
}

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
