package haproxy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// Options say what a Keeper needs.
type Options struct {
	Source mirror.Source
	Socket string // path of HAProxy's Runtime API
	Dir    string // of the files of the maps, as HAProxy's configuration has them
	// Now is a clock that never goes back, and Time one that HAProxy shares.
	Now     func() time.Duration
	Time    func() time.Time
	Log     *slog.Logger
	Way     mirror.Way            // hears what HAProxy holds; nil for nobody
	Metrics prometheus.Registerer // nil for none
}

const (
	gather     = 2 * time.Millisecond // changes that come together are told together
	checkEvery = time.Second          // whether HAProxy holds what it should
	countEvery = 30                   // of these checks count all maps
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second
	writeEvery = 2 * time.Second // files, at the most
	// writeShare bounds the share of time that writing files takes, as one in so
	// many.
	writeShare = 20
	// maxWalks bounds the keys that are changed or removed one by one: for each
	// HAProxy goes through the map, and to fill it anew is quicker for so many.
	maxWalks = 500
)

// ErrMaps tells that HAProxy's configuration lacks maps.
var ErrMaps = errors.New("HAProxy does not use all maps")

// Keeper keeps one HAProxy's maps. It is good for one Run.
type Keeper struct {
	o       Options
	mirror  *mirror.Mirror
	runtime runtime
	folder  folder
	tables  *tables
	metrics *metrics

	daytime mirror.Daytime // by which HAProxy lets blocks end
	known   bool           // what to hold: the first batch has come
	inStep  bool           // HAProxy holds what the tables do
	run     string
	serial  int
	checks  int
	retry   time.Duration // pause after the last failure; 0 = it went well
	retryAt time.Duration
	told    string // the failure that the log has
	writeAt time.Duration
	failing bool // files cannot be written
}

// New makes a keeper, and the files of maps that are not there, which HAProxy
// needs to start.
func New(o Options) (*Keeper, error) {
	if err := folder(o.Dir).prepare(); err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	return &Keeper{
		o: o, runtime: runtime{o.Socket}, folder: folder(o.Dir), tables: newTables(), metrics: m, run: rand.Text(),
		mirror: mirror.New(mirror.Options{Source: o.Source, Want: wanted, Gather: gather, Now: o.Now, Way: o.Way}),
	}, nil
}

// Run keeps the maps until ctx ends or the source fails. HAProxy goes on with
// what it holds then; blocks end on time in it all the same.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		b, err := k.next(ctx)
		if ctx.Err() != nil {
			k.write(true)
			return nil
		}
		if err != nil {
			return err
		}
		k.take(ctx, k.anew(b))
		k.mend(ctx)
		k.write(false)
	}
}

// next waits for changes, but not past the next thing to do: then it gives none.
func (k *Keeper) next(ctx context.Context) (*mirror.Batch, error) {
	wait := checkEvery
	if k.known && !k.inStep {
		wait = min(wait, max(0, k.retryAt-k.o.Now()))
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	b, err := k.mirror.Next(waiting)
	if err != nil && waiting.Err() != nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keep HAProxy's maps: %w", err)
	}
	return &b, nil
}

// anew gives all in place of what has changed when somebody has set the clock:
// all ends in the maps are wrong then.
func (k *Keeper) anew(b *mirror.Batch) *mirror.Batch {
	if !k.daytime.Set(k.o.Time(), k.o.Now()) || !k.known {
		return b
	}
	k.o.Log.Info("the clock was set: HAProxy's maps get the ends of all blocks anew")
	k.retryAt = 0
	return &mirror.Batch{Reset: true, Put: k.mirror.All()}
}

// take carries changes out; without any it sees whether all is well.
func (k *Keeper) take(ctx context.Context, b *mirror.Batch) {
	if b == nil {
		if k.inStep {
			k.after(k.check(ctx))
		}
		return
	}
	began := k.o.Now()
	changes := k.tables.take(b, k.end)
	k.serial++
	changes = append(changes, k.tables.state(k.run+"-"+strconv.Itoa(k.serial))...)
	k.metrics.entries.Set(float64(k.tables.entries()))
	k.known = true
	if b.Reset || walks(changes) > maxWalks {
		k.inStep = false
	}
	if k.inStep {
		k.after(k.push(ctx, changes))
		k.metrics.took(k.o.Now() - began)
	}
}

// walks counts the changes for which HAProxy has to find a key.
func walks(changes []change) int {
	n := 0
	for i := range changes {
		if changes[i].verb != "add" {
			n++
		}
	}
	return n
}

