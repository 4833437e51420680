package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/prometheus/client_golang/prometheus"
)

// ErrStopped says that the Poster's Run has returned.
var ErrStopped = errors.New("alerting has stopped")

var _ respond.Alerter = (*Poster)(nil)

// Poster keeps every Alertmanager told. All methods are safe for concurrent
// use.
type Poster struct {
	table   *table
	senders []*sender
	metrics *metrics
	log     *slog.Logger
	resend  time.Duration

	stopped atomic.Bool
	full    atomic.Bool // the table refused an alert, and this was logged
}

// New checks o and registers the metrics with reg. It starts nothing.
func New(o Options, log *slog.Logger, reg prometheus.Registerer) (*Poster, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	p := &Poster{table: newTable(o), log: log, resend: o.Resend}
	for _, target := range o.Targets {
		client, err := newAPIClient(target, o.Timeout)
		if err != nil {
			return nil, fmt.Errorf("alerting: %w", err)
		}
		p.senders = append(p.senders, &sender{
			client:  client,
			table:   p.table,
			log:     log.With("alertmanager", client.name),
			resend:  o.Resend,
			pause:   backoff(o.BackoffMin, o.BackoffMax),
			changed: make(chan struct{}, 1),
		})
	}
	m, err := newMetrics(reg, p.table)
	if err != nil {
		return nil, fmt.Errorf("alerting: register metrics: %w", err)
	}
	p.useMetrics(m)
	return p, nil
}

// useMetrics shows every Alertmanager from the start: a counter that is not
// there cannot be alerted on.
func (p *Poster) useMetrics(m *metrics) {
	p.metrics = m
	for _, s := range p.senders {
		s.metrics = m
		m.posted.WithLabelValues(s.client.name)
		m.failed.WithLabelValues(s.client.name)
		m.rejected.WithLabelValues(s.client.name)
		m.lastSuccess.WithLabelValues(s.client.name)
	}
}

// Check tells what is wrong when no Alertmanager takes alerts: nil as long as
// one does, or none was tried yet.
func (p *Poster) Check() error {
	var problems []error
	for _, s := range p.senders {
		problem := s.problem.Load()
		if problem == nil {
			return nil
		}
		problems = append(problems, *problem)
	}
	return errors.Join(problems...)
}

// Run posts until ctx ends, then makes one last attempt of at most two seconds
// for what is new. It always returns nil. It may be called once.
func (p *Poster) Run(ctx context.Context) error {
	var senders sync.WaitGroup
	for _, s := range p.senders {
		senders.Go(func() { s.run(ctx) })
	}
	p.sweep(ctx)
	p.stopped.Store(true)
	senders.Wait()
	return nil
}

// sweep forgets what has been resolved long enough, until ctx ends.
func (p *Poster) sweep(ctx context.Context) {
	tick := time.NewTicker(p.resend)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.table.sweep(time.Now())
		}
	}
}

// Post takes alerts into the Poster's keeping and returns; see
// [respond.Alerter]. What it takes before Run is posted when Run starts. It
// fails with ctx's error, or with ErrStopped after Run. If active alerts fill
// the table, new ones are counted, logged and lost.
func (p *Poster) Post(ctx context.Context, alerts []respond.Alert) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("post %d alerts: %w", len(alerts), err)
	}
	if p.stopped.Load() {
		return fmt.Errorf("post %d alerts: %w", len(alerts), ErrStopped)
	}
	p.noteRefused(p.table.put(alerts, time.Now()))
	for _, s := range p.senders {
		s.notify()
	}
	return nil
}

// noteRefused logs the first refusal after a success only: a full table is
// when thousands follow.
func (p *Poster) noteRefused(n int) {
	if n == 0 {
		p.full.Store(false)
		return
	}
	p.metrics.refused.Add(float64(n))
	if !p.full.Swap(true) {
		p.log.Error("too many active alerts, new ones are lost; discard findings or raise max_alerts", "lost", n, "max_alerts", p.table.limit)
	}
}
