package nginx

import (
	"context"
	"errors"
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
// does not take is taken back, and nginx goes on with what it had.
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
	loaded  bool // nginx was told of what is in force
	unknown int  // exemptions that it cannot know
	over    int  // addresses beyond MaxEntries
}

// NewFiles makes Files. It touches nothing yet.
func NewFiles(o FilesOptions) (*Files, error) {
	f := &Files{
		o: o, folder: folder{o.Dir}, http: asking(o.Confirm), within: confirmWithin, recount: 30 * time.Second, metrics: newFilesMetrics(),
		holds: holds{o.Scopes, []block.Action{block.Deny, block.Drop, block.Flag, block.Divert}},
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
	if err := f.folder.prepare(); err != nil {
		return err
	}
	pending := false // the last attempt failed: try again though nothing changes
	for {
		if err := f.await(ctx, pending); err != nil {
			return err
		}
		err := f.update(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pending = err != nil
		f.metrics.failing.Set(boolean(pending))
		if pending {
			f.mirror.Failed(err)
			f.o.Log.Error("nginx goes on with the blocks that it had", "error", err, "dir", f.o.Dir, "retry", f.retry())
		} else {
			f.mirror.Done()
		}
		if err := pause(ctx, f.o.Every); err != nil {
			return err
		}
	}
}

// await waits for a change, or for the time of another attempt. What nginx
// cannot hold is no change to it, and counted now and then.
func (f *Files) await(ctx context.Context, pending bool) error {
	for {
		within := f.recount
		if pending {
			within = f.retry()
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

// retry is the pause before another attempt to do what failed.
func (f *Files) retry() time.Duration { return max(f.o.Every, 10*time.Second) }

// update brings the files in step with the mirror.
func (f *Files) update(ctx context.Context) error {
	r := f.holds.render(f.mirror.All(), f.o.MaxEntries)
	for name, data := range f.o.Also {
		r.files[name] = data
	}
	version := versionOf(r.files)
	r.files[versionFile] = versionMap(version)
	f.over = r.over
	f.metrics.entries.Set(float64(r.entries))
	f.count()
	before, err := f.folder.read()
	if err != nil {
		return err
	}
	if !sameFiles(before, r.files) {
		f.loaded = false
		if err := f.install(ctx, r.files); err != nil {
			return err
		}
	}
	if f.loaded {
		return nil
	}
	if err := run(ctx, f.o.Reload); err != nil {
		return fmt.Errorf("reload nginx: %w", err)
	}
	if err := f.confirm(ctx, version); err != nil {
		return err
	}
	f.loaded = true
	f.metrics.reloads.Inc()
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

// install puts files into force, has nginx check them, and takes them back if
// it does not take them.
func (f *Files) install(ctx context.Context, files map[string][]byte) error {
	before, err := f.folder.current()
	if err != nil {
		return err
	}
	version, err := f.folder.write(files)
	if err != nil {
		return err
	}
	if err := f.folder.use(version); err != nil {
		return err
	}
	if err := run(ctx, f.o.Check); err != nil {
		f.metrics.rejected.Inc()
		return errors.Join(fmt.Errorf("nginx does not take the new blocks: %w", err), f.folder.use(before), f.folder.reject(version))
	}
	return f.folder.tidy()
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
