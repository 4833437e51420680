package intel

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// Feeds keeps feeds fresh. Its methods are safe for concurrent use.
type Feeds struct {
	metrics *metrics
	again   chan struct{} // options have changed
	mu      sync.Mutex    // guards the rest
	options Options
	workers []*worker
}

// atOnce is how many feeds are looked at at one time.
const atOnce = 2

// New makes feeds; it fetches and reads nothing.
func New(o Options) (*Feeds, error) {
	o.Feeds = slices.Clone(o.Feeds)
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	return &Feeds{metrics: m, again: make(chan struct{}, 1), options: o}, nil
}

// Reload has a running Run go on with other feeds and other own networks. What
// is wrong with them is told, and nothing changes then.
func (f *Feeds) Reload(feeds []Feed, own []netip.Prefix) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.options
	o.Feeds, o.Own = slices.Clone(feeds), own
	if err := o.setDefaults(); err != nil {
		return err
	}
	f.options = o
	select {
	case f.again <- struct{}{}:
	default:
	}
	return nil
}

// States gives what is known of the feeds, in their order; nothing before Run.
func (f *Feeds) States() []State {
	f.mu.Lock()
	workers := f.workers
	f.mu.Unlock()
	states := make([]State, len(workers))
	for i, w := range workers {
		states[i] = w.known()
	}
	return states
}

// Run tells of what lies on disk, then keeps the feeds fresh until the context
// ends, and gives nil then.
func (f *Feeds) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := f.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// update is a list that takes a place in the set.
type update struct {
	place int
	list  *indicator.List
}

// round runs until the context ends or the options change.
func (f *Feeds) round(ctx context.Context) error {
	o, workers := f.start()
	forget(&o)
	lists := make([]*indicator.List, len(workers))
	for i, w := range workers {
		lists[i] = w.load()
	}
	if err := publish(&o, workers, lists); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	updates := make(chan update)
	slots := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for i, w := range workers {
		running.Go(func() {
			w.run(ctx, slots, func(list *indicator.List) {
				select {
				case updates <- update{i, list}:
				case <-ctx.Done():
				}
			})
		})
	}
	defer running.Wait()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.again:
			return nil
		case u := <-updates:
			lists[u.place] = u.list
			if err := publish(&o, workers, lists); err != nil {
				return err
			}
		}
	}
}

// start makes the workers of the options as they are now.
func (f *Feeds) start() (Options, []*worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.metrics.reset()
	for _, w := range f.workers {
		if !f.options.has(w.feed.Name) {
			f.metrics.failures.DeleteLabelValues(w.feed.Name)
		}
	}
	f.workers = nil
	for i := range f.options.Feeds {
		f.workers = append(f.workers, newWorker(&f.options.Feeds[i], &f.options, f.metrics))
	}
	return f.options, f.workers
}

// forget removes the folders of feeds that are configured no more, so that
// nobody takes what lies there for what is in force.
func forget(o *Options) {
	states, _ := ReadStates(o.Dir) // of a folder that cannot be read, nothing is known
	for i := range states {
		name := states[i].Feed
		if o.has(name) || (&Feed{Name: name, File: "-"}).check() != nil {
			continue
		}
		if err := os.RemoveAll(filepath.Join(o.Dir, name)); err != nil {
			o.Log.Warn("what was kept of a threat feed that is configured no more could not be removed", "feed", name, "err", err)
			continue
		}
		o.Log.Info("a threat feed is configured no more; what was kept of it is removed", "feed", name)
	}
}

// publish tells of the set, and of the feeds that stand apart.
func publish(o *Options, workers []*worker, lists []*indicator.List) error {
	var together []*indicator.List
	apart := map[string]*indicator.List{}
	for i, w := range workers {
		switch {
		case !w.feed.Apart:
			together = append(together, lists[i])
		case w.known().Body != "":
			apart[w.feed.Name] = lists[i]
		}
	}
	set, err := indicator.Merge(together...)
	if err != nil {
		return fmt.Errorf("threat feeds: %w", err)
	}
	o.Changed(set)
	if o.Listed != nil {
		o.Listed(apart)
	}
	return nil
}
