package httpauth

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
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

// Options say what a Handler needs.
type Options struct {
	Decider block.Decider
	// DenyUnknown refuses requests whose client address cannot be read.
	// Otherwise they pass.
	DenyUnknown bool
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Handler answers a gateway. It is safe for concurrent use.
type Handler struct {
	decider     block.Decider
	denyUnknown bool
	results     *results
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	results, err := newResults(o.Metrics)
	if err != nil {
		return nil, err
	}
	return &Handler{decider: o.Decider, denyUnknown: o.DenyUnknown, results: results}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // the gateway has a clock of its own
	if !local(r.RemoteAddr) {
		h.results.foreign.Inc()
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	client, err := netip.ParseAddr(first(r.Header, ClientHeader))
	if err != nil {
		h.unknown(w)
		return
	}
	h.answer(w, r, client)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, client netip.Addr) {
	path, _, _ := strings.Cut(first(r.Header, URIHeader), "?")
	v := h.decider.Decide(&block.Request{
		Client: client, Method: first(r.Header, MethodHeader), Host: first(r.Header, HostHeader), Path: path,
		UserAgent: first(r.Header, "User-Agent"), RequestID: first(r.Header, RequestIDHeader),
	})
	if mark := v.Mark(); mark != "" {
		w.Header()[block.DecisionHeader] = []string{mark}
	}
	switch {
	case !v.Refused:
		h.results.pass.Inc()
		w.WriteHeader(http.StatusNoContent)
	case v.Action == block.Divert:
		h.results.divert.Inc()
		w.WriteHeader(http.StatusUnauthorized)
	default:
		h.results.deny.Inc()
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
