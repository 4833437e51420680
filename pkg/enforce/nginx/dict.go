package nginx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// DictOptions say what a Dict needs.
type DictOptions struct {
	Source mirror.Source
	Socket string // where nginx's own server for the agent listens: the path of a unix socket
	// Check is how often nginx is asked whether it still has everything: after
	// its restart it has nothing.
	Check   time.Duration
	Scopes  []block.Scope // that nginx knows: some of FileScopes
	Now     func() time.Duration
	Time    func() time.Time // of day, which nginx shares
	Log     *slog.Logger
	Way     mirror.Way            // hears what nginx holds; nil for nobody
	Metrics prometheus.Registerer // nil for none
}

// Dict keeps the blocks in a shared dictionary of nginx, in which our Lua
// module looks requests up. Changes are pushed when they come. A dictionary
// that was lost, as by a restart of nginx, is filled again; while it is being
// filled, what it had stays in force.
//
// It holds what Files holds, and throttling: nginx has the buckets then.
type Dict struct {
	o       DictOptions
	holds   holds
	mirror  *mirror.Mirror
	peer    *peer
	records records
	begun   bool           // the mirror has told what there is
	daytime mirror.Daytime // by which nginx lets what it holds end
	epoch   uint64
	held    int           // entries that nginx has, as far as is known without counting
	counted time.Duration // when it was counted what nginx cannot hold
	unknown int           // exemptions of these
	metrics *dictMetrics
}

// errStale tells that nginx does not hold what the agent believes.
var errStale = errors.New("nginx has lost its blocks")

// NewDict makes a Dict. It connects to nothing yet.
func NewDict(o DictOptions) (*Dict, error) {
	d := &Dict{
		o: o, peer: newPeer(o.Socket), metrics: newDictMetrics(),
		holds: dictHolds(o.Scopes),
	}
	d.records = records{holds: d.holds}
	d.mirror = mirror.New(mirror.Options{Source: o.Source, Want: d.holds.want, Now: o.Now, Way: o.Way})
	if o.Metrics != nil {
		if err := register(o.Metrics, d.metrics.all()); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Run keeps nginx in step until ctx ends. nginx keeps what it has then.
func (d *Dict) Run(ctx context.Context) error {
	defer d.peer.close()
	const quick = 50 * time.Millisecond
	wait := quick
	for {
		err := d.session(ctx, func() { wait = quick })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errStale) {
			d.o.Log.Info("nginx is given all blocks again", "reason", err)
			continue
		}
		d.metrics.failing.Set(1)
		d.mirror.Failed(err)
		d.o.Log.Log(ctx, severity(wait == quick), "nginx is not told of changes", "error", err, "socket", d.o.Socket, "retry", wait)
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, d.slowest(err))
	}
}

// slowest is the longest pause before another attempt. Whether nginx is there
// again costs little to see, and until then it refuses nobody; to fill it in
// vain costs both sides.
func (d *Dict) slowest(err error) time.Duration {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return d.o.Check
	}
	return 2 * time.Second
}

// severity: what fails again and again is told once.
func severity(first bool) slog.Level {
	if first {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// session gives nginx everything and then what changes, until that fails.
// filled is called once nginx has everything.
func (d *Dict) session(ctx context.Context, filled func()) error {
	if !d.begun {
		if _, err := d.mirror.Next(ctx); err != nil {
			return err
		}
		d.begun = true
	}
	if err := d.fill(ctx); err != nil {
		return err
	}
	filled()
	d.metrics.failing.Set(0)
	for {
		if err := d.follow(ctx); err != nil {
			return err
		}
	}
}

// follow pushes the next change, or makes sure that nginx still has everything
// when there is none for a while.
func (d *Dict) follow(ctx context.Context) error {
	if d.daytime.Set(d.o.Time(), d.o.Now()) {
		return fmt.Errorf("%w: the clock was set, by which they end", errStale)
	}
	waiting, cancel := context.WithTimeout(ctx, d.o.Check)
	defer cancel()
	b, err := d.mirror.Next(waiting)
	switch {
	case err != nil && ctx.Err() == nil && waiting.Err() != nil:
		return d.check(ctx)
	case err != nil:
		return err
	case b.Reset || slices.ContainsFunc(b.Remove, sharesKey):
		return d.fill(ctx)
	}
	return d.push(ctx, b)
}

func (d *Dict) check(ctx context.Context) error {
	epoch, err := d.peer.epoch(ctx)
	if err == nil && epoch != d.epoch {
		err = errStale
	}
	if err == nil && d.o.Now()-d.counted > countEvery {
		d.count()
	}
	return err
}

// countEvery is how often it is counted what nginx cannot hold, when there is
// nothing else to do: the whole set is looked through.
const countEvery = 30 * time.Second

// fill gives nginx everything under a new epoch, which then replaces the one
// before at once.
func (d *Dict) fill(ctx context.Context) error {
	begun := d.o.Now()
	epoch, err := d.peer.begin(ctx)
	if err != nil {
		return err
	}
	all := d.mirror.All()
	d.records.forget()
	w := d.records.writer(begun, func(body []byte) error { return d.peer.send(ctx, kindFill, epoch, body) })
	for i := range all {
		w.put(&all[i])
	}
	w.finish()
	if err := w.flush(); err != nil {
		return err
	}
	if err := d.peer.send(ctx, kindCommit, epoch, d.records.meta()); err != nil {
		return err
	}
	d.mirror.Done()
	d.epoch, d.held = epoch, len(all)
	d.metrics.fills.Inc()
	d.count()
	d.o.Log.Info("nginx has all blocks", "entries", len(all), "took", d.o.Now()-begun)
	return nil
}

// sharesKey tells whether others may be held under the same key as an entry:
// taking it away could take away theirs.
func sharesKey(e mirror.Entry) bool { return e.Target.Exemption() }

// push gives nginx what changed.
func (d *Dict) push(ctx context.Context, b mirror.Batch) error {
	begun := d.o.Now()
	w := d.records.writer(begun, func(body []byte) error { return d.peer.send(ctx, kindChange, d.epoch, body) })
	for i := range b.Remove {
		w.remove(&b.Remove[i])
	}
	for i := range b.Put {
		w.put(&b.Put[i])
	}
	w.finish()
	w.add(d.records.meta())
	if err := w.flush(); err != nil {
		return fmt.Errorf("%d changes: %w", len(b.Put)+len(b.Remove), err)
	}
	d.mirror.Done()
	d.held += len(b.Put) - len(b.Remove)
	d.metrics.pushes.Inc()
	d.metrics.delay.Observe((d.o.Now() - begun).Seconds())
	return nil
}

// count tells how much nginx holds, and how much it cannot.
func (d *Dict) count() {
	n := d.mirror.Left(mirror.Left{Blocks: d.records.over})
	d.counted = d.o.Now()
	d.metrics.entries.Set(float64(d.held))
	d.metrics.unsupported.Set(float64(n.Blocks))
	d.metrics.exemptions.Set(float64(n.Exemptions))
	if n.Exemptions > d.unknown {
		d.o.Log.Warn("nginx's dictionary cannot know some exemptions: whom they name is refused where an address or the like of theirs is blocked",
			"exemptions", n.Exemptions)
	}
	d.unknown = n.Exemptions
}
