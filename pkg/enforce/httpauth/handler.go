package httpauth

import (
	"net"
	"net/http"
	"net/netip"

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

// Request is the request that a gateway asks about.
type Request struct {
	Method    string
	URI       string // path and query, undecoded
	Host      string
	Client    netip.Addr // valid
	RequestID string
	UserAgent string
}

// Decider tells what is done with the requests of a client. It must be quick:
// every request of the gateway waits for it.
type Decider interface {
	Decide(client netip.Addr) block.Decision
}

// Decoys takes note of requests for decoys.
type Decoys interface {
	// Touch tells whether the decoy responder is to answer the request, and
	// the id that names this decision.
	Touch(r Request) (id block.ID, divert bool)
}

// Options say what a Handler needs.
type Options struct {
	Decider Decider
	Decoys  Decoys
	// DenyUnknown refuses requests whose client address cannot be read.
	// Otherwise they pass.
	DenyUnknown bool
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Handler answers a gateway. It is safe for concurrent use.
type Handler struct {
	decider     Decider
	decoys      Decoys
	denyUnknown bool
	results     *results
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	results, err := newResults(o.Metrics)
	if err != nil {
		return nil, err
	}
	return &Handler{decider: o.Decider, decoys: o.Decoys, denyUnknown: o.DenyUnknown, results: results}, nil
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
	if d := h.decider.Decide(client); d.Denied() {
		h.results.deny.Inc()
		mark(w, d.Action.String(), d.ID)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	id, divert := h.decoys.Touch(Request{
		Method: first(r.Header, MethodHeader), URI: first(r.Header, URIHeader), Host: first(r.Header, HostHeader),
		Client: client, RequestID: first(r.Header, RequestIDHeader), UserAgent: first(r.Header, "User-Agent"),
	})
	if divert {
		h.results.divert.Inc()
		mark(w, "divert", id)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	h.results.pass.Inc()
	w.WriteHeader(http.StatusNoContent)
}

func (h *Handler) unknown(w http.ResponseWriter) {
	h.results.unknown.Inc()
	if h.denyUnknown {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func mark(w http.ResponseWriter, action string, id block.ID) {
	w.Header()[block.DecisionHeader] = []string{action + " " + id.String()}
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
