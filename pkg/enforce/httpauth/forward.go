package httpauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// The headers in which Traefik, Caddy, APISIX and Kong describe the request
// that they ask about. SecretHeader proves that it is they who ask.
const (
	forwardedMethod = "X-Forwarded-Method"
	forwardedURI    = "X-Forwarded-Uri" // path and query, undecoded
	forwardedHost   = "X-Forwarded-Host"
	forwardedFor    = "X-Forwarded-For"
	SecretHeader    = "X-Honeymoat-Secret"
	StatusHeader    = "X-Honeymoat-Status" // of the agent's answer: the status that the client is to get
)

// ForwardOptions say what a Forward needs.
type ForwardOptions struct {
	Decider  block.Decider
	Identify Identify // tells who is behind a request; nil for nobody
	// Trusted tells which addresses in X-Forwarded-For are proxies in front of
	// the gateway; nil for none. The last one that is not trusted is the client.
	Trusted func(netip.Addr) bool
	// Secret is what a gateway on another host has to send in SecretHeader,
	// unless it has shown a certificate; empty: then nobody else may ask.
	Secret string
	// RequestID is the header with the gateway's own id of a request; empty:
	// there is none that a client could not have sent.
	RequestID string
	// Decoys answers diverted requests; nil: they are refused.
	Decoys http.Handler
	// RestoresStatus tells that the gateway gives a decoy's answer the status
	// that StatusHeader names. Without it a decoy cannot answer 2xx, which
	// would let the request pass: it answers 404 then, with the same body.
	RestoresStatus bool
	// DenyUnknown refuses requests whose client address cannot be read.
	DenyUnknown bool
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Forward answers gateways that give the answer to the client as it is: 200
// lets the request pass, anything else is what the client gets. It is safe for
// concurrent use.
//
// A connection cannot be closed this way without an answer: drop is a 403
// without a body that asks the gateway to close.
type Forward struct {
	o       ForwardOptions
	secret  [sha256.Size]byte
	results *results
}

// NewForward makes a handler.
func NewForward(o ForwardOptions) (*Forward, error) {
	results, err := newResults(o.Metrics, "forward_auth")
	if err != nil {
		return nil, err
	}
	o.Identify = orNobody(o.Identify)
	if o.Trusted == nil {
		o.Trusted = func(netip.Addr) bool { return false }
	}
	return &Forward{o: o, secret: sha256.Sum256([]byte(o.Secret)), results: results}, nil
}

// ServeHTTP implements http.Handler.
func (f *Forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil
	if !f.believed(r) {
		f.results.foreign.Inc()
		http.Error(w, "this peer may not ask: want loopback, a client certificate or "+SecretHeader, http.StatusForbidden)
		return
	}
	client := f.client(r.Header[forwardedFor])
	if !client.IsValid() {
		f.unknown(w)
		return
	}
	f.answer(w, r, client)
}

// believed tells whether the peer is a gateway of ours.
func (f *Forward) believed(r *http.Request) bool {
	if local(r.RemoteAddr) || r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return true
	}
	got := sha256.Sum256([]byte(first(r.Header, SecretHeader)))
	return f.o.Secret != "" && subtle.ConstantTimeCompare(got[:], f.secret[:]) == 1
}

// client is the last address that no trusted proxy has; the first one if all
// are trusted. Entries are read as those of a log are, which may have a port.
// It is invalid when an address on the way cannot be read.
func (f *Forward) client(forwarded []string) netip.Addr {
	rest := []byte(strings.Join(forwarded, ","))
	var client netip.Addr
	for len(rest) > 0 {
		if client, rest = accesslog.LastHop(rest); !client.IsValid() || !f.o.Trusted(client) {
			break
		}
	}
	return client
}

func (f *Forward) answer(w http.ResponseWriter, r *http.Request, client netip.Addr) {
	uri := first(r.Header, forwardedURI)
	path, _, _ := strings.Cut(uri, "?")
	q := block.Request{
		Client: client, Method: first(r.Header, forwardedMethod), Host: first(r.Header, forwardedHost), Path: path,
		UserAgent: first(r.Header, "User-Agent"),
	}
	if f.o.RequestID != "" {
		q.RequestID = r.Header.Get(f.o.RequestID)
	}
	f.o.Identify(&q, uri, identify.Lines(r.Header.Values))
	v := f.o.Decider.Decide(&q)
	f.results.count(&v)
	if v.Action == block.Divert && f.o.Decoys != nil {
		// No mark: the client gets every header, and must not learn of it.
		f.o.Decoys.ServeHTTP(&decoyWriter{ResponseWriter: w, tell: f.o.RestoresStatus}, handedOver(r, &q, uri))
		return
	}
	mark(w, &v)
	switch {
	case !v.Refused:
		flag(w, &v)
		fill(w, block.FlagHeader, block.DecisionHeader)
		w.WriteHeader(http.StatusOK)
	case v.Action == block.Drop:
		w.Header()["Connection"] = []string{"close"}
		Answer{Status: http.StatusForbidden}.write(w, q.Method)
	default:
		AnswerOf(&v).write(w, q.Method)
	}
}

// fill gives headers that are not there as empty ones. What a gateway copies
// onto the request then replaces what the client sent; Caddy 2.6 would else
// write the name of its variable there.
func fill(w http.ResponseWriter, names ...string) {
	for _, name := range names {
		if len(w.Header()[name]) == 0 {
			w.Header()[name] = []string{""}
		}
	}
}

// decoyWriter takes a decoy's answer, and keeps a status that would let the
// request pass to itself.
type decoyWriter struct {
	http.ResponseWriter
	tell    bool
	written bool
}

// WriteHeader implements http.ResponseWriter.
func (w *decoyWriter) WriteHeader(status int) {
	if w.written {
		return
	}
	w.written = true
	if w.tell {
		w.Header()[StatusHeader] = []string{strconv.Itoa(status)}
	}
	if status < http.StatusMultipleChoices {
		status = http.StatusNotFound
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *decoyWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

func (f *Forward) unknown(w http.ResponseWriter) {
	f.results.unknown.Inc()
	if f.o.DenyUnknown {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	fill(w, block.FlagHeader, block.DecisionHeader)
	w.WriteHeader(http.StatusOK)
}

// handedOver is the client's request as the decoy responder takes it from a
// gateway on this host. Nothing of it that names the request is the client's.
func handedOver(r *http.Request, q *block.Request, uri string) *http.Request {
	over := r.Clone(r.Context())
	over.Method, over.Host, over.RequestURI, over.RemoteAddr = q.Method, q.Host, uri, "127.0.0.1:0"
	over.ContentLength, over.Body = 0, http.NoBody
	if u, err := url.ParseRequestURI(uri); err == nil {
		over.URL = u
	}
	over.Header.Del(SecretHeader)
	for name, value := range map[string]string{
		MethodHeader: q.Method, URIHeader: uri, HostHeader: q.Host, ClientHeader: q.Client.String(), RequestIDHeader: q.RequestID,
	} {
		over.Header.Set(name, value)
	}
	return over
}
