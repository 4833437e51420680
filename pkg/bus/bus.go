package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// Bus is the service's side of the bus. All methods are safe for concurrent
// use.
type Bus struct {
	opts     Options
	log      *slog.Logger
	nc       *nats.Conn
	js       jetstream.JetStream
	metrics  *metrics
	blocks   *Blocks
	registry *Registry
	retries  *Retries
	saved    *Checkpoints
	ready    chan struct{}

	withdrawals withdrawals
	linesBytes  atomic.Int64 // that the stream of lines held when Trim looked last
}

// Connect connects and creates or updates the streams and buckets. While the
// streams cannot be reached (an external cluster that is away) it goes on
// trying until ctx ends. The caller closes the bus.
func Connect(ctx context.Context, opts Options) (*Bus, error) {
	opts.setDefaults()
	nc, err := opts.connect("honeymoat service")
	if err != nil {
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	b := &Bus{opts: opts, log: opts.Logger, nc: nc, ready: make(chan struct{})}
	if b.js, err = opts.jetStream(nc); err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	if b.metrics, err = newMetrics(opts.Registerer); err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	b.blocks = newBlocks(b)
	b.registry = newRegistry(b)
	b.retries = newRetries(b)
	b.saved = newCheckpoints(b)
	if err := b.createStreams(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return b, nil
}

// Close ends the connection. Run must have returned.
func (b *Bus) Close() { b.nc.Close() }

// Run keeps the blocklist and the registry in memory, and answers agents,
// until ctx ends. touch takes the decoy touches that agents see. A Bus runs
// once, and one at a time on a cluster: see Hold.
func (b *Bus) Run(ctx context.Context, touch Touch) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.blocks.run(ctx) })
	g.Go(func() error { return b.registry.run(ctx) })
	g.Go(func() error { return b.retries.run(ctx) })
	g.Go(func() error { return b.serveAgents(ctx, touch) })
	return g.Wait()
}

// Ready is closed once Run has read the blocklist, the registry and the retries: from then
// on agents may be let in.
func (b *Bus) Ready() <-chan struct{} { return b.ready }

// Blocks is the blocklist.
func (b *Bus) Blocks() *Blocks { return b.blocks }

// Agents is the registry of agents.
func (b *Bus) Agents() *Registry { return b.registry }

// Retries is what hosts were asked to read again.
func (b *Bus) Retries() *Retries { return b.retries }

// Checkpoints keeps snapshots of state.
func (b *Bus) Checkpoints() *Checkpoints { return b.saved }

// Check tells what is wrong with the bus: it asks for the stream of lines.
func (b *Bus) Check(ctx context.Context) error {
	if _, err := b.js.Stream(ctx, linesStream); err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return nil
}

// sleep waits, and tells whether ctx is still going on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
