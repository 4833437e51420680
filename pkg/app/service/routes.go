package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
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

// routing gives records their routes, for both consumers of the lines. The
// detector's learns; the store's waits for it, so that the first request for a
// path has its route in the store too.
type routing struct {
	*inventory.Templater
	detect, store *inventory.Assigner
	kept          keptRoutes

	learning sync.Mutex // held by whoever uses the side of the Templater that learns
	saving   sync.Mutex // one save at a time, so that the last one written is the latest

	mu      sync.Mutex
	learned uint64        // sequence of the last batch that was learned
	more    chan struct{} // closed and replaced when learned grows
	late    uint64        // the store has given up waiting for this one
}

func newRouting(cfg config.Routes, specs *inventory.Specs) *routing {
	t := inventory.New(inventory.Options{MaxNodes: cfg.MaxSegments})
	t.UseSpecs(specs)
	return &routing{Templater: t, detect: t.NewAssigner(), store: t.NewAssigner(), more: make(chan struct{})}
}

// learn takes a batch up and gives its records their routes.
func (r *routing) learn(seq uint64, b *event.Batch) {
	r.learning.Lock()
	r.detect.Learn(b)
	r.learning.Unlock()
	r.kept.keep(seq, b)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.learned = seq
	close(r.more)
	r.more = make(chan struct{})
}

// save writes what was learned until now.
func (r *routing) save(ctx context.Context, write func(context.Context, []byte) error) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	r.learning.Lock()
	data := r.Snapshot()
	r.learning.Unlock()
	return write(ctx, data)
}

// forget drops words that name somebody.
func (r *routing) forget(names func(string) bool) int {
	r.learning.Lock()
	defer r.learning.Unlock()
	return r.Forget(names)
}

// storeWaits bounds how long the store's consumer waits for the detector's:
// that one stands still is no reason for the other to.
const storeWaits = time.Second

// assign gives the records of a batch their routes, once it has been learned:
// those that it got then, as far as they are kept.
func (r *routing) assign(ctx context.Context, seq uint64, b *event.Batch) {
	r.await(ctx, seq)
	if !r.kept.give(seq, b) {
		r.store.Assign(b)
	}
}

func (r *routing) await(ctx context.Context, seq uint64) {
	patience := time.NewTimer(storeWaits)
	defer patience.Stop()
	for {
		r.mu.Lock()
		learned, late, more := r.learned, r.late, r.more
		r.mu.Unlock()
		if learned >= seq || learned < late {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		case <-patience.C:
			r.mu.Lock()
			r.late = seq
			r.mu.Unlock()
			return
		}
	}
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
	if err := s.routes.Restore(data); err != nil {
		s.log.Warn("routes are learned anew", "error", err)
	}
	return nil
}

// saveRoutes saves what was learned about routes.
func (s *Service) saveRoutes(ctx context.Context) error {
	return s.routes.save(ctx, func(ctx context.Context, data []byte) error {
		return s.bus.Checkpoints().Save(ctx, routesCheckpoint, data)
	})
}

// routeSaver saves what was learned, beside detection.
type routeSaver struct {
	service *Service
	last    time.Time
	due     chan struct{}
}

func (s *Service) newRouteSaver() *routeSaver {
	return &routeSaver{service: s, last: time.Now(), due: make(chan struct{}, 1)}
}

// tick has what was learned saved when that is due. It is called by the
// goroutine that learns.
func (r *routeSaver) tick() {
	if time.Since(r.last) < routesEvery {
		return
	}
	select {
	case r.due <- struct{}{}:
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
		case <-r.due:
			r.save(ctx)
		}
	}
}

func (r *routeSaver) save(ctx context.Context) {
	if err := r.service.saveRoutes(ctx); err != nil && ctx.Err() == nil {
		r.service.log.Warn("what was learned about routes could not be saved", "error", err)
	}
}

// finish saves what was learned last, at a stop.
func (r *routeSaver) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), routesTimeout)
	defer cancel()
	r.save(ctx)
}