// end is when an entry ends by the clock that HAProxy shares.
func (k *Keeper) end(e *mirror.Entry) time.Time { return k.o.Time().Add(e.Until - k.o.Now()) }

// push tells HAProxy what has changed.
func (k *Keeper) push(ctx context.Context, changes []change) error {
	commands := make([]string, len(changes))
	for i := range changes {
		commands[i] = changes[i].command(k.folder.file(changes[i].place.table))
	}
	for chunk := range chunks(commands, ";", maxCommand) {
		if err := k.runtime.do(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// check sees whether HAProxy holds what it should: another serial is that of
// files from which it was started meanwhile.
func (k *Keeper) check(ctx context.Context) error {
	serial, err := k.runtime.value(ctx, k.folder.file(stateTable), serialKey)
	if err != nil {
		return err
	}
	if want := k.tables.held[stateTable][serialKey]; serial != want {
		return fmt.Errorf("HAProxy holds the blocks of %q where %q are due: it was started anew", serial, want)
	}
	if k.checks++; k.checks%countEvery != 0 {
		return nil
	}
	counts, err := k.runtime.counts(ctx)
	if err != nil {
		return err
	}
	for name, held := range k.tables.held {
		if n := counts[k.folder.file(name)]; n != len(held) {
			return fmt.Errorf("HAProxy's map %s has %d entries where %d are due", name, n, len(held))
		}
	}
	k.mirror.Left(mirror.Left{Exemptions: len(k.tables.beyond)})
	return nil
}

// mend fills HAProxy when it is out of step and a try is due.
func (k *Keeper) mend(ctx context.Context) {
	if !k.known || k.inStep || k.o.Now() < k.retryAt {
		return
	}
	k.after(k.fill(ctx))
}

// fill puts all into HAProxy.
func (k *Keeper) fill(ctx context.Context) error {
	counts, err := k.runtime.counts(ctx)
	if err != nil {
		return err
	}
	if missing := k.missing(counts); len(missing) > 0 {
		return fmt.Errorf("%w: %s; see deploy/gateways/haproxy", ErrMaps, strings.Join(missing, ", "))
	}
	for _, name := range tableNames() {
		file := k.folder.file(name)
		if len(k.tables.held[name]) == 0 && counts[file] == 0 {
			continue
		}
		if err := k.runtime.replace(ctx, file, k.tables.lines(name)); err != nil {
			return err
		}
	}
	k.metrics.fills.Inc()
	k.inStep = true
	k.checks = countEvery - 1 // somebody may have meddled meanwhile: the next check counts
	k.mirror.Left(mirror.Left{Exemptions: len(k.tables.beyond)})
	return nil
}

func (k *Keeper) missing(counts map[string]int) []string {
	var missing []string
	for _, name := range tableNames() {
		if _, used := counts[k.folder.file(name)]; !used {
			missing = append(missing, k.folder.file(name))
		}
	}
	return missing
}

// after takes note of how talking to HAProxy went.
func (k *Keeper) after(err error) {
	switch {
	case err != nil:
		k.inStep = false
		k.mirror.Failed(err)
		k.metrics.failures.Inc()
		if what := err.Error(); k.retry == 0 || what != k.told {
			k.told = what
			k.o.Log.Warn("HAProxy's maps are out of step; they are filled as soon as it can be done", "error", err)
		}
		k.retryAt = k.o.Now() + k.retry
		k.retry = min(max(2*k.retry, firstRetry), lastRetry)
	case k.inStep && k.retry != 0:
		k.retry, k.retryAt = 0, 0
		k.o.Log.Info("HAProxy's maps are in step", "entries", k.tables.entries())
	}
	if k.inStep {
		k.mirror.Done()
	}
	k.metrics.step(k.inStep)
}

// write brings the files up to date, not too often unless it is the last time.
func (k *Keeper) write(last bool) {
	began := k.o.Now()
	if !k.known || len(k.tables.stale) == 0 || began < k.writeAt && !last {
		return
	}
	err := k.folder.write(k.tables)
	k.writeAt = k.o.Now() + max(writeEvery, writeShare*(k.o.Now()-began))
	if err != nil {
		k.metrics.failures.Inc()
		if !k.failing {
			k.o.Log.Error("the files of HAProxy's maps are out of date: it would start with them", "error", err)
		}
	}
	k.failing = err != nil
}
