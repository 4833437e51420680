package shipping

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Shipper ships logs, and takes other sources while it runs: then it lets the
// logs go and takes them up again where it was, with the new parsers. It is
// good for one Run at a time.
type Shipper struct {
	registry prometheus.Registerer

	mu       sync.Mutex
	opts     Options
	pipeline *ingest.Pipeline
	metrics  *registrations
	replace  context.CancelFunc // ends the pipeline that runs; nil while none does
}

// NewShipper makes a shipper, and registers its counters. It opens nothing
// before it runs. The error names the source with a mistake.
func NewShipper(o Options) (*Shipper, error) {
	s := &Shipper{registry: o.Metrics, opts: o}
	return s, s.build(o)
}

// build makes the pipeline of options. The caller holds mu, or nobody else
// knows s yet.
func (s *Shipper) build(o Options) error {
	metrics := &registrations{Registerer: s.registry}
	o.Metrics = metrics
	made, err := newPipeline(o)
	if err != nil {
		metrics.undo()
		return err
	}
	s.opts, s.pipeline, s.metrics = o, made, metrics
	return nil
}

// Use replaces the sources and the masks, and the trusted hops with them: these
// alone change nothing. With a mistake in them everything stays as it is.
func (s *Shipper) Use(o Options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reflect.DeepEqual(s.opts.Sources, o.Sources) && reflect.DeepEqual(s.opts.Privacy, o.Privacy) {
		return nil
	}
	next := s.opts
	next.Sources, next.Trusted, next.Privacy, next.Metrics = o.Sources, o.Trusted, o.Privacy, s.registry
	trial := next
	trial.Metrics = prometheus.NewRegistry()
	if _, err := newPipeline(trial); err != nil {
		return err
	}
	s.metrics.undo()
	if err := s.build(next); err != nil {
		return fmt.Errorf("take other sources: %w", err)
	}
	if s.replace != nil {
		s.replace()
	}
	return nil
}

// Run ships until ctx is over or the pipeline fails.
func (s *Shipper) Run(ctx context.Context) error {
	for {
		current, running := s.begin(ctx)
		err := current.Run(running)
		if ctx.Err() != nil || running.Err() == nil {
			s.end()
			return err
		}
	}
}

// begin gives the current pipeline and a context that ends when another one is
// to take its place.
func (s *Shipper) begin(ctx context.Context) (*ingest.Pipeline, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	running, cancel := context.WithCancel(ctx)
	s.replace = cancel
	return s.pipeline, running
}

// end notes that no pipeline runs.
func (s *Shipper) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace()
	s.replace = nil
}

// Stats gives the counters of the current pipeline.
func (s *Shipper) Stats() ingest.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.stats(s.pipeline.Stats())
}

// registrations remembers what was registered, to take it back.
type registrations struct {
	prometheus.Registerer
	list []prometheus.Collector
}

// Register implements prometheus.Registerer.
func (r *registrations) Register(c prometheus.Collector) error {
	err := r.Registerer.Register(c)
	if err == nil {
		r.list = append(r.list, c)
	}
	return err
}

// MustRegister implements prometheus.Registerer.
func (r *registrations) MustRegister(list ...prometheus.Collector) {
	r.Registerer.MustRegister(list...)
	r.list = append(r.list, list...)
}

func (r *registrations) undo() {
	for _, c := range r.list {
		r.Unregister(c)
	}
}
