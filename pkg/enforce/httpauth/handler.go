package httpauth

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// The headers in which the gateway describes the request that it asks about.
// The gateway must set all of them itself, so that no client can.
const (
	MethodHeader    = "X-Original-Method"
	URIHeader       = "X-Original-Uri" // path and query, undecoded
	HostHeader      = "X-Original-Host"
	ClientHeader    = "X-Client-Address" // as the gateway found it through its trusted hops
	RequestIDHeader = "X-Request-Id"     // made by the gateway, never taken from the client
)

// Identify fills in who is behind a request: user, application, key, token,
// session, fingerprint, api. header gives a header of the request that the
// gateway asks about, "" without it; uri is its path and query.
type Identify func(q *block.Request, uri string, header func(name string) string)

// Options say what a Handler needs.
type Options struct {
	Decider block.Decider
	// Identify tells who is behind a request; nil for nobody.
	Identify Identify
	// DenyUnknown refuses requests whose client address cannot be read.
	// Otherwise they pass.
	DenyUnknown bool
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Handler answers a gateway that acts on the answer by itself: 204 lets the
// request pass, 403 refuses it, 401 sends it on to the decoy responder. It is
// safe for concurrent use.
//
// DecisionHeader names the decision, FlagHeader the flag for the backend, and
// AnswerHeader what the refused client gets; asked with that header, it gives
// that answer.
type Handler struct {
	decider     block.Decider
	identify    Identify
	denyUnknown bool
	results     *results
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	results, err := newResults(o.Metrics, "auth_request")
	if err != nil {
		return nil, err
	}
	return &Handler{decider: o.Decider, identify: orNobody(o.Identify), denyUnknown: o.DenyUnknown, results: results}, nil
}

func orNobody(i Identify) Identify {
	if i != nil {
		return i
	}
	return func(*block.Request, string, func(string) string) {}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // the gateway has a clock of its own
	if !local(r.RemoteAddr) {
		h.results.foreign.Inc()
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if answer := r.Header[AnswerHeader]; len(answer) > 0 {
		giveAnswer(w, r, answer[0])
		return
	}
	client, err := netip.ParseAddr(first(r.Header, ClientHeader))
	if err != nil {
		h.unknown(w)
		return
	}
	h.answer(w, r, client)
}

// giveAnswer is for a gateway that cannot make up the answer of an earlier
// decision by itself.
func giveAnswer(w http.ResponseWriter, r *http.Request, text string) {
	a, err := ParseAnswer(text)
	if err != nil {
		http.Error(w, AnswerHeader+": "+err.Error(), http.StatusBadRequest)
		return
	}
	a.write(w, first(r.Header, MethodHeader))
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, client netip.Addr) {
	uri := first(r.Header, URIHeader)
	path, _, _ := strings.Cut(uri, "?")
	q := block.Request{
		Client: client, Method: first(r.Header, MethodHeader), Host: first(r.Header, HostHeader), Path: path,
		UserAgent: first(r.Header, "User-Agent"), RequestID: first(r.Header, RequestIDHeader),
	}
	h.identify(&q, uri, identify.Lines(r.Header.Values))
	v := h.decider.Decide(&q)
	h.results.count(&v)
	mark(w, &v)
	switch {
	case !v.Refused:
		flag(w, &v)
		w.WriteHeader(http.StatusNoContent)
	case v.Action == block.Divert:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		if a := AnswerOf(&v).String(); a != "" {
			w.Header()[AnswerHeader] = []string{a}
		}
		w.WriteHeader(http.StatusForbidden)
	}
}

func (h *Handler) unknown(w http.ResponseWriter) {
	h.results.unknown.Inc()
	if h.denyUnknown {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// first is Header.Get for a name that is canonical already.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// local tells whether the peer is on this host. A unix socket has no address.
func local(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote == "" || remote == "@"
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
