package decoyserver

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// maxWaiting bounds the answers that are being delayed at once. Over it
// answers come at once: a delay is for show, connections are not.
const maxWaiting = 512

// Options say what a Handler needs.
type Options struct {
	Catalogue *decoy.Catalogue
	LogFile   *LogFile
	// Trusted tells which peers besides this host may hand over requests of
	// others; nil for none.
	Trusted func(netip.Addr) bool
	Log     *slog.Logger
	// Metrics takes the handler's metrics; nil for none.
	Metrics prometheus.Registerer
}

// Handler answers every request as the decoy that it touches, and those that
// touch none as an endpoint that is not there. It is safe for concurrent use.
type Handler struct {
	catalogue atomic.Pointer[decoy.Catalogue]
	file      *LogFile
	trusted   func(netip.Addr) bool
	log       *slog.Logger
	waiting   chan struct{}
	touches   *prometheus.CounterVec
}

// New makes a handler.
func New(o Options) (*Handler, error) {
	h := &Handler{
		file: o.LogFile, trusted: o.Trusted, log: o.Log, waiting: make(chan struct{}, maxWaiting),
		touches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_decoyserver_requests_total", Help: "Requests answered by the decoy responder, by decoy.",
		}, []string{"decoy"}),
	}
	if h.trusted == nil {
		h.trusted = func(netip.Addr) bool { return false }
	}
	h.catalogue.Store(o.Catalogue)
	if o.Metrics == nil {
		return h, nil
	}
	lost := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "honeymoat_decoyserver_lost_lines_total", Help: "Lines of the decoy log that could not be written.",
	}, func() float64 { return float64(o.LogFile.Failures()) })
	for _, c := range []prometheus.Collector{h.touches, lost} {
		if err := o.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of the decoy responder: %w", err)
		}
	}
	return h, nil
}

// SetCatalogue replaces the decoys, from the next request on.
func (h *Handler) SetCatalogue(c *decoy.Catalogue) { h.catalogue.Store(c) }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := read(r, h.trusted)
	d := h.find(&q)
	h.touches.WithLabelValues(d.ID).Inc()
	h.note(&q, r, d)
	if h.wait(r, d.Response.Delay) {
		send(w, r, d)
	}
}

func (h *Handler) find(q *request) *decoy.Decoy {
	c := h.catalogue.Load()
	path, _, _ := strings.Cut(q.uri, "?")
	if d, ok := c.Find([]byte(q.host), []byte(q.method), []byte(path)); ok {
		return d
	}
	return c.Unlisted()
}

// note logs the touch before it is answered, so that whoever reads the answer
// can be refused.
func (h *Handler) note(q *request, r *http.Request, d *decoy.Decoy) {
	line, err := q.line(r, d, time.Now())
	if err == nil {
		err = h.file.Write(line)
	}
	if err != nil {
		h.log.Debug("a touch was not logged", "decoy", d.ID, "error", err)
	}
}

// wait delays an answer; it tells whether somebody still waits for it.
func (h *Handler) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-t.C:
		return true
	}
}

func send(w http.ResponseWriter, r *http.Request, d *decoy.Decoy) {
	header := w.Header()
	for _, h := range d.Response.Headers {
		header[h.Name] = append(header[h.Name], h.Value)
	}
	if bodyless(d.Response.Status) {
		w.WriteHeader(d.Response.Status)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(d.Response.Body)))
	w.WriteHeader(d.Response.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.Response.Body) // a client that has left needs no answer
	}
}

func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}
