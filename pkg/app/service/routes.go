package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/inventory"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Specs reads the configured OpenAPI documents.
func Specs(cfg config.Routes) (*inventory.Specs, error) {
	var documents []*inventory.Spec
	var problems []error
	for _, file := range cfg.Specs {
		data, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, fmt.Errorf("routes.specs: %w", err))
			continue
		}
		spec, err := inventory.Load(file, data)
		if err != nil {
			problems = append(problems, err) // it names the file
			continue
		}
		documents = append(documents, spec)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return inventory.NewSpecs(documents...), nil
}

// routing gives the records of one consumer their routes. Each consumer has
// its own, which learns a batch before it assigns its routes: so the routes
// depend on the stream alone, and not on which consumer is ahead.
type routing struct {
	*inventory.Templater
	assigner *inventory.Assigner
}

func newRouting(cfg config.Routes, specs *inventory.Specs) routing {
	t := inventory.New(inventory.Options{MaxNodes: cfg.MaxSegments})
	t.UseSpecs(specs)
	return routing{t, t.NewAssigner()}
}

func (r routing) route(b *event.Batch) {
	r.Learn(b)
	r.assigner.Assign(b)
}

const (
	// routesCheckpoint is what was learned about routes.
	routesCheckpoint = "routes"
	// routesEvery is how often it is saved while there is traffic: what a crash
	// loses is learned again.
	routesEvery = time.Minute
	// routesTimeout bounds the last saving, at a stop.
	routesTimeout = 5 * time.Second
)

// loadRoutes restores what was learned. What cannot be read is learned again.
func (s *Service) loadRoutes(ctx context.Context) error {
	data, err := s.bus.Checkpoints().Load(ctx, routesCheckpoint)
	if errors.Is(err, respond.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load routes: %w", err)
	}
	for _, r := range []routing{s.detectRoutes, s.storeRoutes} {
		if err := r.Restore(data); err != nil {
			s.log.Warn("routes are learned anew", "error", err)
		}
	}
	return nil
}

// routeSaver saves what the detector's routing has learned, beside detection.
type routeSaver struct {
	service *Service
	last    time.Time
	pending chan []byte
}

func (s *Service) newRouteSaver() *routeSaver {
	return &routeSaver{service: s, last: time.Now(), pending: make(chan []byte, 1)}
}

// tick hands over a snapshot when one is due. It is called by the goroutine
// that learns.
func (r *routeSaver) tick() {
	if time.Since(r.last) < routesEvery {
		return
	}
	select {
	case r.pending <- r.service.detectRoutes.Snapshot():
		r.last = time.Now()
	default: // the one before is still being saved
	}
}

// run saves until ctx ends.
func (r *routeSaver) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case data := <-r.pending:
			r.save(ctx, data)
		}
	}
}

func (r *routeSaver) save(ctx context.Context, data []byte) {
	if err := r.service.bus.Checkpoints().Save(ctx, routesCheckpoint, data); err != nil && ctx.Err() == nil {
		r.service.log.Warn("what was learned about routes could not be saved", "error", err)
	}
}

// finish saves what was learned last, at a stop.
func (r *routeSaver) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), routesTimeout)
	defer cancel()
	r.save(ctx, r.service.detectRoutes.Snapshot())
}
