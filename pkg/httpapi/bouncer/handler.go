package bouncer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Bouncer is who asks, by its key.
type Bouncer struct {
	Name string
	// Holds tells which segments it may have.
	Holds func(segment string) bool
	// Segments names them for views to be shared: bouncers with equal ones hold
	// the same segments.
	Segments string
}

// Options say what a Handler needs.
type Options struct {
	Feed Feed
	// Ended gives the blocks that were over in the last day or two: for bouncers
	// of which it is not known what they hold.
	Ended func() []block.Block
	// Authenticate finds a bouncer by its key. A key that is wrong counts
	// against the address.
	Authenticate func(key string, from netip.Addr) (Bouncer, bool)
	Now          func() time.Time
	Log          *slog.Logger
	Metrics      prometheus.Registerer // nil for none
}

// Handler answers bouncers. It is safe for concurrent use.
type Handler struct {
	options Options
	mux     *http.ServeMux
	clients *clients
	metrics *metrics

	mu    sync.Mutex
	views map[string]*view
	seen  seen
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	metrics, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	h := &Handler{
		options: o, mux: http.NewServeMux(), clients: newClients(o.Now()), metrics: metrics,
		views: map[string]*view{}, seen: seen{},
	}
	h.mux.HandleFunc("GET /health", h.health)
	h.mux.HandleFunc("GET /v1/decisions", h.authorized(h.decisions))
	h.mux.HandleFunc("GET /v1/decisions/stream", h.authorized(h.stream))
	h.mux.HandleFunc("POST /v1/usage-metrics", h.authorized(h.usage))
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, slash := strings.CutSuffix(r.URL.Path, "/")
	methods := allowed(path)
	switch {
	case len(methods) == 0:
		w.WriteHeader(http.StatusNotFound)
	case slash:
		u := *r.URL
		u.Path = path
		http.Redirect(w, r, u.String(), http.StatusMovedPermanently)
	case !slices.Contains(methods, r.Method):
		w.Header().Set("Allow", strings.Join(methods, ", "))
		w.WriteHeader(http.StatusMethodNotAllowed)
	default:
		h.mux.ServeHTTP(w, r)
	}
}

// allowed lists the methods of a path; none: there is no such path.
func allowed(path string) []string {
	switch path {
	case "/health", "/v1/decisions", "/v1/decisions/stream":
		return []string{http.MethodGet, http.MethodHead}
	case "/v1/usage-metrics":
		return []string{http.MethodPost}
	default:
		return nil
	}
}

func (h *Handler) health(w http.ResponseWriter, r *http.Request) {
	answer(w, r, http.StatusOK, jsonType, map[string]string{"status": "up"})
}

const (
	keyHeader = "X-Api-Key"
	jsonType  = "application/json"
	utf8Type  = "application/json; charset=utf-8"
)

type message struct {
	Message string `json:"message"`
}

// authorized lets bouncers in by their key, and nobody else.
func (h *Handler) authorized(next func(w http.ResponseWriter, r *http.Request, b Bouncer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from := address(r)
		b, ok := h.options.Authenticate(r.Header.Get(keyHeader), from)
		if !ok {
			h.metrics.refused.Inc()
			answer(w, r, http.StatusForbidden, utf8Type, message{"access forbidden"})
			return
		}
		h.mu.Lock()
		h.seen.note(Seen{b.Name, agentOf(r), from.String(), h.options.Now()})
		h.mu.Unlock()
		next(w, r, b)
	}
}

func address(r *http.Request) netip.Addr {
	a, _ := netip.ParseAddrPort(r.RemoteAddr)
	return a.Addr().Unmap()
}

// agentOf is what a bouncer calls itself, as far as that is remembered.
func agentOf(r *http.Request) string { return block.CutValue(r.UserAgent()) }

// answer writes JSON. To HEAD the server itself sends no body.
func answer(w http.ResponseWriter, r *http.Request, status int, contentType string, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(data) // a bouncer that has gone asks again
	}
}

func (h *Handler) view(b Bouncer) *view {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.views[b.Segments]
	if v == nil {
		v = newView(h.options.Feed, b.Holds)
		h.views[b.Segments] = v
	}
	return v
}

type streamJSON struct {
	New     []decisionJSON `json:"new"`
	Deleted []decisionJSON `json:"deleted"`
}

// stream answers with all decisions, or those that came and went since the
// last answer that this bouncer has got.
func (h *Handler) stream(w http.ResponseWriter, r *http.Request, b Bouncer) {
	f := filterOf(r.URL.Query(), "ip,range")
	f.repeats = r.URL.Query().Get("dedup") == "false"
	now := h.options.Now()
	q := question{
		who:        client{b.Name, b.Segments, address(r).String(), agentOf(r), f.text()},
		connection: connectionOf(r), startup: r.URL.Query().Get("startup") == "true", at: now,
	}
	revision, known := h.clients.base(&q)
	blank, ended := !known && !q.startup, h.options.Ended
	if q.startup {
		revision, known = 0, false
		ended = func() []block.Block { return nil }
	}
	d := h.view(b).since(revision, known, &f, ended, now)
	body := streamJSON{New: wired(d.added, now, false), Deleted: wired(d.deleted, now, true)}
	if q.startup {
		body.Deleted = []decisionJSON{}
	}
	answer(w, r, http.StatusOK, jsonType, body)
	// Who gave up waiting has not got it.
	if r.Method != http.MethodHead && r.Context().Err() == nil {
		h.clients.told(&q, d.last, blank)
	}
}

// wired are decisions in a stream, in the order of their places.
func wired(list []found, now time.Time, over bool) []decisionJSON {
	slices.SortFunc(list, func(a, b found) int {
		return strings.Compare(a.place.scope+a.place.value, b.place.scope+b.place.value)
	})
	out := make([]decisionJSON, 0, len(list))
	for i := range list {
		j := list[i].wire(list[i].place, now, true)
		if over {
			j.Duration = "0s" // no client reads it as a time to live
		}
		out = append(out, j)
	}
	return out
}

// connectionKey is the context key of a connection's name.
type connectionKey struct{}

// NameConnections gives each connection of a server a name: its ConnContext.
func NameConnections() func(ctx context.Context, c net.Conn) context.Context {
	var n uint64
	var mu sync.Mutex
	return func(ctx context.Context, _ net.Conn) context.Context {
		mu.Lock()
		defer mu.Unlock()
		n++
		return context.WithValue(ctx, connectionKey{}, strconv.FormatUint(n, 10))
	}
}

// connectionOf names the connection of a request if it is the bouncer's own,
// and the next request on it proves that the answer came: a proxy's may be
// shared, and with HTTP/2 who gave up waiting asks again on the same.
func connectionOf(r *http.Request) string {
	if r.ProtoMajor != 1 || r.ProtoMinor == 0 || proxied(r.Header) {
		return ""
	}
	name, _ := r.Context().Value(connectionKey{}).(string)
	return name
}

// proxied tells whether a proxy has passed a request on, as far as it says so.
func proxied(h http.Header) bool {
	for name := range h {
		if name == "Via" || name == "Forwarded" || name == "X-Real-Ip" ||
			strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "X-Envoy-") {
			return true
		}
	}
	return false
}

// badValue is the problem with a value that somebody asks about.
func badValue(name, value string) error {
	return fmt.Errorf("%s: %q is no address or prefix", name, value)
}
