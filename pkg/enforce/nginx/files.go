package nginx

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// FilesOptions say what Files needs.
type FilesOptions struct {
	Source mirror.Source
	Dir    string   // of the files: nginx includes Dir/current/…
	Check  []string // the command that tells whether nginx takes its configuration: nginx -t
	Reload []string // the command that has nginx read it
	// Confirm is where nginx tells which version its workers have, HOST:PORT
	// or unix:/PATH; empty: it counts as reloaded when the command has ended.
	Confirm string
	// Every is the least time from one reload to the next. What changes
	// meanwhile waits.
	Every      time.Duration
	Scopes     []block.Scope     // that nginx knows: some of FileScopes
	MaxEntries int               // addresses and prefixes
	Also       map[string][]byte // other files that belong to each version
	Now        func() time.Duration
	Log        *slog.Logger
	Way        mirror.Way            // hears what nginx holds; nil for nobody
	Metrics    prometheus.Registerer // nil for none
}

// Files keeps the blocks in include files of nginx. A change is written beside
// what is in force, put into force at once, checked, and reloaded; what nginx
// does not take is taken back, and nginx goes on with what it had. What was
// never checked, because the agent was killed meanwhile, is checked at its next
// start.
//
// It holds addresses, prefixes, user agents and routes, and others where
// nginx has a variable for them; not keys and users, which blocks name by
// hashes only, not conjunctions, and no throttling.
type Files struct {
	o       FilesOptions
	holds   holds
	folder  folder
	mirror  *mirror.Mirror
	http    http.Client   // for Confirm
	within  time.Duration // it has to be confirmed
	recount time.Duration // from one look at what nginx cannot hold to the next
	metrics *filesMetrics
	attempt attempt
	begun   bool
	told    told
	loaded  bool // nginx has what is in force
	silent  bool // nobody answered at Confirm
	unknown int  // exemptions that it cannot know
	over    int  // addresses beyond MaxEntries
}

// NewFiles makes Files. It touches nothing yet.
func NewFiles(o FilesOptions) (*Files, error) {
	f := &Files{
		o: o, folder: folder{o.Dir}, http: asking(o.Confirm), within: confirmWithin, recount: 30 * time.Second, metrics: newFilesMetrics(),
		holds: filesHolds(o.Scopes),
	}
	f.mirror = mirror.New(mirror.Options{Source: o.Source, Want: f.holds.want, Gather: gather, Now: o.Now, Way: o.Way})
	if o.Metrics != nil {
		if err := register(o.Metrics, f.metrics.all()); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// gather is how long changes that come together are waited for.
const gather = 20 * time.Millisecond

// Run keeps nginx's files in step until ctx ends. The files stay.
func (f *Files) Run(ctx context.Context) error {
	if err := f.begin(ctx); err != nil {
		f.ended(err)
	}
	for {
		if err := f.await(ctx); err != nil {
			return err
		}
		err := f.update(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.ended(err)
		if err := pause(ctx, f.o.Every); err != nil {
			return err
		}
	}
}

// begin makes the directory ready, once: what cannot be now may be later, and
// the agent has other gateways to look after.
func (f *Files) begin(ctx context.Context) error {
	if f.begun {
		return nil
	}
	if err := f.folder.prepare(); err != nil {
		return err
	}
	if err := f.recover(ctx); err != nil {
		return err
	}
	f.begun = true
	return nil
}

// ended tells how an attempt has ended. One that fails as the one before did is
// not told again: it is in the metrics, and in the agent's reports.
func (f *Files) ended(err error) {
	f.metrics.failing.Set(boolean(err != nil))
	news := f.attempt.ended(err, f.o.Every)
	switch {
	case err != nil:
		f.mirror.Failed(err)
		if news {
			f.o.Log.Error("nginx does not take new blocks, or does not show that it has", "error", err, "dir", f.o.Dir, "retry", f.attempt.pause)
		}
	default:
		f.mirror.Done()
	}
}

// await waits for a change, or for the time of another attempt. What nginx
// cannot hold is no change to it, and counted now and then.
func (f *Files) await(ctx context.Context) error {
	for {
		within, pending := f.recount, f.attempt.pause > 0
		if pending {
			within = f.attempt.pause
		}
		waiting, cancel := context.WithTimeout(ctx, within)
		_, err := f.mirror.Next(waiting)
		late := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil || late && pending:
			return nil
		case !late:
			return fmt.Errorf("nginx's files: %w", err)
		}
		f.count()
	}
}

// update brings the files in step with the mirror.
func (f *Files) update(ctx context.Context) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	r := f.holds.render(f.mirror.All(), f.o.MaxEntries)
	for name, data := range f.o.Also {
		r.files[name] = data
	}
	version := versionOf(r.files)
	r.files[versionFile] = versionMap(version)
	f.over = r.over
	f.count()
	before, err := f.folder.read()
	if err != nil {
		return err
	}
	if !sameFiles(before, r.files) {
		f.loaded, f.told = false, told{}
		if err := f.install(ctx, r.files); err != nil {
			return err
		}
	}
	if f.loaded {
		return nil
	}
	if err := f.reload(ctx); err != nil {
		return err
	}
	if err := f.confirm(ctx, version); err != nil {
		return err
	}
	f.loaded = true
	f.metrics.reloads.Inc()
	f.metrics.entries.Set(float64(r.entries))
	f.o.Log.Info("nginx has new blocks", "entries", r.entries)
	return nil
}

// count tells how much nginx cannot hold.
func (f *Files) count() {
	n := f.mirror.Left(mirror.Left{Blocks: f.over})
	f.metrics.unsupported.Set(float64(n.Blocks))
	f.metrics.exemptions.Set(float64(n.Exemptions))
	if n.Exemptions > f.unknown {
		f.o.Log.Warn("nginx's maps cannot know some exemptions: whom they name is refused where an address or the like of theirs is blocked",
			"exemptions", n.Exemptions)
	}
	f.unknown = n.Exemptions
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
