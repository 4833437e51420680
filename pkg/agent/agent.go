package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// The files of an agent's state directory.
const (
	StateFile   = "blocks.state"
	touchesFile = "touches.json"
)

// Options say what an agent needs.
type Options struct {
	Name     string // the agent's name, part of its provisional decisions' ids
	Software string // version of the program, for reports
	Dir      string // state directory; it must exist
	Link     Link
	Clock    Clock
	Log      *slog.Logger
	// Metrics takes the agent's metrics; nil for none.
	Metrics prometheus.Registerer
	// Policy is what the agent goes by besides the service's blocks.
	Policy Policy
	// RetriesAsked, if set, is told the number of the last retry of quarantined
	// records that the service asked anybody for. It must not wait.
	RetriesAsked func(last uint64)
}

// Agent holds the decision set and keeps it in step with the service. Decide
// and Touch may be called at any time, before and after Run too.
type Agent struct {
	name     string
	software string
	link     Link
	clock    Clock
	log      *slog.Logger
	state    stateFile
	saved    savedState // what the state file holds; the saver's own

	policy      atomic.Pointer[Policy]
	replica     *block.Replica
	provisional *provisional
	spared      atomic.Pointer[spared]
	buckets     *buckets
	touches     *touchQueue
	feed        *feed
	refusals    *refusals
	locate      locator

	waysMu sync.Mutex // for ways
	ways   []*Way     // gateways that hold blocks themselves

	started   time.Duration // of this object
	alarmed   bool          // failing open has been told; upkeep's own
	ready     atomic.Bool   // there are blocks to go by
	failID    block.ID      // of refusals while there are none
	failTerms *block.Terms  // of the same

	retries func(last uint64) // may be nil
	changed chan struct{}     // something to report
	dirty   chan struct{}     // something to save
	linked  atomic.Bool
	inSync  atomic.Bool     // all of equal, which only the link's calls touch
	equal   map[string]bool // segment → since Linked, the set has been shown to be the service's
	count   counters
}

// New makes an agent and loads what it held when it last ran. A damaged state
// is set aside, logged, and costs a snapshot from the service.
func New(o Options) (*Agent, error) {
	a, err := assemble(o)
	if err != nil {
		return nil, err
	}
	if err := a.load(); err != nil {
		return nil, err
	}
	if o.Metrics != nil {
		if err := o.Metrics.Register(newCollector(a)); err != nil {
			return nil, fmt.Errorf("register the agent's metrics: %w", err)
		}
	}
	return a, nil
}

func assemble(o Options) (*Agent, error) {
	if !block.ValidName(o.Name) {
		return nil, fmt.Errorf("agent name %q: %w", o.Name, block.ErrName)
	}
	feed := newFeed()
	a := &Agent{
		name: o.Name, software: o.Software, link: o.Link, clock: o.Clock, log: o.Log,
		state:       stateFile{filepath.Join(o.Dir, StateFile)},
		replica:     block.NewReplica(),
		provisional: newProvisional(feed),
		buckets:     newBuckets(),
		touches:     newTouchQueue(filepath.Join(o.Dir, touchesFile)),
		feed:        feed,
		refusals:    newRefusals(),
		started:     o.Clock.Now(),
		failID:      block.NewID("fail", o.Name),
		failTerms:   &block.Terms{Status: http.StatusServiceUnavailable},
		equal:       map[string]bool{},
		retries:     o.RetriesAsked,
		changed:     make(chan struct{}, 1),
		dirty:       make(chan struct{}, 1),
	}
	a.policy.Store(&o.Policy)
	a.locate.doubt()
	return a, nil
}

// Open gives an agent that holds what another one of the same directory left
// there, for a look at it: nothing on disk is changed, and it is not to be run.
// Damage is an error that wraps block.ErrCorrupt.
func Open(o Options) (*Agent, error) {
	a, err := assemble(o)
	if err != nil {
		return nil, err
	}
	saved, err := readState(a.state.path, a.clock)
	if err != nil {
		return nil, err
	}
	a.hold(saved)
	return a, nil
}

// Run keeps the agent in step with the service until ctx ends, and saves its
// state before it returns.
func (a *Agent) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, loop := range []func(context.Context){a.follow, a.report, a.sendTouches, a.upkeep, a.keepSaved} {
		wg.Go(func() { loop(ctx) })
	}
	wg.Wait()
	_, err := a.save()
	return err
}

func (a *Agent) load() error {
	if err := errors.Join(removeLeftovers(a.state.path), removeLeftovers(a.touches.path)); err != nil {
		return err
	}
	saved, err := readState(a.state.path, a.clock)
	if errors.Is(err, block.ErrCorrupt) {
		aside, moveErr := a.state.setAside()
		a.log.Warn("the saved blocks cannot be read; the service sends them again",
			"error", err, "kept_as", aside, "move_error", moveErr)
	} else if err != nil {
		return err
	}
	a.hold(saved)
	if err := a.touches.load(); err != nil {
		a.log.Warn("waiting touches of decoys are lost; the gateway's log still tells of them", "error", err)
		return a.setTouchesAside()
	}
	return nil
}

// hold takes over what was saved.
func (a *Agent) hold(s savedState) {
	now := a.clock.Now()
	for name, keys := range s.keys {
		a.useKeys(name, keys)
	}
	a.spare(s.spared, now)
	for name, set := range s.sets {
		a.replica.Load(name, set, now)
	}
	a.ready.Store(len(s.sets) > 0)
}

func (a *Agent) setTouchesAside() error {
	if err := os.Rename(a.touches.path, a.touches.path+".corrupt"); err != nil {
		return fmt.Errorf("set the damaged touches aside: %w", err)
	}
	return nil
}

// upkeep lets time pass.
func (a *Agent) upkeep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.clock.Refresh()
			a.provisional.expire(a.clock.Now())
			a.watchReadiness()
			a.locateAnew()
		}
	}
}

// notify wakes whoever waits on c, without waiting for it.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits; it tells whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
