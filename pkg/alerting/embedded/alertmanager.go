package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/api"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/matcher/compat"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"
)

// matcherSyntax guards a setting that Alertmanager keeps for the whole
// process: both syntaxes of matchers, as its own binary reads them.
var matcherSyntax sync.Once

// Alertmanager runs in this process. All methods are safe for concurrent use.
type Alertmanager struct {
	options  Options
	external *url.URL
	log      *slog.Logger
	reg      prometheus.Registerer
	handler  atomic.Pointer[http.Handler] // nil while it is not running

	mu   sync.Mutex // serialises start, reload and stop
	plan *plan
	live *live // nil while it is not running
}

// live is a running Alertmanager.
type live struct {
	state    *state
	api      *api.API
	pipeline atomic.Pointer[pipeline]
}

// New reads the configuration, and fails with a *ConfigError if there is a
// mistake in it. It starts nothing and writes nothing.
func New(o Options, log *slog.Logger, reg prometheus.Registerer) (*Alertmanager, error) {
	o = o.withDefaults()
	external, err := o.validate()
	if err != nil {
		return nil, fmt.Errorf("embedded alertmanager: %w", err)
	}
	matcherSyntax.Do(func() { compat.InitFromFlags(log, featurecontrol.NoopFlags{}) })
	p, err := newPlan(o.ConfigFile, external, log)
	if err != nil {
		return nil, fmt.Errorf("embedded alertmanager: %w", err)
	}
	return &Alertmanager{options: o, external: external, log: log, reg: reg, plan: p}, nil
}

// Run takes alerts and notifies until ctx ends; then it lets go of what is
// under way, writes silences and the notification log, and returns nil. It
// fails if the data directory cannot be used, or if the metrics are registered
// already: then another one runs. It may be called again after it returned.
func (a *Alertmanager) Run(ctx context.Context) error {
	// A registry of its own, because Alertmanager's packages panic on a
	// duplicate; it leaves reg as a whole when Run returns.
	own := prometheus.NewRegistry()
	if err := a.start(own); err != nil {
		return fmt.Errorf("start embedded alertmanager: %w", err)
	}
	defer a.stop()
	if err := a.reg.Register(own); err != nil {
		return fmt.Errorf("start embedded alertmanager: register metrics: %w", err)
	}
	defer a.reg.Unregister(own)
	<-ctx.Done()
	return nil
}

func (a *Alertmanager) start(reg prometheus.Registerer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.live != nil {
		return errors.New("it is running already")
	}
	s, err := openState(a.options, a.log, reg)
	if err != nil {
		return err
	}
	l := &live{state: s}
	if err := l.openAPI(reg); err != nil {
		s.close()
		return err
	}
	a.plan.warnRepeats(a.options.Retention, a.log)
	l.apply(a.plan, a.options)
	a.live = l
	var h http.Handler = l.api.Register(route.New(), "/")
	a.handler.Store(&h)
	return nil
}

func (a *Alertmanager) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.handler.Store(nil)
	a.live.pipeline.Load().stop()
	a.live.state.close()
	a.live = nil
}

// Reload puts configFile in force, or the built-in configuration when it is
// empty. A file with a mistake is refused with a *ConfigError, and what was in
// force before stays untouched. Alerts, silences and what was notified are
// kept. Before Run it settles what Run starts with.
func (a *Alertmanager) Reload(configFile string) error {
	p, err := newPlan(configFile, a.external, a.log)
	if err != nil {
		return fmt.Errorf("reload embedded alertmanager: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.plan = p
	if a.live != nil {
		p.warnRepeats(a.options.Retention, a.log)
		a.live.pipeline.Load().stop()
		a.live.apply(p, a.options)
	}
	return nil
}

// apply starts a pipeline for p; the one before has been stopped.
func (l *live) apply(p *plan, o Options) {
	next := startPipeline(p, l.state, o)
	l.pipeline.Store(next)
	l.api.Update(p.config, func(ctx context.Context, labels model.LabelSet) {
		next.inhibitor.Mutes(ctx, labels)
		l.state.silencer.Mutes(ctx, labels)
	})
}

func (l *live) openAPI(reg prometheus.Registerer) error {
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "alertmanager_http_request_duration_seconds",
		Help: "Histogram of latencies for HTTP requests.",
	}, []string{"handler", "method", "code"})
	if err := reg.Register(duration); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	var err error
	l.api, err = api.New(api.Options{
		Alerts:          l.state.alerts,
		Silences:        l.state.silences,
		GroupMutedFunc:  l.state.marker.Muted,
		Logger:          l.state.log,
		Registry:        reg,
		RequestDuration: duration,
		GroupFunc:       l.groups,
	})
	if err != nil {
		return fmt.Errorf("make API: %w", err)
	}
	return nil
}

func (l *live) groups(ctx context.Context, routes func(*dispatch.Route) bool, alerts func(*alert.Alert, time.Time) bool) (dispatch.AlertGroups, map[model.Fingerprint][]string, error) {
	return l.pipeline.Load().dispatcher.Groups(ctx, routes, alerts)
}

// Handler serves Alertmanager's API under /api/v2. It checks no credentials:
// whoever mounts it does. While Run is not running it answers 503.
func (a *Alertmanager) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := a.handler.Load()
		if h == nil {
			http.Error(w, "alertmanager is not running", http.StatusServiceUnavailable)
			return
		}
		(*h).ServeHTTP(w, r)
	})
}

// Transport carries a client's requests to Handler within this process,
// whatever host they name.
func (a *Alertmanager) Transport() http.RoundTripper {
	return inProcess{handler: a.Handler()}
}
