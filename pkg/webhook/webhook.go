package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Feed is the blocklist with its changes: bus.Blocks.
type Feed interface {
	// Since gives the edits after a cursor, in one order that no writer can
	// upset; reset: they are all live blocks. Cursors grow, also over restarts.
	Since(cursor uint64) (edits []block.Edit, next uint64, reset bool)
	// Changed gives a channel that the next edit closes.
	Changed() <-chan struct{}
}

// Over is a block that has ended.
type Over struct {
	Block block.Block
	At    time.Time
}

// Hook is an endpoint that is to be told.
type Hook struct {
	Name string
	URL  string
	// SecretFile holds what deliveries are signed with; it is read anew for
	// each. With two lines each delivery has two signatures, so that a secret
	// can be changed without a gap.
	SecretFile string
	Segments   []string      // empty = all
	Events     []Kind        // empty = all
	Batch      int           // most events in a delivery; 0 = 100
	Timeout    time.Duration // for one delivery; 0 = 10 s
}

func (h *Hook) wants(c *change) bool {
	return (len(h.Segments) == 0 || slices.Contains(h.Segments, c.block.Segment)) &&
		(len(h.Events) == 0 || slices.Contains(h.Events, c.kind))
}

// Options configure Webhooks.
type Options struct {
	Hooks []Hook
	Feed  Feed
	// Ended lists the blocks that ended after a time, as far as they are
	// remembered.
	Ended       func(after time.Time) []Over
	Checkpoints respond.Checkpoints
	HTTP        *http.Client // nil = one of its own
	Now         func() time.Time
	Log         *slog.Logger
	Registerer  prometheus.Registerer
	// Pause is how long to wait after a first failure; it doubles up to
	// LongestPause. 0 = 1 s and 5 minutes.
	Pause, LongestPause time.Duration
}

func (o *Options) setDefaults() error {
	if o.Feed == nil || o.Ended == nil || o.Checkpoints == nil || o.Log == nil || o.Registerer == nil {
		return errors.New("webhooks: options lack the blocklist, checkpoints, a logger or a registerer")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pause == 0 {
		o.Pause, o.LongestPause = time.Second, 5*time.Minute
	}
	o.Hooks = slices.Clone(o.Hooks)
	for i := range o.Hooks {
		h := &o.Hooks[i]
		if h.Batch == 0 {
			h.Batch = 100
		}
		if h.Timeout == 0 {
			h.Timeout = 10 * time.Second
		}
	}
	return nil
}

// client is that of one endpoint. A signed body goes where the operator said,
// and nowhere else: it follows no redirect.
func (o *Options) client(h *Hook) *http.Client {
	own := newClient(h.URL)
	if o.HTTP != nil {
		*own = *o.HTTP
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return own
}

// Webhooks tells endpoints of changes.
type Webhooks struct {
	options Options
	metrics *metrics
}

// New makes webhooks; it starts nothing.
func New(o Options) (*Webhooks, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	for i := range o.Hooks {
		m.failing.WithLabelValues(o.Hooks[i].Name).Set(0)
	}
	return &Webhooks{o, m}, nil
}

// Run tells of changes until ctx ends, and returns nil then. No endpoint waits
// for another.
func (w *Webhooks) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for i := range w.options.Hooks {
		running.Go(func() { newWorker(&w.options.Hooks[i], &w.options, w.metrics).run(ctx) })
	}
	<-ctx.Done()
	running.Wait()
	return nil
}

// metrics are what operators see of deliveries.
type metrics struct {
	deliveries *prometheus.CounterVec
	failing    *prometheus.GaugeVec

	mu   sync.Mutex
	away map[string]bool // webhooks that did not take the last delivery
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		away: map[string]bool{},
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "honeymoat_webhook_deliveries_total", Help: "Deliveries to webhooks, by whether they were taken.",
		}, []string{"webhook", "result"}),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "honeymoat_webhook_failing", Help: "1 while a webhook does not take what it is sent.",
		}, []string{"webhook"}),
	}
	for _, c := range []prometheus.Collector{m.deliveries, m.failing} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of webhooks: %w", err)
		}
	}
	return m, nil
}

// told counts a delivery.
func (m *metrics) told(hook string, err error) {
	result, failing := "taken", 0.0
	if err != nil {
		result, failing = "failed", 1
	}
	m.deliveries.WithLabelValues(hook, result).Inc()
	m.failing.WithLabelValues(hook).Set(failing)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.away[hook] = true
	} else {
		delete(m.away, hook)
	}
}

// Failing names the webhooks that did not take what they were sent last, in
// order. It may be called at any time.
func (w *Webhooks) Failing() []string {
	w.metrics.mu.Lock()
	defer w.metrics.mu.Unlock()
	return slices.Sorted(maps.Keys(w.metrics.away))
}
